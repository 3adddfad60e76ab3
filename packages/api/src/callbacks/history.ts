// History: the logs of every epoch.
import { Callback, type Logs } from './callback.js'

/** What `fit` returns: for each key of the logs its values, one per epoch. */
export class History extends Callback {
  /** Numbers of the epochs, from 0. */
  readonly epoch: number[] = []
  readonly history: Record<string, number[]> = {}
  override onEpochEnd(epoch: number, logs: Logs): void {
    this.epoch.push(epoch)
    for (const [key, value] of Object.entries(logs)) {
      this.history[key] ??= []
      this.history[key].push(value)
    }
  }
}
