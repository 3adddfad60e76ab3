// Monitor: a log that a callback watches, and what counts as better.
import { ArgumentError } from '../errors.js'
import type { BaseModel } from '../models/base.js'
import { warn } from '../training/warn.js'
import type { Logs } from './callback.js'

export type MonitorMode = 'auto' | 'min' | 'max'

export class Monitor {
  #sign: 1 | -1 | null
  #warned = false
  /**
   * @param minDelta the least change that counts
   * @throws ArgumentError for another mode
   */
  constructor(
    readonly where: string,
    readonly key: string,
    readonly mode: MonitorMode,
    readonly minDelta: number,
  ) {
    if (mode !== 'auto' && mode !== 'min' && mode !== 'max') {
      throw new ArgumentError({ where, what: 'mode', expected: "'auto', 'min' or 'max'", got: mode })
    }
    if (!(Number.isFinite(minDelta) && minDelta >= 0)) {
      throw new ArgumentError({ where, what: 'minDelta', expected: 'a number of at least 0', got: minDelta })
    }
    this.#sign = mode === 'auto' ? null : mode === 'max' ? 1 : -1
  }
  /**
   * The watched value; null, and a warning the first time, if the logs lack it.
   * @throws ArgumentError in mode 'auto' if nobody knows whether larger values are better
   */
  value(model: BaseModel, logs: Logs): number | null {
    const value = logs[this.key]
    if (value === undefined) {
      if (!this.#warned) warn(`${this.where}: no '${this.key}' in the logs, which have ${Object.keys(logs).join(', ')}`)
      this.#warned = true
      return null
    }
    if (this.#sign === null) {
      const direction = model.trainer.direction(this.key)
      if (direction === null) {
        throw new ArgumentError({
          where: this.where,
          what: `mode: whether larger values of '${this.key}' are better is not known`,
          expected: "'min' or 'max'",
          got: 'auto',
        })
      }
      this.#sign = direction === 'up' ? 1 : -1
    }
    return value
  }
  /** Whether `value` is better than `best` by more than minDelta. NaN is never better. */
  isBetter(value: number, best: number | null): boolean {
    if (Number.isNaN(value)) return false
    if (best === null || Number.isNaN(best)) return true
    return this.#sign === 1 ? value - this.minDelta > best : value + this.minDelta < best
  }
}

/** @throws ArgumentError unless an integer of at least `least` */
export function checkCount(where: string, what: string, value: number, least = 0): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new ArgumentError({ where, what, expected: `an integer of at least ${least}`, got: value })
  }
  return value
}
