// predict: the outputs for data.
import { CallbackList } from '../callbacks/callback-list.js'
import { toCallback } from '../callbacks/lambda-callback.js'
import type { HostTensor } from '../data/host-tensor.js'
import { type Batch, findNonFinite, Samples } from './batches.js'
import { breather } from './breathe.js'
import { attach, throwIfAborted } from './evaluate.js'
import { type BatchSource, checkPredictOptions, type PredictOptions } from './options.js'
import { isBatchSource, Stream } from './source.js'
import type { TensorInput } from './tensors.js'
import type { Trainer } from './trainer.js'
import { warn } from './warn.js'

type Part = { readonly spec: { readonly shape: readonly number[] }; readonly data: Float32Array | Int32Array }

/** One tensor per output. */
export async function predictModel(
  trainer: Trainer,
  x: TensorInput | BatchSource,
  options: PredictOptions,
): Promise<HostTensor[]> {
  checkPredictOptions(options)
  const { batchSize = 32, steps, signal } = options
  const callbacks = new CallbackList((options.callbacks ?? []).map(toCallback))
  if (isBatchSource(x)) {
    const stream = new Stream('predict', x, trainer.fields(), false, steps ?? null, signal)
    attach(trainer, callbacks, stream.size)
    return run(trainer, stream.batches(0), callbacks, options).finally(() => stream.close())
  }
  const samples = Samples.check('predict', trainer.fields(), x, undefined)
  attach(trainer, callbacks, steps ?? samples.steps(batchSize))
  return run(trainer, samples.batches(batchSize), callbacks, options)
}

async function run(
  trainer: Trainer,
  batches: AsyncIterable<Batch> | Iterable<Batch>,
  callbacks: CallbackList,
  { signal, steps }: PredictOptions,
): Promise<HostTensor[]> {
  const breathe = breather()
  const parts: (readonly Part[])[] = []
  await callbacks.run('onPredictBegin', {})
  for await (const batch of batches) {
    throwIfAborted('predict', signal)
    const n = parts.length
    await callbacks.numbered('onPredictBatchBegin', n, {})
    const bad = findNonFinite(batch, trainer.model.inputNames)
    if (bad !== null) warn(`predict: batch ${n} has ${bad.value} at element ${bad.element} of input '${bad.name}'`)
    parts.push(await trainer.predict(batch))
    await callbacks.numbered('onPredictBatchEnd', n, {})
    if (parts.length === steps) break
    await breathe()
  }
  throwIfAborted('predict', signal)
  await callbacks.run('onPredictEnd', {})
  return parts[0].map((_, k) => join(parts.map(p => p[k])))
}

/** Puts the batches of an output together. */
export function join(parts: readonly Part[]): HostTensor {
  const [first] = parts
  const rows = parts.reduce((n, p) => n + p.spec.shape[0], 0)
  const size = parts.reduce((n, p) => n + p.data.length, 0)
  const data = first.data instanceof Int32Array ? new Int32Array(size) : new Float32Array(size)
  let at = 0
  for (const p of parts) {
    data.set(p.data, at)
    at += p.data.length
  }
  return { shape: [rows, ...first.spec.shape.slice(1)], data }
}
