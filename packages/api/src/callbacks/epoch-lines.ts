// EpochLines: what `verbose` prints: a line per epoch, as Keras's verbose=2.
import { Callback, type Logs } from './callback.js'

export class EpochLines extends Callback {
  #began = 0
  #steps = 0
  override onEpochBegin(epoch: number): void {
    this.#began = performance.now()
    this.#steps = 0
    console.log(`Epoch ${epoch + 1}/${this.params.epochs}`)
  }
  override onTrainBatchEnd(batch: number): void {
    this.#steps = batch + 1
  }
  override onEpochEnd(_epoch: number, logs: Logs): void {
    const ms = performance.now() - this.#began
    const time = `${Math.round(ms / 1000)}s - ${(ms / Math.max(1, this.#steps)).toFixed(1)}ms/step`
    const values = Object.entries(logs).map(
      ([k, v]) => `${k}: ${Math.abs(v) < 1e-3 && v !== 0 ? v.toExponential(4) : v.toFixed(4)}`,
    )
    console.log([`${this.#steps}/${this.#steps}`, time, ...values].join(' - '))
  }
}
