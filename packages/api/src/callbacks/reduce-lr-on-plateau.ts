// ReduceLROnPlateau: a smaller learning rate when a log no longer gets better.
import { ArgumentError, checkOptions } from '../errors.js'
import { Callback, type Logs } from './callback.js'
import { checkCount, Monitor, type MonitorMode } from './monitor.js'

export interface ReduceLROnPlateauOptions {
  /** Default 'val_loss'. */
  readonly monitor?: string
  /** What the learning rate is multiplied by, below 1 (default 0.1). */
  readonly factor?: number
  /** Epochs without a change for the better before the rate is reduced (default 10). */
  readonly patience?: number
  readonly mode?: MonitorMode
  /** The least change that counts (default 1e-4). */
  readonly minDelta?: number
  /** Epochs after a reduction that are not counted (default 0). */
  readonly cooldown?: number
  /** Least learning rate (default 0). */
  readonly minLearningRate?: number
}
const OPTIONS = ['monitor', 'factor', 'patience', 'mode', 'minDelta', 'cooldown', 'minLearningRate'] as const

/**
 * Multiplies the learning rate by `factor` when a log has not got better for `patience` epochs. Logs `learningRate`, the
 * rate of the epoch that ends.
 * @example new ReduceLROnPlateau({ factor: 0.5, patience: 2 })
 */
export class ReduceLROnPlateau extends Callback {
  readonly factor: number
  readonly patience: number
  readonly cooldown: number
  readonly minLearningRate: number
  readonly #monitor: Monitor
  #best: number | null = null
  #wait = 0
  #cooling = 0

  /** @throws ArgumentError */
  constructor(options: ReduceLROnPlateauOptions = {}) {
    super()
    const where = 'ReduceLROnPlateau'
    checkOptions(where, options, OPTIONS)
    const { monitor = 'val_loss', factor = 0.1, mode = 'auto', minDelta = 1e-4, minLearningRate = 0 } = options
    if (!(factor > 0 && factor < 1))
      throw new ArgumentError({ where, what: 'factor', expected: 'a number in (0, 1)', got: factor })
    if (!(minLearningRate >= 0)) {
      throw new ArgumentError({
        where,
        what: 'minLearningRate',
        expected: 'a number of at least 0',
        got: minLearningRate,
      })
    }
    this.#monitor = new Monitor(where, monitor, mode, minDelta)
    this.factor = factor
    this.minLearningRate = minLearningRate
    this.patience = checkCount(where, 'patience', options.patience ?? 10)
    this.cooldown = checkCount(where, 'cooldown', options.cooldown ?? 0)
  }
  override onTrainBegin(): void {
    this.#best = null
    this.#wait = 0
    this.#cooling = 0
  }
  override onEpochEnd(_epoch: number, logs: Logs): void {
    const { optimizer } = this.model
    const rate = optimizer.learningRateAt()
    logs.learningRate = rate
    const value = this.#monitor.value(this.model, logs)
    if (value === null) return
    if (this.#cooling > 0) {
      this.#cooling--
      this.#wait = 0
    }
    if (this.#monitor.isBetter(value, this.#best)) {
      this.#best = value
      this.#wait = 0
    } else if (this.#cooling === 0 && ++this.#wait >= this.patience && rate > this.minLearningRate) {
      optimizer.learningRate = Math.max(rate * this.factor, this.minLearningRate)
      this.#cooling = this.cooldown
      this.#wait = 0
    }
  }
}
