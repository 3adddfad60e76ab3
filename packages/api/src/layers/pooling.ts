// What the pooling layers share: window arguments, data format.
import type { mean, reduceMax } from '../graph/ops.js'
import { apply1, type Value } from '../graph/value.js'
import type { PoolAttrs } from '../kernels/attrs.js'
import { resolvePadding } from '../kernels/window.js'
import { choice, flag, pair } from './arguments.js'
import { type DataFormat, dataFormat, onNhwc, spatialAxes } from './images.js'
import { checkRank, singleFloat } from './inputs.js'
import { type Config, Layer, type LayerOptions } from './layer.js'

type Size = number | readonly [number, number]
type FormatOption = DataFormat | 'channels_last' | 'channels_first' | null

/** Arguments of 2D pooling. Pairs are [height, width]; one number stands for both. */
export interface PoolingOptions extends LayerOptions {
  /** Default 2. */
  readonly poolSize?: Size
  /** Default null: the pool size. */
  readonly strides?: Size | null
  /** 'valid' (default) or 'same'; padding neither wins a maximum nor counts in a mean. */
  readonly padding?: 'valid' | 'same'
  readonly dataFormat?: FormatOption
}

/** The base of MaxPooling2D and AveragePooling2D. */
export abstract class Pooling extends Layer {
  readonly poolSize: readonly [number, number]
  readonly strides: readonly [number, number]
  readonly padding: 'valid' | 'same'
  readonly dataFormat: DataFormat
  protected abstract readonly kernel: 'maxPool' | 'avgPool'
  constructor(options: PoolingOptions = {}) {
    super(options, ['poolSize', 'strides', 'padding', 'dataFormat'])
    const where = this.className
    this.poolSize = pair(where, 'poolSize', options.poolSize ?? 2)
    this.strides = pair(where, 'strides', options.strides ?? this.poolSize)
    this.padding = choice(where, 'padding', options.padding ?? 'valid', ['valid', 'same'])
    this.dataFormat = dataFormat(where, options.dataFormat)
  }
  override call(inputs: readonly Value[]): Value {
    return onNhwc(this.name, singleFloat(this.name, inputs), this.dataFormat, x => {
      const { poolSize: size, strides } = this
      const padding = ([0, 1] as const).map(i => resolvePadding(this.padding, x.shape[1 + i], size[i], strides[i], 1))
      const [[top, bottom], [left, right]] = padding
      const attrs: PoolAttrs = { size, strides, padding: [top, bottom, left, right] }
      return apply1(this.kernel, [x], attrs)
    })
  }
  override getConfig(): Config {
    const { poolSize, strides, padding, dataFormat } = this
    return { ...super.getConfig(), poolSize, strides, padding, dataFormat }
  }
}

/** Arguments of global pooling. */
export interface GlobalPoolingOptions extends LayerOptions {
  readonly dataFormat?: FormatOption
  /** Whether the pooled dimensions stay as 1; default false. */
  readonly keepdims?: boolean
}

/** The base of GlobalAveragePooling2D and GlobalMaxPooling2D. */
export abstract class GlobalPooling extends Layer {
  readonly dataFormat: DataFormat
  readonly keepdims: boolean
  protected abstract readonly reduction: typeof mean | typeof reduceMax
  constructor(options: GlobalPoolingOptions = {}) {
    super(options, ['dataFormat', 'keepdims'])
    this.dataFormat = dataFormat(this.className, options.dataFormat)
    this.keepdims = flag(this.className, 'keepdims', options.keepdims ?? false)
  }
  override call(inputs: readonly Value[]): Value {
    const x = singleFloat(this.name, inputs)
    checkRank(this.name, x.shape, 4)
    return this.reduction(x, spatialAxes(this.dataFormat), this.keepdims)
  }
  override getConfig(): Config {
    return { ...super.getConfig(), dataFormat: this.dataFormat, keepdims: this.keepdims }
  }
}
