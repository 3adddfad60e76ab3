// The trajectory tier: twenty steps of training, within an envelope of the float64 run. The envelope is measured: float64 runs
// that are perturbed at every step by as much as float32 rounds (see Float64Backend).
import { hostTensor, Philox } from '@strata/api'
import type { Backend } from '@strata/api/backend'
import { deviation, type Envelope } from '../golden/trajectory-envelope.js'
import { Float64Backend, type Trajectory } from '../golden/trajectory-run.js'
import { FLOAT32 } from '../oracle/arithmetic.js'
import { ReferenceBackend } from '../oracle/reference.js'
import { type Failure, guarded, type TierResult } from '../tiers/result.js'
import { batchOf, initialWeight, type WholeModel } from './models.js'

const STEPS = 20
/** Batches go round. */
const BATCHES = 4
const PERTURBED_RUNS = 4
/**
 * A backend may be this many times as far from float64 as the furthest of the perturbed runs. The largest of four deviations
 * that are normally distributed is 1.03 standard deviations on average: this allows for about four of them.
 */
const MARGIN = 4

/** Trains the model from weights and batches of the seed. */
export async function trainOn(backend: Backend, m: WholeModel, seed: number): Promise<Trajectory> {
  const random = new Philox(seed)
  const model = m.build()
  const optimizer = m.optimizer()
  model.compile({ backend, optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'], seed })
  for (const v of model.weights) v.write(initialWeight(v, random))
  const batches = Array.from({ length: BATCHES }, () => {
    const { x, y } = batchOf(m, random)
    return { x: hostTensor(x, [m.batch, ...m.inputShape]), y: hostTensor(y, [m.batch, m.classes]) }
  })
  const predict = async (): Promise<Float32Array> => (await model.predictOnBatch(batches[0].x)).data as Float32Array
  const predictBefore = await predict()
  const [loss, accuracy]: [number[], number[]] = [[], []]
  for (let step = 0; step < STEPS; step++) {
    if (backend instanceof Float64Backend) {
      // The optimizer's scalars stay float64.
      backend.scalars = new Map(Object.values(optimizer.scalars(step)).map(v => [Math.fround(v), v]))
    }
    const { x, y } = batches[step % BATCHES]
    const logs = await model.trainOnBatch(x, y)
    loss.push(logs.loss)
    accuracy.push(logs.accuracy)
  }
  const predictAfter = await predict()
  const finalWeights = new Map<string, Float64Array | Float32Array>()
  for (const v of model.weights) {
    const buffer = v.buffer(backend)
    const exact = backend instanceof ReferenceBackend
    finalWeights.set(v.path, exact ? (await backend.readExact(buffer)).value : await backend.read(buffer))
  }
  await model.dispose()
  return { loss, accuracy, predictBefore, predictAfter, gradients: new Map(), finalWeights }
}

/** The largest of several envelopes. */
function widest(all: readonly Envelope[]): Envelope {
  const most = (pick: (e: Envelope) => number): number => Math.max(...all.map(pick))
  const names = Object.keys(all[0].finalWeights)
  return {
    loss: all[0].loss.map((_, i) => most(e => e.loss[i])),
    accuracy: all[0].accuracy.map((_, i) => most(e => e.accuracy[i])),
    predictBefore: most(e => e.predictBefore),
    predictAfter: most(e => e.predictAfter),
    gradients: {},
    finalWeights: Object.fromEntries(names.map(n => [n, most(e => e.finalWeights[n])])),
  }
}

const size = (v: ArrayLike<number>): number => Array.from(v).reduce((m, x) => Math.max(m, Math.abs(x)), 0)

/** Deviations, what they may be, and what they are of. */
function* limits(
  got: Envelope,
  envelope: Envelope,
  want: Trajectory,
): Generator<[what: string, got: number, limit: number]> {
  // Two roundings of the number itself: the perturbed runs' results are float64.
  const limit = (e: number, scale: number): number => MARGIN * e + 2 * FLOAT32 * scale
  for (const [i, d] of got.loss.entries()) {
    yield [`loss of step ${i}`, d, limit(envelope.loss[i], want.loss[i])]
    // A prediction that rounding may turn is counted or not.
    yield [`accuracy of step ${i}`, got.accuracy[i], limit(envelope.accuracy[i], 1)]
  }
  yield ['predictions before', got.predictBefore, limit(envelope.predictBefore, 1)]
  yield ['predictions after', got.predictAfter, limit(envelope.predictAfter, 1)]
  for (const [name, v] of want.finalWeights) {
    yield [`final ${name}`, got.finalWeights[name], limit(envelope.finalWeights[name], size(v))]
  }
}

export const trajectoryTier = (backend: Backend, m: WholeModel, seed: number): Promise<TierResult> =>
  guarded({ tier: 'trajectory', kernel: 'graph', case: m.name, seed }, async () => {
    const exact = new Float64Backend()
    const want = await trainOn(exact, m, seed)
    const envelopes: Envelope[] = []
    for (let run = 0; run < PERTURBED_RUNS; run++) {
      envelopes.push(deviation(await trainOn(new Float64Backend(new Philox(1000 + run)), m, seed), want))
    }
    const got = deviation(await trainOn(backend, m, seed), want)
    let worst = 0
    let elements = 0
    let failure: Failure | undefined
    for (const [output, d, bound] of limits(got, widest(envelopes), want)) {
      elements++
      const ratio = d === 0 ? 0 : d / bound
      // Also where either is no number.
      if (!(ratio <= 1)) failure ??= { what: `beyond the envelope: ${output}`, got: d, want: 0, bound }
      worst = Math.max(worst, ratio)
    }
    return { elements, worst, failure }
  })
