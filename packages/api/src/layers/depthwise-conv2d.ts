// DepthwiseConv2D: each input channel has its own filters.
import type { CallContext } from '../graph/trace.js'
import { apply1, type Value } from '../graph/value.js'
import type { Variable } from '../graph/variable.js'
import { integer } from './arguments.js'
import { Convolution, type ConvolutionOptions } from './convolution.js'
import type { Config } from './layer.js'
import { type WeightArguments, WeightSpec, weightArguments } from './weights.js'

export interface DepthwiseConv2DOptions extends ConvolutionOptions, WeightArguments<'depthwise'> {
  /** Output channels per input channel; default 1. Output channel c * depthMultiplier + m comes from input channel c. */
  readonly depthMultiplier?: number
}

/**
 * [N, H, W, C] -> [N, OH, OW, C * depthMultiplier]. Weights: kernel [kh, kw, C, depthMultiplier], bias.
 *
 * @example new DepthwiseConv2D({ kernelSize: 3, padding: 'same', useBias: false })
 */
export class DepthwiseConv2D extends Convolution {
  static override readonly className: string = 'DepthwiseConv2D'
  readonly depthMultiplier: number
  readonly #spec: WeightSpec
  #kernel!: Variable
  constructor(options: DepthwiseConv2DOptions) {
    super(options, ['depthMultiplier', ...weightArguments('depthwise')])
    this.depthMultiplier = integer('DepthwiseConv2D', 'depthMultiplier', options.depthMultiplier ?? 1)
    this.#spec = new WeightSpec('depthwise', options, 'glorotUniform')
  }
  protected override buildKernels(channels: number): number {
    const shape = [...this.kernelSize, channels, this.depthMultiplier]
    this.#kernel = this.addWeight('kernel', shape, this.#spec.options)
    return channels * this.depthMultiplier
  }
  protected override convolve(x: Value, ctx: CallContext): Value {
    return apply1('depthwiseConv2d', [x, ctx.read(this.#kernel)], this.windowOn(x))
  }
  override getConfig(): Config {
    return { ...super.getConfig(), depthMultiplier: this.depthMultiplier, ...this.#spec.getConfig() }
  }
}
