// One whole training step, fused and unfused, against the oracle: loss, prediction, gradients and all new states.
import { evaluate, input, Philox, Trace, type Value } from '@strata/api'
import { type Backend, f32 } from '@strata/api/backend'
import type { HostData } from '../cases/data.js'
import { lower } from '../oracle/lower.js'
import { reference } from '../oracle/reference.js'
import { type Comparison, compareAll, joinComparisons } from '../tiers/compare.js'
import { executeExactly } from '../tiers/execute.js'
import { guarded, type TierResult } from '../tiers/result.js'
import { verify } from '../verify.js'
import { batchOf, initialWeight, type WholeModel } from './models.js'
import { nameOf, type StepGraph, trainingStep } from './training-step.js'

export interface StepComparison extends Comparison {
  /** Number of elements whose bound is finite: the others hang on a comparison that rounding decides. */
  readonly checked: number
}

/** The feeds that results need. */
function feedsOf(results: Readonly<Record<string, Value>>, g: StepGraph): Record<string, HostData> {
  const { bind } = lower(results)
  return Object.fromEntries(Object.entries(g.feeds).filter(([name]) => name in bind))
}

/** Compares a training step. @throws Error at the first element beyond its bound */
export async function compareStep(backend: Backend, g: StepGraph, text: string): Promise<StepComparison> {
  const news = Object.fromEntries(g.updates.map(u => [`new ${nameOf(u.target)}`, u.value]))
  const results = { ...g.outputs, ...news }
  const want = await executeExactly(reference({ numerics: backend.numerics }), lower(results), feedsOf(results, g))
  const done: Comparison[] = []
  let checked = 0
  for (const fuse of [true, false]) {
    const got = Object.fromEntries(
      Object.entries(await evaluate(backend, g, g.feeds, { fuse })).map(([name, data]) => [
        name in g.outputs ? name : `new ${name}`,
        data,
      ]),
    )
    const c = compareAll(got, want, backend.numerics)
    if (c.failure !== undefined) {
      const { what, output, index, got, want, bound } = c.failure
      const plan = fuse ? 'fused' : 'unfused'
      throw new Error(`${plan} ${text}: ${what} at ${output}[${index}]: got ${got}, want ${want} +- ${bound}`)
    }
    done.push(c)
    for (const name of Object.keys(got)) checked += want[name].bound.filter(Number.isFinite).length
  }
  return { ...joinComparisons(done), checked }
}

/**
 * A whole model: its prediction in inference end to end, its training step end to end as far as bounds reach (statistics of
 * batches and signs that rounding decides end them), and each step of the training step by itself.
 */
export const stepTier = (backend: Backend, m: WholeModel, seed: number): Promise<TierResult> =>
  guarded({ tier: 'model', kernel: 'graph', case: m.name, seed }, async () => {
    const rng = new Philox(seed)
    const model = m.build()
    const ctx = new Trace(true, seed)
    const x = input('x', f32([m.batch, ...m.inputShape]))
    const [prediction] = model.network.run([x], ctx)
    const still = new Trace(false, seed)
    const initial = new Map(model.weights.map(v => [v, initialWeight(v, rng)]))
    const g = trainingStep({
      x,
      prediction,
      ctx,
      loss: 'categoricalCrossentropy',
      optimizer: m.optimizer(),
      rng,
      data: batchOf(m, rng),
      initial: v => initial.get(v) ?? new Float32Array(v.size).fill(0.25),
    })
    const { elements, worst, histogram } = await compareStep(backend, g, 'training step')
    const inference = { prediction: model.network.run([x], still)[0] }
    const want = await executeExactly(
      reference({ numerics: backend.numerics }),
      lower(inference),
      feedsOf(inference, g),
    )
    if (!want.prediction.bound.every(Number.isFinite)) throw new RangeError('the prediction has no finite bound')
    const predicted = compareAll(await evaluate(backend, { outputs: inference }, g.feeds), want, backend.numerics)
    const checking = verify(backend)
    await evaluate(checking, g, g.feeds)
    await checking.sync()
    return joinComparisons([{ elements, worst, histogram }, predicted])
  })
