// Learning-rate schedules: the learning rate as a function of the training step, computed on the host in float64.
// Formulas: Keras 3, keras.optimizers.schedules.
import { ArgumentError, checkOptions } from '../errors.js'
import type { Config } from '../layers/layer.js'
import { checkFraction, checkInteger, checkNonNegative, checkNumber, checkPositive } from './numbers.js'

/**
 * A learning rate that depends on the step. Subclass it for one of your own.
 * @example
 * class Linear extends LearningRateSchedule {
 *   override at(step: number): number { return 0.1 / (1 + step) }
 *   override getConfig(): Config { return {} }
 * }
 */
export abstract class LearningRateSchedule {
  /** Keras's class name: the key in saved models. */
  static readonly className: string = 'LearningRateSchedule'
  get className(): string {
    return (this.constructor as typeof LearningRateSchedule).className
  }
  /** The learning rate of the step that follows `step` earlier ones. */
  abstract at(step: number): number
  /** The constructor's arguments. */
  abstract getConfig(): Config
  serialize(): { readonly className: string; readonly config: Config } {
    return { className: this.className, config: this.getConfig() }
  }
}

export interface ExponentialDecayOptions {
  readonly initialLearningRate: number
  readonly decaySteps: number
  readonly decayRate: number
  /** Whether the rate falls in steps of `decaySteps` (default: smoothly). */
  readonly staircase?: boolean
}
const DECAY_OPTIONS = ['initialLearningRate', 'decaySteps', 'decayRate', 'staircase'] as const

abstract class RatioDecay extends LearningRateSchedule {
  readonly initialLearningRate: number
  readonly decaySteps: number
  readonly decayRate: number
  readonly staircase: boolean
  constructor(options: ExponentialDecayOptions) {
    super()
    checkOptions(this.className, options, DECAY_OPTIONS)
    this.initialLearningRate = checkNonNegative(this.className, 'initialLearningRate', options.initialLearningRate)
    this.decaySteps = checkPositive(this.className, 'decaySteps', options.decaySteps)
    this.decayRate = checkNonNegative(this.className, 'decayRate', options.decayRate)
    this.staircase = options.staircase ?? false
  }
  protected periods(step: number): number {
    const p = step / this.decaySteps
    return this.staircase ? Math.floor(p) : p
  }
  override getConfig(): Config {
    const { initialLearningRate, decaySteps, decayRate, staircase } = this
    return { initialLearningRate, decaySteps, decayRate, staircase }
  }
}

/** initialLearningRate * decayRate^(step / decaySteps). */
export class ExponentialDecay extends RatioDecay {
  static override readonly className = 'ExponentialDecay'
  override at(step: number): number {
    return this.initialLearningRate * this.decayRate ** this.periods(step)
  }
}

/** initialLearningRate / (1 + decayRate * step / decaySteps). */
export class InverseTimeDecay extends RatioDecay {
  static override readonly className = 'InverseTimeDecay'
  override at(step: number): number {
    return this.initialLearningRate / (1 + this.decayRate * this.periods(step))
  }
}

/** `values[i]` up to and including step `boundaries[i]`, the last value after them. */
export class PiecewiseConstantDecay extends LearningRateSchedule {
  static override readonly className = 'PiecewiseConstantDecay'
  readonly boundaries: readonly number[]
  readonly values: readonly number[]
  constructor(options: { readonly boundaries: readonly number[]; readonly values: readonly number[] }) {
    super()
    checkOptions(this.className, options, ['boundaries', 'values'])
    const { boundaries, values } = options
    if (values.length !== boundaries.length + 1) {
      throw new ArgumentError({
        where: this.className,
        what: 'number of values',
        expected: `one more than the ${boundaries.length} boundaries`,
        got: values.length,
      })
    }
    boundaries.forEach((b, i) => {
      checkNumber(
        this.className,
        `boundaries[${i}]`,
        b,
        v => i === 0 || v > boundaries[i - 1],
        'a number above the last',
      )
    })
    values.forEach((v, i) => {
      checkNonNegative(this.className, `values[${i}]`, v)
    })
    this.boundaries = [...boundaries]
    this.values = [...values]
  }
  override at(step: number): number {
    const i = this.boundaries.findIndex(b => step <= b)
    return this.values[i < 0 ? this.values.length - 1 : i]
  }
  override getConfig(): Config {
    return { boundaries: this.boundaries, values: this.values }
  }
}

export interface PolynomialDecayOptions {
  readonly initialLearningRate: number
  readonly decaySteps: number
  readonly endLearningRate?: number
  readonly power?: number
  /** Whether the decay starts again, over a longer time, when it has ended. */
  readonly cycle?: boolean
}

