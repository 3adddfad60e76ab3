// fit: the training loop.
import type { CallbackParams } from '../callbacks/callback.js'
import { CallbackList } from '../callbacks/callback-list.js'
import { EpochLines } from '../callbacks/epoch-lines.js'
import { History } from '../callbacks/history.js'
import { toCallback } from '../callbacks/lambda-callback.js'
import { ArgumentError, CancelledError } from '../errors.js'
import { Philox } from '../random/generator.js'
import { streamOf } from '../random/philox.js'
import type { Batch } from './batches.js'
import { Samples } from './batches.js'
import { TrainingCancelledError } from './cancelled.js'
import { evaluateBatches, validationOf } from './evaluate.js'
import { runEpoch } from './loop.js'
import { type BatchSource, checkFitOptions, type FitOptions } from './options.js'
import { isBatchSource, Stream } from './source.js'
import type { TensorInput } from './tensors.js'
import type { Trainer } from './trainer.js'

/** The order of the samples in an epoch. */
const orderOf = (seed: number, epoch: number, n: number): Uint32Array =>
  new Philox(seed, streamOf('fit.shuffle'), epoch).permutation(n)

/** Batches of each epoch. */
interface Feed {
  readonly steps: number | null
  batches(epoch: number): AsyncIterable<Batch> | Iterable<Batch>
  close(): Promise<void>
}

export async function fitModel(
  trainer: Trainer,
  x: TensorInput | BatchSource,
  y: TensorInput | undefined,
  options: FitOptions,
): Promise<History> {
  checkFitOptions(options)
  trainer.checkTrainable('fit')
  const { epochs = 1, initialEpoch = 0, verbose = 0, signal } = options
  const { feed, validation } = feeds(trainer, x, y, options)
  await trainer.refresh()
  const history = new History()
  const lines = verbose === 0 ? [] : [new EpochLines()]
  const callbacks = new CallbackList([...(options.callbacks ?? []).map(toCallback), ...lines, history])
  const params: CallbackParams = { epochs, initialEpoch, steps: feed.steps, verbose }
  const { model } = trainer
  for (const c of callbacks.callbacks) c.attach(model, params)
  model.stopTraining = false
  let epoch = initialEpoch
  const cancelled = (): never => {
    throw new TrainingCancelledError(history, epoch, signal?.reason)
  }
  let begun = false
  try {
    if (signal?.aborted) cancelled()
    begun = true
    await callbacks.run('onTrainBegin', {})
    for (; epoch < epochs && !model.stopTraining; epoch++) {
      await callbacks.numbered('onEpochBegin', epoch, {})
      const { logs } = await runEpoch(trainer, 'train', feed.batches(epoch), callbacks, {
        where: 'fit',
        signal,
        // Array data are the same in every epoch.
        checkData: isBatchSource(x) || epoch === initialEpoch,
        steps: options.stepsPerEpoch,
        stopped: () => model.stopTraining,
      })
      if (signal?.aborted) cancelled()
      await trainer.interrupted(async () => {
        if (validation !== null && isDue(options.validationFreq, epoch)) {
          for (const [key, value] of Object.entries(await validation(callbacks))) logs[`val_${key}`] = value
          if (signal?.aborted) cancelled()
        }
        trainer.epoch = epoch + 1
        await callbacks.numbered('onEpochEnd', epoch, logs)
      })
    }
  } catch (error) {
    // A data set that was waiting when the signal came says so itself.
    if (error instanceof CancelledError && !(error instanceof TrainingCancelledError) && signal?.aborted) cancelled()
    throw error
  } finally {
    await feed.close()
    if (begun) await callbacks.run('onTrainEnd', lastLogs(history))
  }
  await trainer.optimizer.finalize([...new Set(model.trainableWeights)])
  return history
}

/** Validation's frequency: every n-th epoch, or the listed ones, counted from 1. */
function isDue(freq: FitOptions['validationFreq'], epoch: number): boolean {
  if (freq === undefined) return true
  return typeof freq === 'number' ? (epoch + 1) % freq === 0 : freq.includes(epoch + 1)
}

function lastLogs(history: History): Record<string, number> {
  return Object.fromEntries(Object.entries(history.history).map(([k, v]) => [k, v[v.length - 1]]))
}

/** Checks the data and brings them into batches. Every complaint about data comes before the first step. */
function feeds(
  trainer: Trainer,
  x: TensorInput | BatchSource,
  y: TensorInput | undefined,
  options: FitOptions,
): { feed: Feed; validation: ReturnType<typeof validationOf> | null } {
  const { batchSize = 32, validationSplit = 0, shuffle = true, stepsPerEpoch = null, signal } = options
  const fields = trainer.fields()
  const given = options.validationData
  const validation = given === undefined ? null : validationOf(trainer, given, options)
  if (isBatchSource(x)) {
    for (const key of ['validationSplit', 'sampleWeight', 'classWeight', 'batchSize', 'shuffle'] as const) {
      if (options[key] !== undefined) {
        throw new ArgumentError({
          where: 'fit',
          what: `${key} with a data set`,
          expected: 'array data',
          got: options[key],
        })
      }
    }
    const stream = new Stream('fit', x, fields, true, stepsPerEpoch, signal)
    return { feed: { steps: stream.size, batches: e => stream.batches(e), close: () => stream.close() }, validation }
  }
  if (y === undefined) throw new ArgumentError({ where: 'fit', what: 'targets', expected: 'data', got: y })
  const all = Samples.check('fit', fields, x, y, options)
  let train = all
  let split = validation
  if (validationSplit > 0) {
    const at = Math.floor(all.size * (1 - validationSplit))
    if (at === 0 || at === all.size) {
      throw new ArgumentError({
        where: 'fit',
        what: `validationSplit of ${all.size} samples`,
        expected: 'at least one sample on each side',
        got: validationSplit,
      })
    }
    train = all.slice(0, at)
    const held = all.slice(at, all.size)
    const size = options.validationBatchSize ?? batchSize
    split = callbacks =>
      evaluateBatches(trainer, () => held.batches(size), callbacks, { signal, steps: options.validationSteps })
  }
  const available = train.steps(batchSize)
  if (stepsPerEpoch !== null && stepsPerEpoch > available) {
    throw new ArgumentError({
      where: 'fit',
      what: 'stepsPerEpoch',
      expected: `at most ${available} (${train.size} samples)`,
      got: stepsPerEpoch,
    })
  }
  return {
    feed: {
      steps: stepsPerEpoch ?? available,
      batches: epoch => train.batches(batchSize, shuffle ? orderOf(trainer.seed, epoch, train.size) : null),
      close: async () => {},
    },
    validation: split,
  }
}
