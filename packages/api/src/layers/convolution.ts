// What the 2D convolution layers share: window arguments, bias, activation.
import { type Activation, type ActivationOption, getActivation } from '../activations/index.js'
import { ArgumentError } from '../errors.js'
import { add } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import type { Variable } from '../graph/variable.js'
import type { Window } from '../kernels/attrs.js'
import { resolvePadding } from '../kernels/window.js'
import type { Shape } from '../tensor-spec.js'
import { choice, flag, pair } from './arguments.js'
import { channelAxis, channelsOf, type DataFormat, dataFormat, onNhwc } from './images.js'
import { checkBuiltFor, single, singleFloat } from './inputs.js'
import { type Config, Layer, type LayerOptions } from './layer.js'
import { type WeightArguments, WeightSpec, weightArguments } from './weights.js'

type Size = number | readonly [number, number]

/** Arguments of every 2D convolution. Pairs are [height, width]; one number stands for both. */
export interface ConvolutionOptions extends LayerOptions, WeightArguments<'bias'> {
  readonly kernelSize: Size
  /** Default 1. */
  readonly strides?: Size
  /** 'valid' (default): no padding. 'same': ceil(size / stride) outputs, the odd element of padding goes bottom and right. */
  readonly padding?: 'valid' | 'same'
  /** 'channelsLast' (default): [N, H, W, C]. 'channelsFirst': [N, C, H, W]. */
  readonly dataFormat?: DataFormat | 'channels_last' | 'channels_first' | null
  /** Default 1. */
  readonly dilationRate?: Size
  /** Default null: none. */
  readonly activation?: ActivationOption
  /** Default true. */
  readonly useBias?: boolean
}

const PADDINGS = ['valid', 'same'] as const
const NAMES = ['kernelSize', 'strides', 'padding', 'dataFormat', 'dilationRate', 'activation', 'useBias']

/** The base of Conv2D, DepthwiseConv2D and SeparableConv2D. */
export abstract class Convolution extends Layer {
  readonly kernelSize: readonly [number, number]
  readonly strides: readonly [number, number]
  readonly padding: 'valid' | 'same'
  readonly dataFormat: DataFormat
  readonly dilationRate: readonly [number, number]
  readonly activation: Activation
  readonly useBias: boolean
  readonly #bias: WeightSpec
  #biasVariable: Variable | null = null
  #channels = 0

  constructor(options: ConvolutionOptions, known: readonly string[]) {
    super(options, [...NAMES, ...weightArguments('bias'), ...known])
    const where = this.className
    this.kernelSize = pair(where, 'kernelSize', options.kernelSize)
    this.strides = pair(where, 'strides', options.strides ?? 1)
    this.padding = choice(where, 'padding', options.padding ?? 'valid', PADDINGS)
    this.dataFormat = dataFormat(where, options.dataFormat)
    this.dilationRate = pair(where, 'dilationRate', options.dilationRate ?? 1)
    this.activation = getActivation(options.activation ?? null)
    this.useBias = flag(where, 'useBias', options.useBias ?? true)
    this.#bias = new WeightSpec('bias', options, 'zeros')
  }

  /** Creates the kernels and returns the number of output channels. */
  protected abstract buildKernels(channels: number): number
  /** The convolution of NHWC images, without bias. */
  protected abstract convolve(x: Value, ctx: CallContext): Value

  override build(inputShapes: readonly Shape[]): void {
    this.#channels = channelsOf(this.name, single(this.name, inputShapes), this.dataFormat)
    const outputs = this.buildKernels(this.#channels)
    if (this.useBias) this.#biasVariable = this.addWeight('bias', [outputs], this.#bias.options)
  }
  override call(inputs: readonly Value[], ctx: CallContext): Value {
    const x = singleFloat(this.name, inputs)
    const y = onNhwc(this.name, x, this.dataFormat, v => {
      checkBuiltFor(this.name, channelAxis(this.dataFormat), this.#channels, x.shape)
      const conv = this.convolve(v, ctx)
      return this.#biasVariable === null ? conv : add(conv, ctx.read(this.#biasVariable))
    })
    // After the transposition: a softmax of a channelsFirst layer is over the last axis, the columns, as in Keras.
    return this.activation.call(y)
  }
  /** The kernel's window over NHWC images. */
  protected windowOn(x: Value): Window {
    const [top, bottom] = this.#paddingOf(x, 0)
    const [left, right] = this.#paddingOf(x, 1)
    return { strides: this.strides, padding: [top, bottom, left, right], dilation: this.dilationRate }
  }
  #paddingOf(x: Value, i: 0 | 1): readonly [number, number] {
    return resolvePadding(this.padding, x.shape[1 + i], this.kernelSize[i], this.strides[i], this.dilationRate[i])
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      kernelSize: this.kernelSize,
      strides: this.strides,
      padding: this.padding,
      dataFormat: this.dataFormat,
      dilationRate: this.dilationRate,
      activation: this.activation.serialize(),
      useBias: this.useBias,
      ...this.#bias.getConfig(),
    }
  }
}

/** @throws ArgumentError if a layer that cannot do both has strides and dilation */
export function checkStridesOrDilation(layer: Convolution): void {
  if (Math.max(...layer.strides) > 1 && Math.max(...layer.dilationRate) > 1) {
    throw new ArgumentError({
      where: layer.className,
      what: 'strides and dilationRate both above 1',
      expected: 'one of them 1',
      got: [layer.strides, layer.dilationRate],
    })
  }
}