/** From the initial to the end rate along (1 - step / decaySteps)^power. */
export class PolynomialDecay extends LearningRateSchedule {
  static override readonly className = 'PolynomialDecay'
  readonly initialLearningRate: number
  readonly decaySteps: number
  readonly endLearningRate: number
  readonly power: number
  readonly cycle: boolean
  constructor(options: PolynomialDecayOptions) {
    super()
    checkOptions(this.className, options, ['initialLearningRate', 'decaySteps', 'endLearningRate', 'power', 'cycle'])
    this.initialLearningRate = checkNonNegative(this.className, 'initialLearningRate', options.initialLearningRate)
    this.decaySteps = checkPositive(this.className, 'decaySteps', options.decaySteps)
    this.endLearningRate = checkNonNegative(this.className, 'endLearningRate', options.endLearningRate ?? 1e-4)
    this.power = checkNonNegative(this.className, 'power', options.power ?? 1)
    this.cycle = options.cycle ?? false
  }
  override at(step: number): number {
    const cycles = this.cycle && step > 0 ? Math.ceil(step / this.decaySteps) : 1
    const steps = this.decaySteps * cycles
    const p = Math.min(step, steps) / steps
    return (this.initialLearningRate - this.endLearningRate) * (1 - p) ** this.power + this.endLearningRate
  }
  override getConfig(): Config {
    const { initialLearningRate, decaySteps, endLearningRate, power, cycle } = this
    return { initialLearningRate, decaySteps, endLearningRate, power, cycle }
  }
}

export interface CosineDecayOptions {
  readonly initialLearningRate: number
  readonly decaySteps: number
  /** The final rate as a fraction of the one that the decay starts from. */
  readonly alpha?: number
  /** The rate that a linear warm-up of `warmupSteps` ends at and the decay starts from; null: no warm-up. */
  readonly warmupTarget?: number | null
  readonly warmupSteps?: number
}

/** Half a cosine from the initial rate to alpha times it (Loshchilov and Hutter 2016), after an optional warm-up. */
export class CosineDecay extends LearningRateSchedule {
  static override readonly className = 'CosineDecay'
  readonly initialLearningRate: number
  readonly decaySteps: number
  readonly alpha: number
  readonly warmupTarget: number | null
  readonly warmupSteps: number
  constructor(options: CosineDecayOptions) {
    super()
    checkOptions(this.className, options, ['initialLearningRate', 'decaySteps', 'alpha', 'warmupTarget', 'warmupSteps'])
    this.initialLearningRate = checkNonNegative(this.className, 'initialLearningRate', options.initialLearningRate)
    this.decaySteps = checkPositive(this.className, 'decaySteps', options.decaySteps)
    this.alpha = checkFraction(this.className, 'alpha', options.alpha ?? 0)
    const target = options.warmupTarget ?? null
    this.warmupTarget = target === null ? null : checkNonNegative(this.className, 'warmupTarget', target)
    this.warmupSteps = checkInteger(this.className, 'warmupSteps', options.warmupSteps ?? 0, 0)
  }
  override at(step: number): number {
    if (this.warmupTarget === null) return this.#decay(step, this.initialLearningRate)
    if (step < this.warmupSteps) {
      return (this.warmupTarget - this.initialLearningRate) * (step / this.warmupSteps) + this.initialLearningRate
    }
    return this.#decay(step - this.warmupSteps, this.warmupTarget)
  }
  #decay(step: number, from: number): number {
    const cosine = 0.5 * (1 + Math.cos((Math.PI * Math.min(step, this.decaySteps)) / this.decaySteps))
    return from * ((1 - this.alpha) * cosine + this.alpha)
  }
  override getConfig(): Config {
    const { initialLearningRate, decaySteps, alpha, warmupTarget, warmupSteps } = this
    return { initialLearningRate, decaySteps, alpha, warmupTarget, warmupSteps }
  }
}

export interface CosineDecayRestartsOptions {
  readonly initialLearningRate: number
  readonly firstDecaySteps: number
  /** Each period is tMul times as long as the one before it. */
  readonly tMul?: number
  /** Each period starts at mMul times the rate of the one before it. */
  readonly mMul?: number
  readonly alpha?: number
}

/** Cosine decay with warm restarts (SGDR, Loshchilov and Hutter 2016). */
export class CosineDecayRestarts extends LearningRateSchedule {
  static override readonly className = 'CosineDecayRestarts'
  readonly initialLearningRate: number
  readonly firstDecaySteps: number
  readonly tMul: number
  readonly mMul: number
  readonly alpha: number
  constructor(options: CosineDecayRestartsOptions) {
    super()
    checkOptions(this.className, options, ['initialLearningRate', 'firstDecaySteps', 'tMul', 'mMul', 'alpha'])
    this.initialLearningRate = checkNonNegative(this.className, 'initialLearningRate', options.initialLearningRate)
    this.firstDecaySteps = checkPositive(this.className, 'firstDecaySteps', options.firstDecaySteps)
    this.tMul = checkNumber(this.className, 'tMul', options.tMul ?? 2, v => v >= 1, 'a number of at least 1')
    this.mMul = checkPositive(this.className, 'mMul', options.mMul ?? 1)
    this.alpha = checkFraction(this.className, 'alpha', options.alpha ?? 0)
  }
  override at(step: number): number {
    // Periods are walked, not found by a logarithm: at a period's first step the logarithm may round to the one before it.
    let restarts = 0
    let begin = 0
    let length = this.firstDecaySteps
    if (this.tMul === 1) {
      restarts = Math.floor(step / length)
      begin = restarts * length
    } else {
      while (step >= begin + length) {
        begin += length
        length *= this.tMul
        restarts++
      }
    }
    const cosine = 0.5 * this.mMul ** restarts * (1 + Math.cos((Math.PI * (step - begin)) / length))
    return this.initialLearningRate * ((1 - this.alpha) * cosine + this.alpha)
  }
  override getConfig(): Config {
    const { initialLearningRate, firstDecaySteps, tMul, mMul, alpha } = this
    return { initialLearningRate, firstDecaySteps, tMul, mMul, alpha }
  }
}
