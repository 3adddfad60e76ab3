// Conv2D: two-dimensional convolution, with groups and dilation.
import { ArgumentError } from '../errors.js'
import type { CallContext } from '../graph/trace.js'
import { apply1, type Value } from '../graph/value.js'
import type { Variable } from '../graph/variable.js'
import { integer } from './arguments.js'
import { Convolution, type ConvolutionOptions, checkStridesOrDilation } from './convolution.js'
import type { Config } from './layer.js'
import { type WeightArguments, WeightSpec, weightArguments } from './weights.js'

export interface Conv2DOptions extends ConvolutionOptions, WeightArguments<'kernel'> {
  /** Output channels. */
  readonly filters: number
  /** Default 1. Output channel f sees the input channels of group floor(f / (filters / groups)) alone. */
  readonly groups?: number
}

/**
 * [N, H, W, C] -> [N, OH, OW, filters]. Weights: kernel [kh, kw, C / groups, filters], bias [filters].
 *
 * @throws ArgumentError for strides and dilation both above 1, or groups that do not divide channels and filters
 * @example new Conv2D({ filters: 32, kernelSize: 3, padding: 'same', activation: 'relu' })
 */
export class Conv2D extends Convolution {
  static override readonly className: string = 'Conv2D'
  readonly filters: number
  readonly groups: number
  readonly #spec: WeightSpec
  #kernel!: Variable
  constructor(options: Conv2DOptions) {
    super(options, ['filters', 'groups', ...weightArguments('kernel')])
    this.filters = integer('Conv2D', 'filters', options.filters)
    this.groups = integer('Conv2D', 'groups', options.groups ?? 1)
    this.#spec = new WeightSpec('kernel', options, 'glorotUniform')
    this.#checkGroups('filters', this.filters)
    checkStridesOrDilation(this)
  }
  #checkGroups(what: string, n: number): void {
    if (n % this.groups !== 0) {
      throw new ArgumentError({
        where: this.className,
        what: `${what} divided by groups`,
        expected: `a multiple of ${this.groups}`,
        got: n,
      })
    }
  }
  protected override buildKernels(channels: number): number {
    this.#checkGroups('input channels', channels)
    const shape = [...this.kernelSize, channels / this.groups, this.filters]
    this.#kernel = this.addWeight('kernel', shape, this.#spec.options)
    return this.filters
  }
  protected override convolve(x: Value, ctx: CallContext): Value {
    return apply1('conv2d', [x, ctx.read(this.#kernel)], { ...this.windowOn(x), groups: this.groups })
  }
  override getConfig(): Config {
    return { ...super.getConfig(), filters: this.filters, groups: this.groups, ...this.#spec.getConfig() }
  }
}
