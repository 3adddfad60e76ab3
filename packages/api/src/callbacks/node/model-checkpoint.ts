// ModelCheckpoint: writes the model to a file while it trains.
import { ArgumentError, checkOptions } from '../../errors.js'
import { saveModel, saveWeights } from '../../files/node/checkpoint.js'
import { Callback, type Logs } from '../callback.js'
import { checkCount, Monitor, type MonitorMode } from '../monitor.js'

export interface ModelCheckpointOptions {
  /** Default 'val_loss'; used with `saveBestOnly` alone. */
  readonly monitor?: string
  readonly mode?: MonitorMode
  /** Whether only a better model replaces the last one (default false). */
  readonly saveBestOnly?: boolean
  /** Whether files hold the weights alone (default false). */
  readonly saveWeightsOnly?: boolean
  /** 'epoch' (default), or every so many steps. */
  readonly saveFreq?: 'epoch' | number
  /** What the first model must be better than. */
  readonly initialValueThreshold?: number
}
const OPTIONS = ['monitor', 'mode', 'saveBestOnly', 'saveWeightsOnly', 'saveFreq', 'initialValueThreshold'] as const

/**
 * Writes the model after each epoch. The path may hold `{epoch}` (counted from 1) and logs, with a width or a number of
 * decimals as in Python: 'model-{epoch:02d}-{val_loss:.3f}.safetensors'.
 *
 * @throws ArgumentError, FileError
 * @example new ModelCheckpoint('best.safetensors', { monitor: 'val_accuracy', saveBestOnly: true })
 */
export class ModelCheckpoint extends Callback {
  readonly saveBestOnly: boolean
  readonly saveWeightsOnly: boolean
  readonly saveFreq: 'epoch' | number
  override readonly everyBatch: boolean
  best: number | null
  readonly #monitor: Monitor
  #epoch = 0
  #steps = 0
  constructor(
    readonly path: string,
    options: ModelCheckpointOptions = {},
  ) {
    super()
    const where = 'ModelCheckpoint'
    checkOptions(where, options, OPTIONS)
    this.#monitor = new Monitor(where, options.monitor ?? 'val_loss', options.mode ?? 'auto', 0)
    this.saveBestOnly = options.saveBestOnly ?? false
    this.saveWeightsOnly = options.saveWeightsOnly ?? false
    const freq = options.saveFreq ?? 'epoch'
    this.saveFreq = freq === 'epoch' ? freq : checkCount(where, 'saveFreq', freq, 1)
    this.everyBatch = this.saveFreq !== 'epoch'
    this.best = options.initialValueThreshold ?? null
  }
  override onEpochBegin(epoch: number): void {
    this.#epoch = epoch
  }
  override async onTrainBatchEnd(_batch: number, logs: Logs): Promise<void> {
    if (this.saveFreq !== 'epoch' && ++this.#steps % this.saveFreq === 0) await this.#save(logs)
  }
  override async onEpochEnd(_epoch: number, logs: Logs): Promise<void> {
    if (this.saveFreq === 'epoch') await this.#save(logs)
  }
  async #save(logs: Logs): Promise<void> {
    if (this.saveBestOnly) {
      const value = this.#monitor.value(this.model, logs)
      if (value === null || !this.#monitor.isBetter(value, this.best)) return
      this.best = value
    }
    const path = formatPath(this.path, { epoch: this.#epoch + 1, ...logs })
    await (this.saveWeightsOnly ? saveWeights(this.model, path) : saveModel(this.model, path))
  }
}

/** Fills in `{name}`, `{name:03d}`, `{name:.2f}`. @throws ArgumentError for an unknown name */
function formatPath(path: string, values: Readonly<Record<string, number>>): string {
  return path.replace(
    /\{(\w+)(?::(?:0?(\d+)d|\.(\d+)f))?\}/g,
    (field, name: string, width?: string, decimals?: string) => {
      const value = values[name]
      if (value === undefined) {
        throw new ArgumentError({
          where: 'ModelCheckpoint',
          what: `'${field}' in the path`,
          expected: `one of ${Object.keys(values).join(', ')}`,
          got: name,
        })
      }
      if (decimals !== undefined) return value.toFixed(Number(decimals))
      return String(value).padStart(Number(width ?? 0), '0')
    },
  )
}
