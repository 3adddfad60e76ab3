// evaluate: losses and metrics over data, without training; also validation inside fit.
import type { Logs } from '../callbacks/callback.js'
import { CallbackList } from '../callbacks/callback-list.js'
import { toCallback } from '../callbacks/lambda-callback.js'
import { ArgumentError, CancelledError } from '../errors.js'
import { type Batch, Samples } from './batches.js'
import { runEpoch } from './loop.js'
import {
  type BatchSource,
  checkEvaluateOptions,
  type EvaluateOptions,
  type FitOptions,
  type ValidationData,
  type WeightInput,
} from './options.js'
import { isBatchSource, Stream } from './source.js'
import type { TensorInput } from './tensors.js'
import type { Trainer } from './trainer.js'

interface RunOptions {
  readonly signal?: AbortSignal
  readonly steps?: number
}

/** Runs test steps over batches. */
export async function evaluateBatches(
  trainer: Trainer,
  batches: () => AsyncIterable<Batch> | Iterable<Batch>,
  callbacks: CallbackList,
  { signal, steps }: RunOptions,
): Promise<Logs> {
  return trainer.exclusively('evaluate', async () => {
    await callbacks.run('onTestBegin', {})
    const { logs } = await runEpoch(trainer, 'test', batches(), callbacks, {
      where: 'evaluate',
      signal,
      checkData: true,
      steps,
    })
    await callbacks.run('onTestEnd', logs)
    return logs
  })
}

/** The validation of fit: data are checked now, batches run when the result is called. */
export function validationOf(
  trainer: Trainer,
  data: ValidationData,
  options: FitOptions,
): (callbacks: CallbackList) => Promise<Logs> {
  const { signal, validationSteps: steps } = options
  if (isBatchSource(data)) {
    return async callbacks => {
      const stream = new Stream('validation', data, trainer.fields(), true, steps ?? null, signal)
      try {
        return await evaluateBatches(trainer, () => stream.batches(0), callbacks, { signal })
      } finally {
        await stream.close()
      }
    }
  }
  if (!Array.isArray(data) || data.length < 2 || data.length > 3) {
    throw new ArgumentError({
      where: 'fit',
      what: 'validationData',
      expected: '[x, y], [x, y, sampleWeight] or a data set',
      got: data,
    })
  }
  const [x, y, sampleWeight] = data as readonly [TensorInput, TensorInput, WeightInput?]
  const samples = Samples.check('validation', trainer.fields(), x, y, { sampleWeight })
  const size = options.validationBatchSize ?? options.batchSize ?? 32
  return callbacks => evaluateBatches(trainer, () => samples.batches(size), callbacks, { signal, steps })
}

export async function evaluateModel(
  trainer: Trainer,
  x: TensorInput | BatchSource,
  y: TensorInput | undefined,
  options: EvaluateOptions,
): Promise<Logs> {
  checkEvaluateOptions(options)
  trainer.checkTrainable('evaluate')
  const { batchSize = 32, signal, steps, verbose = 0 } = options
  const callbacks = new CallbackList((options.callbacks ?? []).map(toCallback))
  let run: () => Promise<Logs>
  if (isBatchSource(x)) {
    const stream = new Stream('evaluate', x, trainer.fields(), true, steps ?? null, signal)
    run = () => evaluateBatches(trainer, () => stream.batches(0), callbacks, { signal }).finally(() => stream.close())
    attach(trainer, callbacks, stream.size)
  } else {
    if (y === undefined) throw new ArgumentError({ where: 'evaluate', what: 'targets', expected: 'data', got: y })
    const samples = Samples.check('evaluate', trainer.fields(), x, y, options)
    run = () => evaluateBatches(trainer, () => samples.batches(batchSize), callbacks, { signal, steps })
    attach(trainer, callbacks, steps ?? samples.steps(batchSize))
  }
  const logs = await run()
  throwIfAborted('evaluate', signal)
  if (verbose !== 0)
    console.log(
      Object.entries(logs)
        .map(([k, v]) => `${k}: ${v.toFixed(4)}`)
        .join(' - '),
    )
  return logs
}

/** Lets callbacks know what runs. */
export function attach(trainer: Trainer, callbacks: CallbackList, steps: number | null): void {
  for (const c of callbacks.callbacks) c.attach(trainer.model, { epochs: 1, initialEpoch: 0, steps, verbose: 0 })
}
export function throwIfAborted(where: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CancelledError({ where, what: 'cancelled by the AbortSignal', cause: signal.reason })
}
