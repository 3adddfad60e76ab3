// GaussianDropout: multiplies by noise of mean 1 in training.
import * as E from '../expr/expr.js'
import { elementwise } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import { rate } from './arguments.js'
import { Noise, type NoiseOptions } from './dropout.js'
import { gaussian } from './gaussian.js'
import type { Config } from './layer.js'

export interface GaussianDropoutOptions extends NoiseOptions {
  /** In [0, 1): the noise has the standard deviation sqrt(rate / (1 - rate)), as dropout has. */
  readonly rate: number
}

/** The input in inference; times 1 + noise in training. Source: Srivastava et al. 2014. @example new GaussianDropout({ rate: 0.2 }) */
export class GaussianDropout extends Noise {
  static override readonly className = 'GaussianDropout'
  readonly rate: number
  constructor(options: GaussianDropoutOptions) {
    super(options, ['rate'])
    this.rate = rate('GaussianDropout', 'rate', options.rate)
  }
  protected override disturb(x: Value, ctx: CallContext): Value {
    if (this.rate === 0) return x
    const stddev = Math.sqrt(this.rate / (1 - this.rate))
    const noise = gaussian(this.uniform(ctx, x.shape), this.uniform(ctx, x.shape))
    return elementwise([x, noise], (v, z) => E.mul(v, E.add(1, E.mul(z, stddev))))
  }
  override getConfig(): Config {
    return { ...super.getConfig(), rate: this.rate }
  }
}
