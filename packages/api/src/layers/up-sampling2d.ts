// UpSampling2D: enlarges images by whole factors.
import { apply1, type Value } from '../graph/value.js'
import { choice, pair } from './arguments.js'
import { type DataFormat, dataFormat, onNhwc } from './images.js'
import { singleFloat } from './inputs.js'
import { type Config, Layer, type LayerOptions } from './layer.js'

export interface UpSampling2DOptions extends LayerOptions {
  /** Factors [rows, columns]; one number stands for both. Default 2. */
  readonly size?: number | readonly [number, number]
  readonly dataFormat?: DataFormat | 'channels_last' | 'channels_first' | null
  /** 'nearest' (default) or 'bilinear' at half-pixel centres. */
  readonly interpolation?: 'nearest' | 'bilinear'
}

/** [N, H, W, C] -> [N, size[0] H, size[1] W, C]. @example new UpSampling2D({ size: 2, interpolation: 'bilinear' }) */
export class UpSampling2D extends Layer {
  static override readonly className = 'UpSampling2D'
  readonly size: readonly [number, number]
  readonly dataFormat: DataFormat
  readonly interpolation: 'nearest' | 'bilinear'
  constructor(options: UpSampling2DOptions = {}) {
    super(options, ['size', 'dataFormat', 'interpolation'])
    this.size = pair('UpSampling2D', 'size', options.size ?? 2)
    this.dataFormat = dataFormat('UpSampling2D', options.dataFormat)
    const { interpolation = 'nearest' } = options
    this.interpolation = choice('UpSampling2D', 'interpolation', interpolation, ['nearest', 'bilinear'])
  }
  override call(inputs: readonly Value[]): Value {
    return onNhwc(this.name, singleFloat(this.name, inputs), this.dataFormat, x => {
      const size = [x.shape[1] * this.size[0], x.shape[2] * this.size[1]] as const
      return apply1('resize', [x], { size, interpolation: this.interpolation })
    })
  }
  override getConfig(): Config {
    const { size, dataFormat, interpolation } = this
    return { ...super.getConfig(), size, dataFormat, interpolation }
  }
}
