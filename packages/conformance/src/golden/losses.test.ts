// Every loss case of the golden data: value, gradient with respect to the prediction, and loss of each sample.
import { grad, losses, type Value } from '@strata/api'
import type { Backend } from '@strata/api/backend'
import { cpu } from '@strata/backend-cpu'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LossCase, loadGolden } from '../golden-files.js'
import { type Feeds, leafOf, misses } from './check.js'
import { fromKeras } from './keras.js'

type GoldenData = Parameters<typeof leafOf>[1]
const golden = loadGolden('losses')
const floats = (key: string): Float32Array => golden.tensor(key).data as Float32Array

/** Gradients that are a convention, where Strata's differs from JAX's: what the golden gradient becomes, and why. */
const TIES: Readonly<Record<string, { why: string; gradient: (golden: number, prediction: number) => number }>> = {
  kldivergence_007: {
    why: 'the gradient of clip at its bounds is 1 (JAX: 1/2)',
    gradient: (g, p) => (p === 1 ? 2 * g : g),
  },
  meanabsoluteerror_009: { why: "abs'(0) is 0 (JAX: 1)", gradient: () => 0 },
  huber_021: { why: 'both sides of delta have the slope delta', gradient: g => g },
}

/**
 * The gradient of a maximum compares it with what it is the maximum of: intervals do not know that these are the same number.
 * The gradient itself is (y - 1) or y times a weight over a count, or 0: fewer than eight roundings.
 */
const roundingsOf = (c: LossCase): Record<string, number> => (c.layer === 'CategoricalHinge' ? { gradient: 8 } : {})

async function check(c: LossCase, backend: Backend | null): Promise<string[]> {
  const [t, p] = c.inputs.map(k => golden.tensor(k))
  const feeds: Record<string, Feeds[string]> = { t: t.data as Float32Array, p: p.data as Float32Array }
  const leaf = (name: string, key: string): Value => {
    feeds[name] = floats(key)
    return leafOf(name, golden.tensor(key) as GoldenData)
  }
  const yTrue = leafOf('t', t as GoldenData)
  const yPred = leafOf('p', p as GoldenData)
  const config = fromKeras(c.config)
  const make = (more: object): losses.Loss =>
    losses.getLoss({ className: c.layer, config: { ...config, ...more } as never })
  const weight = c.sample_weight === undefined ? null : leaf('w', c.sample_weight)
  const value = make({}).call(yTrue, yPred, weight)
  const upstream = c.upstream === undefined ? undefined : leaf('dy', c.upstream)
  const tie = TIES[c.id]
  const gradient = golden.tensor(c.expected.grad_pred).data as Float64Array
  return misses(
    {
      value,
      gradient: grad(value, [yPred], upstream)[0],
      perSample: make({ reduction: 'none' }).call(yTrue, yPred),
    },
    feeds,
    {
      value: golden.tensor(c.expected.value).data as Float64Array,
      gradient: tie === undefined ? gradient : gradient.map((g, i) => tie.gradient(g, (p.data as Float32Array)[i])),
      perSample: golden.tensor(c.expected.per_sample).data as Float64Array,
    },
    backend,
    roundingsOf(c),
  )
}

let backend: Backend
beforeAll(async () => {
  backend = await cpu()
})
afterAll(() => backend.dispose())

test('all cases are here, and every tie has its convention', () => {
  expect(golden.cases.length).toBe(209)
  expect(
    golden.cases
      .filter(c => c.tie)
      .map(c => c.id)
      .sort(),
  ).toEqual(Object.keys(TIES).sort())
})
describe('oracle', () => {
  test.each(golden.cases)('$id', async c => {
    expect(await check(c, null)).toEqual([])
  })
})
describe('cpu', () => {
  test.each(golden.cases)('$id', async c => {
    expect(await check(c, backend)).toEqual([])
  })
})
