// The loop over the batches of an epoch.

import type { Logs } from '../callbacks/callback.js'
import type { CallbackList } from '../callbacks/callback-list.js'
import type { Batch } from './batches.js'
import { findNonFinite } from './batches.js'
import { breather } from './breathe.js'
import type { Trainer } from './trainer.js'
import { warn } from './warn.js'

/** How often running means are read from the device; reading also keeps the host from running far ahead of it. */
const READ_MS = 100

export interface EpochResult {
  readonly logs: Logs
  readonly steps: number
  readonly samples: number
}
/** Options of one epoch. */
export interface EpochOptions {
  readonly where: string
  readonly signal?: AbortSignal
  /** Look for numbers that are not finite. */
  readonly checkData: boolean
  /** Stop after so many steps. */
  readonly steps?: number
  /** Asked after every step. */
  readonly stopped?: () => boolean
}

/** Trains or tests on batches. An aborted signal ends the loop after the current step. */
export async function runEpoch(
  trainer: Trainer,
  mode: 'train' | 'test',
  batches: AsyncIterable<Batch> | Iterable<Batch>,
  callbacks: CallbackList,
  options: EpochOptions,
): Promise<EpochResult> {
  const [begin, end] =
    mode === 'train'
      ? (['onTrainBatchBegin', 'onTrainBatchEnd'] as const)
      : (['onTestBatchBegin', 'onTestBatchEnd'] as const)
  const { everyBatch } = callbacks
  const breathe = breather()
  trainer.reset()
  let logs: Logs = {}
  let [steps, samples] = [0, 0]
  let read = Number.NEGATIVE_INFINITY
  let warned = !options.checkData
  for await (const batch of batches) {
    if (options.signal?.aborted) break
    await callbacks.numbered(begin, steps, logs)
    if (!warned) warned = warnNonFinite(options.where, trainer, batch, steps)
    await trainer.step(mode, batch)
    samples += batch.size
    if (everyBatch || performance.now() - read >= READ_MS) {
      logs = await trainer.logs()
      read = performance.now()
    }
    await callbacks.numbered(end, steps, logs)
    steps++
    if (options.signal?.aborted || options.stopped?.() || steps === options.steps) break
    const pause = breathe()
    if (pause !== undefined) await pause
  }
  return { logs: await trainer.logs(), steps, samples }
}

function warnNonFinite(where: string, trainer: Trainer, batch: Batch, index: number): boolean {
  const found = findNonFinite(batch, trainer.model.inputNames)
  if (found === null) return false
  warn(`${where}: batch ${index} has ${found.value} at element ${found.element} of input '${found.name}'`)
  return true
}
