// What losses do beyond the golden cases: saturated heads, masks, labels that are ignored or out of range, losses of overlap.
import { grad, input, losses, ops, type Value } from '@strata/api'
import type { Backend } from '@strata/api/backend'
import { cpu } from '@strata/backend-cpu'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FLOAT32 } from '../oracle/arithmetic.js'
import { type Feeds, runOn } from './check.js'

let backend: Backend
beforeAll(async () => {
  backend = await cpu()
})
afterAll(() => backend.dispose())

const leaf = (name: string, ...shape: number[]): Value => input(name, { shape, dtype: 'float32' })
const labels = (name: string, ...shape: number[]): Value => input(name, { shape, dtype: 'int32' })
const floats = (...x: number[]): Float32Array => Float32Array.from(x)
const run = (outputs: Record<string, Value>, feeds: Feeds): Promise<Record<string, Float32Array>> =>
  runOn(backend, outputs, feeds)

describe('a saturated head still learns', () => {
  test('behind a softmax', async () => {
    const x = leaf('x', 2, 3)
    const value = new losses.CategoricalCrossentropy().call(leaf('t', 2, 3), ops.softmax(x))
    const { loss, dx } = await run(
      { loss: value, dx: grad(value, [x])[0] },
      { x: floats(200, 0, -200, 0, 300, 0), t: floats(0, 0, 1, 0, 1, 0) },
    )
    // (200 - -200) / 2: the second sample is right.
    expect(loss[0]).toBe(200)
    expect([...dx]).toEqual([0.5, 0, -0.5, 0, 0, 0])
  })
  test('behind a sigmoid', async () => {
    const x = leaf('x', 4, 1)
    const value = new losses.BinaryCrossentropy().call(leaf('t', 4), ops.sigmoid(x))
    const { loss, dx } = await run(
      { loss: value, dx: grad(value, [x])[0] },
      { x: floats(200, -200, 0, 0), t: floats(0, 1, 0, 1) },
    )
    expect(Math.abs(loss[0] - (400 + 2 * Math.LN2) / 4)).toBeLessThan(8 * FLOAT32 * 100)
    expect([...dx]).toEqual([0.25, -0.25, 0.125, -0.125])
  })
  test('unlike one of bare probabilities, whose loss ends at 16.118', async () => {
    const p = leaf('p', 1, 2)
    const value = new losses.CategoricalCrossentropy().call(leaf('t', 1, 2), p)
    const { loss } = await run({ loss: value }, { p: floats(1, 0), t: floats(0, 1) })
    expect(loss[0]).toBeCloseTo(16.118, 3)
    const binary = new losses.BinaryCrossentropy().call(leaf('t', 1, 2), p)
    expect((await run({ loss: binary }, { p: floats(1, 0), t: floats(0, 1) })).loss[0]).toBeCloseTo(16.118, 3)
  })
})

describe('masks', () => {
  const y = leaf('y', 4, 1)
  const p = leaf('p', 4, 1)
  const feeds = { y: floats(0, 0, 0, 0), p: floats(1, 2, 3, 100), m: floats(1, 1, 0, 0), w: floats(2, 4, 8, 16) }
  test.each([
    ['sumOverBatchSize', null, (1 + 4) / 2],
    ['mean', null, (1 + 4) / 2],
    ['sum', null, 1 + 4],
    ['meanWithSampleWeight', null, (1 + 4) / 2],
    ['sumOverBatchSize', 'w', (2 * 1 + 4 * 4) / 2],
    ['sum', 'w', 2 * 1 + 4 * 4],
    ['meanWithSampleWeight', 'w', (2 * 1 + 4 * 4) / (2 + 4)],
  ] as const)('%s with weights %s is over what is valid', async (reduction, weight, expected) => {
    const loss = new losses.MeanSquaredError({ reduction })
    const value = loss.call(y, p, weight === null ? null : leaf('w', 4), leaf('m', 4))
    const { v, dp } = await run({ v: value, dp: grad(value, [p])[0] }, feeds)
    expect(v[0]).toBeCloseTo(expected, 6)
    expect([...dp.slice(2)]).toEqual([0, 0])
  })
  test('of nothing give 0, not NaN', async () => {
    const value = new losses.MeanSquaredError().call(y, p, null, leaf('m', 4))
    const { v, dp } = await run({ v: value, dp: grad(value, [p])[0] }, { ...feeds, m: floats(0, 0, 0, 0) })
    expect([v[0], ...dp]).toEqual([0, 0, 0, 0, 0])
  })
})

