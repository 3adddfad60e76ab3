// What fit throws when its signal is aborted.
import type { History } from '../callbacks/history.js'
import { CancelledError } from '../errors.js'

/** Training was cancelled. The weights are those after the last step, and usable. */
export class TrainingCancelledError extends CancelledError {
  constructor(
    /** The logs of the epochs that were finished. */
    readonly history: History,
    epoch: number,
    reason: unknown,
  ) {
    super({ where: 'fit', what: `cancelled by the AbortSignal in epoch ${epoch}`, cause: reason })
  }
}
