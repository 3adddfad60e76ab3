// EarlyStopping: ends training when a log no longer gets better.
import { checkOptions } from '../errors.js'
import { Callback, type Logs } from './callback.js'
import { checkCount, Monitor, type MonitorMode } from './monitor.js'

export interface EarlyStoppingOptions {
  /** Default 'val_loss'. */
  readonly monitor?: string
  /** The least change that counts (default 0). */
  readonly minDelta?: number
  /** Epochs without a change for the better before training ends (default 0). */
  readonly patience?: number
  /** Default 'auto': after the metric's own direction. */
  readonly mode?: MonitorMode
  /** A value that must be reached, too, for the patience to start anew. */
  readonly baseline?: number
  /** Whether the weights of the best epoch are set at the end (default false). */
  readonly restoreBestWeights?: boolean
  /** Epochs before this one are not looked at (default 0). */
  readonly startFromEpoch?: number
}
const OPTIONS = ['monitor', 'minDelta', 'patience', 'mode', 'baseline', 'restoreBestWeights', 'startFromEpoch'] as const

/**
 * Ends training when a log has not got better for `patience` epochs; never at epoch 0.
 * @example new EarlyStopping({ monitor: 'val_accuracy', patience: 3, restoreBestWeights: true })
 */
export class EarlyStopping extends Callback {
  readonly patience: number
  readonly baseline: number | null
  readonly restoreBestWeights: boolean
  readonly startFromEpoch: number
  /** The epoch after which training ended; null if it did not. */
  stoppedEpoch: number | null = null
  bestEpoch: number | null = null
  best: number | null = null
  readonly #monitor: Monitor
  #wait = 0
  #weights: Float32Array[] | null = null

  /** @throws ArgumentError */
  constructor(options: EarlyStoppingOptions = {}) {
    super()
    checkOptions('EarlyStopping', options, OPTIONS)
    const { monitor = 'val_loss', mode = 'auto', minDelta = 0 } = options
    this.#monitor = new Monitor('EarlyStopping', monitor, mode, minDelta)
    this.patience = checkCount('EarlyStopping', 'patience', options.patience ?? 0)
    this.startFromEpoch = checkCount('EarlyStopping', 'startFromEpoch', options.startFromEpoch ?? 0)
    this.baseline = options.baseline ?? null
    this.restoreBestWeights = options.restoreBestWeights ?? false
  }
  override onTrainBegin(): void {
    this.#wait = 0
    this.#weights = null
    this.best = null
    this.bestEpoch = null
    this.stoppedEpoch = null
  }
  override async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    const value = this.#monitor.value(this.model, logs)
    if (value === null || epoch < this.startFromEpoch) return
    const better = this.#monitor.isBetter(value, this.best)
    if (this.restoreBestWeights && (better || this.#weights === null)) {
      this.#weights = await this.model.getWeights()
      this.bestEpoch = epoch
    }
    this.#wait++
    if (better) {
      this.best = value
      this.bestEpoch = epoch
      if (this.baseline === null || this.#monitor.isBetter(value, this.baseline)) this.#wait = 0
    } else if (this.#wait >= this.patience && epoch > 0) {
      this.stoppedEpoch = epoch
      this.model.stopTraining = true
    }
  }
  override onTrainEnd(): void {
    if (this.#weights !== null) this.model.setWeights(this.#weights)
    this.#weights = null
  }
}