describe('labels', () => {
  test('as floats, and with other class axes, give what integers give', async () => {
    const x = leaf('x', 2, 3, 2)
    const last = new losses.SparseCategoricalCrossentropy({ fromLogits: true })
    const middle = new losses.SparseCategoricalCrossentropy({ fromLogits: true, axis: 1 })
    const { a, b, c } = await run(
      {
        a: last.call(labels('l', 2, 2), ops.transpose(x, [0, 2, 1])),
        b: middle.call(labels('l2', 2, 2), x),
        c: middle.call(leaf('f', 2, 1, 2), x),
      },
      {
        x: Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)),
        l: Int32Array.of(0, 2, 1, 1),
        l2: Int32Array.of(0, 2, 1, 1),
        f: floats(0, 2, 1, 1),
      },
    )
    expect(b[0]).toBe(a[0])
    expect(c[0]).toBe(a[0])
  })
  test('that are ignored have neither loss nor gradient, and do not count in the mean', async () => {
    const [x, l] = [leaf('x', 3, 2), labels('l', 3)]
    const loss = (ignoreClass: number | null, rows: number): Value =>
      new losses.SparseCategoricalCrossentropy({ fromLogits: true, ignoreClass }).call(
        ops.slice(l, [0], [rows]),
        ops.slice(x, [0, 0], [rows, 2]),
      )
    const all = loss(255, 3)
    const { some, valid, dx } = await run(
      { some: all, valid: loss(null, 2), dx: grad(all, [x])[0] },
      { x: floats(1, 2, 3, -1, 5, 5), l: Int32Array.of(0, 1, 255) },
    )
    expect(some[0]).toBeCloseTo(valid[0], 6)
    expect([...dx.slice(4)]).toEqual([0, 0])
  })
})

describe('overlap', () => {
  test('of equal masks costs nothing, of disjoint ones 1', async () => {
    const [t, p] = [leaf('t', 2, 2, 2, 1), leaf('p', 2, 2, 2, 1)]
    const axis = [1, 2, 3]
    const feeds = { t: floats(1, 1, 0, 0, 1, 1, 0, 0), p: floats(1, 1, 0, 0, 0, 0, 1, 1) }
    const { dice, tversky } = await run(
      {
        dice: new losses.Dice({ axis, reduction: 'none' }).call(t, p),
        tversky: new losses.Tversky({ axis, alpha: 0.3, beta: 0.7, reduction: 'none' }).call(t, p),
      },
      feeds,
    )
    // 1e-7 in the divisors.
    expect(dice[0]).toBeLessThan(1e-7)
    expect(tversky[0]).toBeLessThan(1e-7)
    expect([dice[1], tversky[1]]).toEqual([1, 1])
  })
  test('of Tversky with both weights 1/2 is that of Dice', async () => {
    const [t, p] = [leaf('t', 1, 4), leaf('p', 1, 4)]
    const { dice, tversky } = await run(
      { dice: new losses.Dice().call(t, p), tversky: new losses.Tversky().call(t, p) },
      { t: floats(1, 0, 1, 0), p: floats(0.5, 0.25, 0.75, 0) },
    )
    expect(dice[0]).toBeCloseTo(1 - (2 * 1.25) / 3.5, 6)
    expect(tversky[0]).toBeCloseTo(dice[0], 6)
  })
})

test('hinges take labels 0 and 1 for -1 and 1, but leave other labels alone', async () => {
  const [t, p] = [leaf('t', 1, 3), leaf('p', 1, 3)]
  const outputs = { hinge: new losses.Hinge().call(t, p) }
  const prediction = floats(0.5, -0.5, 2)
  const at = async (...target: number[]): Promise<number> =>
    (await run(outputs, { t: floats(...target), p: prediction })).hinge[0]
  expect(await at(1, 0, 1)).toBe(await at(1, -1, 1))
  expect(await at(1, -1, 0)).toBeCloseTo((0.5 + 0.5 + 1) / 3, 6)
})

test('the cosine of a vector of zeros is 0, and so is its gradient', async () => {
  const p = leaf('p', 2, 2)
  const value = new losses.CosineSimilarity().call(leaf('t', 2, 2), p)
  const { v, dp } = await run({ v: value, dp: grad(value, [p])[0] }, { t: floats(0, 0, 3, 4), p: floats(1, 2, 0, 0) })
  expect(v[0]).toBeCloseTo(0, 12)
  expect([...dp].every(Number.isFinite)).toBe(true)
  expect([...dp.slice(0, 2)].map(Math.abs)).toEqual([0, 0])
})
