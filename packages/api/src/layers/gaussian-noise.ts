// GaussianNoise: adds normally distributed noise in training.
import * as E from '../expr/expr.js'
import { elementwise } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import { finite } from './arguments.js'
import { Noise, type NoiseOptions } from './dropout.js'
import { gaussian } from './gaussian.js'
import type { Config } from './layer.js'

export interface GaussianNoiseOptions extends NoiseOptions {
  /** Standard deviation of the noise. */
  readonly stddev: number
}

/** The input in inference; plus stddev times standard normal numbers in training. @example new GaussianNoise({ stddev: 0.1 }) */
export class GaussianNoise extends Noise {
  static override readonly className = 'GaussianNoise'
  readonly stddev: number
  constructor(options: GaussianNoiseOptions) {
    super(options, ['stddev'])
    this.stddev = finite('GaussianNoise', 'stddev', options.stddev, 0)
  }
  protected override disturb(x: Value, ctx: CallContext): Value {
    if (this.stddev === 0) return x
    const noise = gaussian(this.uniform(ctx, x.shape), this.uniform(ctx, x.shape))
    return elementwise([x, noise], (v, z) => E.add(v, E.mul(z, this.stddev)))
  }
  override getConfig(): Config {
    return { ...super.getConfig(), stddev: this.stddev }
  }
}
