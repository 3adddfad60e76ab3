// SeparableConv2D: a depthwise convolution, then a pointwise one that mixes the channels.
import type { CallContext } from '../graph/trace.js'
import { apply1, type Value } from '../graph/value.js'
import type { Variable } from '../graph/variable.js'
import { integer } from './arguments.js'
import { Convolution, type ConvolutionOptions } from './convolution.js'
import type { Config } from './layer.js'
import { type WeightArguments, WeightSpec, weightArguments } from './weights.js'

export interface SeparableConv2DOptions
  extends ConvolutionOptions,
    WeightArguments<'depthwise'>,
    WeightArguments<'pointwise'> {
  /** Output channels. */
  readonly filters: number
  /** Channels between the two steps per input channel; default 1. */
  readonly depthMultiplier?: number
}

/**
 * [N, H, W, C] -> [N, OH, OW, filters]. Weights: depthwise_kernel [kh, kw, C, depthMultiplier], pointwise_kernel
 * [1, 1, C * depthMultiplier, filters], bias [filters]. Bias and activation come once, after the pointwise step.
 *
 * @example new SeparableConv2D({ filters: 64, kernelSize: 3, padding: 'same', activation: 'relu' })
 */
export class SeparableConv2D extends Convolution {
  static override readonly className: string = 'SeparableConv2D'
  readonly filters: number
  readonly depthMultiplier: number
  readonly #depthwiseSpec: WeightSpec
  readonly #pointwiseSpec: WeightSpec
  #depthwise!: Variable
  #pointwise!: Variable
  constructor(options: SeparableConv2DOptions) {
    super(options, ['filters', 'depthMultiplier', ...weightArguments('depthwise'), ...weightArguments('pointwise')])
    this.filters = integer('SeparableConv2D', 'filters', options.filters)
    this.depthMultiplier = integer('SeparableConv2D', 'depthMultiplier', options.depthMultiplier ?? 1)
    this.#depthwiseSpec = new WeightSpec('depthwise', options, 'glorotUniform')
    this.#pointwiseSpec = new WeightSpec('pointwise', options, 'glorotUniform')
  }
  protected override buildKernels(channels: number): number {
    const shape = [...this.kernelSize, channels, this.depthMultiplier]
    this.#depthwise = this.addWeight('depthwise_kernel', shape, this.#depthwiseSpec.options)
    const pointwise = [1, 1, channels * this.depthMultiplier, this.filters]
    this.#pointwise = this.addWeight('pointwise_kernel', pointwise, this.#pointwiseSpec.options)
    return this.filters
  }
  protected override convolve(x: Value, ctx: CallContext): Value {
    const depthwise = apply1('depthwiseConv2d', [x, ctx.read(this.#depthwise)], this.windowOn(x))
    const pointwise = { strides: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 } as const
    return apply1('conv2d', [depthwise, ctx.read(this.#pointwise)], pointwise)
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      filters: this.filters,
      depthMultiplier: this.depthMultiplier,
      ...this.#depthwiseSpec.getConfig(),
      ...this.#pointwiseSpec.getConfig(),
    }
  }
}
