// Random initialisers: fixed spread, spread scaled to the fans, orthogonal matrices.
import { ArgumentError, checkOptions } from '../errors.js'
import { choice, finite } from '../layers/arguments.js'
import type { Config } from '../layers/layer.js'
import { type Shape, sizeOf } from '../tensor-spec.js'
import { checkRank, fans, RandomInitializer, type SeedOptions } from './initializer.js'

export interface NormalOptions extends SeedOptions {
  /** Default 0. */
  readonly mean?: number
  /** Default 0.05. */
  readonly stddev?: number
}
abstract class Normal extends RandomInitializer {
  readonly mean: number
  readonly stddev: number
  constructor(options: NormalOptions = {}) {
    super(options)
    checkOptions(this.className, options, ['mean', 'stddev', 'seed'])
    this.mean = finite(this.className, 'mean', options.mean ?? 0)
    this.stddev = finite(this.className, 'stddev', options.stddev ?? 0.05, 0)
  }
  override getConfig(): Config {
    return { mean: this.mean, stddev: this.stddev, ...super.getConfig() }
  }
}

/** Normally distributed. @example new RandomNormal({ stddev: 0.01, seed: 1 }) */
export class RandomNormal extends Normal {
  static override readonly className = 'RandomNormal'
  override init(shape: Shape, key: string): Float32Array {
    const g = this.generator(key)
    return this.draw(shape, () => g.normal(this.mean, this.stddev))
  }
}

/** Normally distributed; numbers beyond two standard deviations are drawn again. */
export class TruncatedNormal extends Normal {
  static override readonly className = 'TruncatedNormal'
  override init(shape: Shape, key: string): Float32Array {
    const g = this.generator(key)
    return this.draw(shape, () => g.truncatedNormal(this.mean, this.stddev))
  }
}

export interface UniformOptions extends SeedOptions {
  /** Default -0.05. */
  readonly minval?: number
  /** Default 0.05. */
  readonly maxval?: number
}
/** Uniform between `minval` and `maxval`. */
export class RandomUniform extends RandomInitializer {
  static override readonly className = 'RandomUniform'
  readonly minval: number
  readonly maxval: number
  constructor(options: UniformOptions = {}) {
    super(options)
    checkOptions('RandomUniform', options, ['minval', 'maxval', 'seed'])
    this.minval = finite('RandomUniform', 'minval', options.minval ?? -0.05)
    this.maxval = finite('RandomUniform', 'maxval', options.maxval ?? 0.05, this.minval)
  }
  override init(shape: Shape, key: string): Float32Array {
    const g = this.generator(key)
    return this.draw(shape, () => this.minval + (this.maxval - this.minval) * g.uniform())
  }
  override getConfig(): Config {
    return { minval: this.minval, maxval: this.maxval, ...super.getConfig() }
  }
}

const MODES = ['fanIn', 'fanOut', 'fanAvg'] as const
const DISTRIBUTIONS = ['truncatedNormal', 'untruncatedNormal', 'uniform'] as const
/** The standard deviation of a standard normal variable truncated at 2. */
const TRUNCATED_STDDEV = 0.87962566103423978

export interface VarianceScalingOptions extends SeedOptions {
  /** Default 1. */
  readonly scale?: number
  /** Default 'fanIn'. */
  readonly mode?: string
  /** Default 'truncatedNormal' ('normal' is the same). */
  readonly distribution?: string
}
/** Variance scale / fan, so that signals keep their size from layer to layer. */
export class VarianceScaling extends RandomInitializer {
  static override readonly className: string = 'VarianceScaling'
  readonly scale: number
  readonly mode: (typeof MODES)[number]
  readonly distribution: (typeof DISTRIBUTIONS)[number]
  constructor(options: VarianceScalingOptions = {}) {
    super(options)
    const where = this.className
    checkOptions(where, options, ['scale', 'mode', 'distribution', 'seed'])
    this.scale = finite(where, 'scale', options.scale ?? 1, 0)
    if (this.scale === 0) throw new ArgumentError({ where, what: 'scale', expected: 'a positive number', got: 0 })
    this.mode = choice(where, 'mode', options.mode ?? 'fanIn', MODES)
    const distribution = options.distribution === 'normal' ? 'truncatedNormal' : options.distribution
    this.distribution = choice(where, 'distribution', distribution ?? 'truncatedNormal', DISTRIBUTIONS)
  }
  override init(shape: Shape, key: string): Float32Array {
    const g = this.generator(key)
    const [fanIn, fanOut] = fans(shape)
    const fan = this.mode === 'fanIn' ? fanIn : this.mode === 'fanOut' ? fanOut : (fanIn + fanOut) / 2
    const variance = this.scale / Math.max(1, fan)
    if (this.distribution === 'uniform') {
      const limit = Math.sqrt(3 * variance)
      return this.draw(shape, () => limit * (2 * g.uniform() - 1))
    }
    const stddev = Math.sqrt(variance)
    return this.distribution === 'untruncatedNormal'
      ? this.draw(shape, () => g.normal(0, stddev))
      : this.draw(shape, () => g.truncatedNormal(0, stddev / TRUNCATED_STDDEV))
  }
  override getConfig(): Config {
    return { scale: this.scale, mode: this.mode, distribution: this.distribution, ...super.getConfig() }
  }
}

