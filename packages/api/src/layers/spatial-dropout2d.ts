// SpatialDropout2D: drops whole channels of images.
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import { finite } from './arguments.js'
import { drop, Noise, type NoiseOptions } from './dropout.js'
import { type DataFormat, dataFormat, spatialAxes } from './images.js'
import { checkRank } from './inputs.js'
import type { Config } from './layer.js'

export interface SpatialDropout2DOptions extends NoiseOptions {
  /** Fraction of channels that become 0, in [0, 1]. */
  readonly rate: number
  readonly dataFormat?: DataFormat | 'channels_last' | 'channels_first' | null
}

/** As Dropout, one decision per example and channel. Source: Tompson et al. 2014. @example new SpatialDropout2D({ rate: 0.2 }) */
export class SpatialDropout2D extends Noise {
  static override readonly className = 'SpatialDropout2D'
  readonly rate: number
  readonly dataFormat: DataFormat
  constructor(options: SpatialDropout2DOptions) {
    super(options, ['rate', 'dataFormat'])
    this.rate = finite('SpatialDropout2D', 'rate', options.rate, 0, 1)
    this.dataFormat = dataFormat('SpatialDropout2D', options.dataFormat)
  }
  protected override disturb(x: Value, ctx: CallContext): Value {
    checkRank(this.name, x.shape, 4)
    if (this.rate === 0) return x
    const spatial = spatialAxes(this.dataFormat)
    const shape = x.shape.map((d, i) => (spatial.includes(i) ? 1 : d))
    return drop(x, this.uniform(ctx, shape), this.rate)
  }
  override getConfig(): Config {
    return { ...super.getConfig(), rate: this.rate, dataFormat: this.dataFormat }
  }
}
