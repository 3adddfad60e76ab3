// CallbackList: calls a hook of all callbacks, in order.
import type { Callback, Hooks, Logs } from './callback.js'

type EpochHook = 'onEpochBegin' | 'onEpochEnd'
type BatchHook = Exclude<Extract<keyof Hooks, `on${string}Batch${string}`>, undefined>
type RunHook = Exclude<keyof Hooks, EpochHook | BatchHook>

export class CallbackList {
  constructor(readonly callbacks: readonly Callback[]) {}
  /** Whether one of them must see fresh logs at every batch. */
  get everyBatch(): boolean {
    return this.callbacks.some(c => c.everyBatch)
  }
  async run(hook: RunHook, logs: Logs): Promise<void> {
    for (const c of this.callbacks) await c[hook](logs)
  }
  async numbered(hook: EpochHook | BatchHook, n: number, logs: Logs): Promise<void> {
    for (const c of this.callbacks) {
      const done = c[hook](n, logs)
      if (done !== undefined) await done
    }
  }
}
