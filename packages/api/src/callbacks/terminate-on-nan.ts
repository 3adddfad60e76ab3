// TerminateOnNaN: ends training that has failed.
import { Callback, type Logs } from './callback.js'

/**
 * Ends training when the loss is NaN or infinite. The mean loss of an epoch stays so from the first bad batch on; it is
 * looked at whenever it is read from the device (see {@link Callback}), so that watching costs nothing.
 */
export class TerminateOnNaN extends Callback {
  override onTrainBatchEnd(_batch: number, logs: Logs): void {
    this.#check(logs)
  }
  override onEpochEnd(_epoch: number, logs: Logs): void {
    this.#check(logs)
  }
  #check({ loss }: Logs): void {
    if (loss !== undefined && !Number.isFinite(loss)) this.model.stopTraining = true
  }
}