/** A named case of VarianceScaling, whose only argument is the seed. */
abstract class NamedScaling extends VarianceScaling {
  constructor(options: SeedOptions, fixed: VarianceScalingOptions) {
    super({ ...options, ...fixed })
  }
  override getConfig(): Config {
    return { seed: this.seed }
  }
}
const seedOnly = (where: string, options: SeedOptions): SeedOptions => {
  checkOptions(where, options, ['seed'])
  return options
}

/** Glorot & Bengio 2010: uniform in +-sqrt(6 / (fanIn + fanOut)). */
export class GlorotUniform extends NamedScaling {
  static override readonly className = 'GlorotUniform'
  constructor(options: SeedOptions = {}) {
    super(seedOnly('GlorotUniform', options), { scale: 1, mode: 'fanAvg', distribution: 'uniform' })
  }
}
/** Glorot & Bengio 2010: truncated normal of variance 2 / (fanIn + fanOut). */
export class GlorotNormal extends NamedScaling {
  static override readonly className = 'GlorotNormal'
  constructor(options: SeedOptions = {}) {
    super(seedOnly('GlorotNormal', options), { scale: 1, mode: 'fanAvg', distribution: 'truncatedNormal' })
  }
}
/** He et al. 2015: uniform in +-sqrt(6 / fanIn). */
export class HeUniform extends NamedScaling {
  static override readonly className = 'HeUniform'
  constructor(options: SeedOptions = {}) {
    super(seedOnly('HeUniform', options), { scale: 2, mode: 'fanIn', distribution: 'uniform' })
  }
}
/** He et al. 2015: truncated normal of variance 2 / fanIn. */
export class HeNormal extends NamedScaling {
  static override readonly className = 'HeNormal'
  constructor(options: SeedOptions = {}) {
    super(seedOnly('HeNormal', options), { scale: 2, mode: 'fanIn', distribution: 'truncatedNormal' })
  }
}
/** Klambauer et al. 2017: uniform in +-sqrt(3 / fanIn). */
export class LecunUniform extends NamedScaling {
  static override readonly className = 'LecunUniform'
  constructor(options: SeedOptions = {}) {
    super(seedOnly('LecunUniform', options), { scale: 1, mode: 'fanIn', distribution: 'uniform' })
  }
}
/** Klambauer et al. 2017: truncated normal of variance 1 / fanIn. */
export class LecunNormal extends NamedScaling {
  static override readonly className = 'LecunNormal'
  constructor(options: SeedOptions = {}) {
    super(seedOnly('LecunNormal', options), { scale: 1, mode: 'fanIn', distribution: 'truncatedNormal' })
  }
}

export interface OrthogonalOptions extends SeedOptions {
  /** Default 1. */
  readonly gain?: number
}
/** Saxe et al. 2014: orthonormal rows or columns, times `gain`; all dimensions but the last are taken together. */
export class Orthogonal extends RandomInitializer {
  static override readonly className = 'Orthogonal'
  readonly gain: number
  constructor(options: OrthogonalOptions = {}) {
    super(options)
    checkOptions('Orthogonal', options, ['gain', 'seed'])
    this.gain = finite('Orthogonal', 'gain', options.gain ?? 1)
  }
  override init(shape: Shape, key: string): Float32Array {
    checkRank('Orthogonal', shape, r => r >= 2, 'at least 2')
    const g = this.generator(key)
    const cols = shape.at(-1)!
    const rows = sizeOf(shape) / cols
    const [long, short] = [Math.max(rows, cols), Math.min(rows, cols)]
    const vectors = Array.from({ length: short }, () => Float64Array.from({ length: long }, () => g.normal()))
    orthonormalize(vectors)
    const out = new Float32Array(rows * cols)
    vectors.forEach((v, j) => {
      v.forEach((x, i) => {
        out[rows < cols ? j * cols + i : i * cols + j] = this.gain * x
      })
    })
    return out
  }
  override getConfig(): Config {
    return { gain: this.gain, ...super.getConfig() }
  }
}

/** Gram-Schmidt, each vector projected twice: orthogonal to rounding ("twice is enough", Giraud et al. 2005). */
function orthonormalize(vectors: readonly Float64Array[]): void {
  const dot = (a: Float64Array, b: Float64Array): number => {
    let s = 0
    for (let i = 0; i < a.length; i++) s += a[i] * b[i]
    return s
  }
  vectors.forEach((v, j) => {
    for (let pass = 0; pass < 2; pass++) {
      for (const u of vectors.slice(0, j)) {
        const d = dot(u, v)
        for (let i = 0; i < v.length; i++) v[i] -= d * u[i]
      }
    }
    const norm = Math.sqrt(dot(v, v))
    for (let i = 0; i < v.length; i++) v[i] /= norm
  })
}
