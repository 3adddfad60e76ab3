// What metrics do beyond the golden cases: ties, NaN, labels with curves of their own, weights of several ranks.
import { input, metrics, Trace, type Value } from '@strata/api'
import type { Backend } from '@strata/api/backend'
import { cpu } from '@strata/backend-cpu'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runOn } from './check.js'

let backend: Backend
beforeAll(async () => {
  backend = await cpu()
})
afterAll(() => backend.dispose())

interface Data {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}
const tensor = (shape: readonly number[], data: readonly number[]): Data => ({ shape, data })

/** Updates a metric with one batch after another and gives its result. */
async function measure(
  metric: metrics.Metric,
  ...batches: readonly (readonly [yTrue: Data, yPred: Data, weight?: Data])[]
): Promise<number | readonly number[]> {
  for (const batch of batches) {
    const trace = new Trace(false)
    const feeds: Record<string, Float32Array> = {}
    const [t, p, w] = batch.map((d, i): Value | undefined => {
      if (d === undefined) return undefined
      feeds[`in${i}`] = Float32Array.from(d.data)
      return input(`in${i}`, { shape: d.shape, dtype: 'float32' })
    })
    metric.updateOn(trace, t!, p!, w ?? null)
    for (const v of trace.leaves.keys()) feeds[Trace.bindingOf(v)] = await v.read()
    const updates = [...trace.updates]
    const results = await runOn(backend, Object.fromEntries(updates.map(([, u], i) => [`out${i}`, u])), feeds)
    updates.forEach(([v], i) => {
      v.write(results[`out${i}`])
    })
  }
  return metric.read()
}

const TARGETS = tensor([6, 2], [1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 1])
const SCORES = tensor([6, 2], [0.9, 0.2, 0.3, 0.8, 0.6, 0.4, 0.7, 0.5, 0.2, 0.1, 0.1, 0.3])
const column = (d: Data, j: number): Data =>
  tensor(
    [d.shape[0]],
    d.data.filter((_, i) => i % d.shape[1] === j),
  )
const WEIGHTS = tensor([6], [1, 2, 0, 1, 3, 0.5])

describe('AUC of several labels', () => {
  const one = async (j: number, more: object = {}, weight?: Data): Promise<number> =>
    (await measure(new metrics.AUC(more), [column(TARGETS, j), column(SCORES, j), weight])) as number
  test.each([{}, { curve: 'PR' }, { curve: 'PRGAIN' }, { summationMethod: 'minoring' }] as const)(
    '%j is the mean of those of each',
    async more => {
      const both = await measure(new metrics.AUC({ ...more, multiLabel: true }), [TARGETS, SCORES])
      expect(both).toBeCloseTo(((await one(0, more)) + (await one(1, more))) / 2, 14)
    },
  )
  test('weighs labels and samples', async () => {
    const both = new metrics.AUC({ multiLabel: true, labelWeights: [3, 1] })
    const want = (3 * (await one(0, {}, WEIGHTS)) + (await one(1, {}, WEIGHTS))) / 4
    expect(await measure(both, [TARGETS, SCORES, WEIGHTS])).toBeCloseTo(want, 14)
  })
  test('without labels of their own pools them, by weight', async () => {
    const pooled = await measure(new metrics.AUC({ labelWeights: [1, 0] }), [TARGETS, SCORES])
    expect(pooled).toBeCloseTo(await one(0), 14)
  })
  test('of logits is that of their probabilities', async () => {
    const logits = tensor(
      [6, 2],
      SCORES.data.map(p => Math.log(p / (1 - p))),
    )
    const options = { thresholds: [0.25, 0.55, 0.75] }
    const want = await measure(new metrics.AUC(options), [TARGETS, SCORES])
    expect(await measure(new metrics.AUC({ ...options, fromLogits: true }), [TARGETS, logits])).toBe(want)
  })
})

describe('ties and NaN', () => {
  test('the first of equal predictions are the k largest', async () => {
    const scores = tensor([3, 3], [1, 1, 1, 1, 1, 1, 1, 1, 1])
    const eye = tensor([3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1])
    expect(await measure(new metrics.Recall({ topK: 2 }), [eye, scores])).toBeCloseTo(2 / 3, 15)
    // But an equal prediction pushes none out of the k largest.
    expect(await measure(new metrics.TopKCategoricalAccuracy({ k: 1 }), [eye, scores])).toBe(1)
  })
  test('a NaN prediction of the label is no hit, nor is a label out of range', async () => {
    const scores = tensor([2, 3], [Number.NaN, 1, 2, 3, 2, 1])
    const top = new metrics.SparseTopKCategoricalAccuracy({ k: 2 })
    expect(await measure(top, [tensor([2], [0, 7]), scores])).toBe(0)
  })
})

describe('sample weights', () => {
  test('of each position count by position', async () => {
    const t = tensor([2, 2], [0, 1, 1, 0])
    const p = tensor([2, 2, 2], [0.9, 0.1, 0.8, 0.2, 0.3, 0.7, 0.4, 0.6])
    const w = tensor([2, 2], [1, 2, 4, 8])
    // Right: positions 0 and 2. Weighted by sample: ((1 + 0)/2 + (4 + 0)/2) / (3/2 + 12/2).
    const accuracy = new metrics.SparseCategoricalAccuracy()
    expect(await measure(accuracy, [t, p, w])).toBeCloseTo(5 / 15, 6)
  })
  test('of each sample hold for all of its outputs', async () => {
    const hits = new metrics.TruePositives()
    const weighted = TARGETS.data.reduce(
      (s, y, i) => s + (y !== 0 && SCORES.data[i] > 0.5 ? WEIGHTS.data[Math.floor(i / 2)] : 0),
      0,
    )
    expect(await measure(hits, [TARGETS, SCORES, WEIGHTS])).toBe(weighted)
  })
})

test('F scores take the largest prediction of each row without a threshold', async () => {
  const p = tensor([3, 2], [0.4, 0.3, 0.1, 0.2, 0, 0])
  const t = tensor([3, 2], [1, 0, 0, 1, 0, 1])
  // The last row has no prediction that is not 0.
  const [a, b] = (await measure(new metrics.F1Score(), [t, p])) as readonly number[]
  expect(a).toBeCloseTo(1, 6)
  expect(b).toBeCloseTo(2 / 3, 6)
  expect(await measure(new metrics.F1Score({ average: 'micro' }), [t, p])).toBeCloseTo(0.8, 6)
})

test('R2 weighs samples', async () => {
  const y = tensor([4, 1], [1, 2, 3, 9])
  const p = tensor([4, 1], [1, 2, 4, 0])
  const w = tensor([4], [1, 1, 1, 0])
  expect(await measure(new metrics.R2Score(), [y, p, w])).toBeCloseTo(0.5, 6)
})

test('counts are exact to 2^24', async () => {
  const mean = new metrics.Accuracy()
  mean.ensureBuilt([1], [1])
  for (const v of mean.variables) v.write([2 ** 24 - 1])
  expect(await measure(mean, [tensor([1], [1]), tensor([1], [1])])).toBe(1)
  expect((await mean.variables[1].read())[0]).toBe(2 ** 24)
})
