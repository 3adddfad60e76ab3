// The oracle against simple formulas: values, and bounds that are neither broken nor idle.
import { expr as E, input, ops, type Value } from '@strata/api'
import { BackendError, BindingError, f32, StateError } from '@strata/api/backend'
import { describe, expect, test } from 'vitest'
import { executeExactly } from '../tiers/execute.js'
import { Arithmetic, FLOAT32, FLOAT64, IEEE } from './arithmetic.js'
import { philox } from './kernels/random.js'
import { lower, stepOf, stepPlan } from './lower.js'
import { type Exact, reference } from './reference.js'
import { erf, roundHalfEven, sigmoid } from './special.js'

/** Runs f on float64 inputs. */
async function run(f: (x: Value) => Value, x: readonly number[], bound?: readonly number[]): Promise<Exact> {
  const v = input('x', f32([x.length]))
  const plan = lower({ y: f(v) })
  if (bound === undefined) return (await executeExactly(reference(), plan, { x: Float64Array.from(x) })).y
  const oracle = reference()
  const [a, b] = [
    oracle.alloc(4 * x.length),
    oracle.alloc(4 * plan.tensors[plan.bind.y].spec.shape.reduce((n, d) => n * d, 1)),
  ]
  oracle.writeExact(a, Float64Array.from(x), Float64Array.from(bound))
  const executable = await oracle.load(plan)
  executable.run({ x: a, y: b })
  return oracle.readExact(b)
}
const u = FLOAT32

describe('special functions', () => {
  test('erf has the values of Abramowitz and Stegun, table 7.1', () => {
    expect(erf(0)).toBe(0)
    expect(erf(0.5)).toBeCloseTo(0.5204998778130465, 15)
    expect(erf(1)).toBeCloseTo(0.8427007929497149, 15)
    expect(erf(2)).toBeCloseTo(0.9953222650189527, 15)
    expect(erf(-3)).toBeCloseTo(-0.9999779095030014, 15)
    expect(erf(7)).toBe(1)
    expect(erf(Number.NaN)).toBeNaN()
  })
  test('sigmoid does not overflow', () => {
    expect(sigmoid(0)).toBe(0.5)
    expect(sigmoid(-1000)).toBe(0)
    expect(sigmoid(1000)).toBe(1)
    expect(sigmoid(-3) + sigmoid(3)).toBeCloseTo(1, 15)
  })
  test('halves round to even', () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 2.4, 2.6].map(roundHalfEven)).toEqual([0, 2, 2, -0, -2, 2, 3])
  })
  test('Philox has the known answers of Random123', () => {
    const ones = 0xffffffffn
    expect(philox([0n, 0n, 0n, 0n], [0n, 0n])).toEqual([0x6627e8d5n, 0xe169c58dn, 0xbc57ac4cn, 0x9b00dbd8n])
    expect(philox([ones, ones, ones, ones], [ones, ones])).toEqual([0x408f276dn, 0x41c83b0en, 0xa20bc7c6n, 0x6d5451fdn])
  })
})

describe('bounds', () => {
  test('a rounded operation errs by u |y|, an exact one not at all', async () => {
    const { value, bound } = await run(x => ops.add(x, 1), [1, 2 ** -30, 0.25])
    expect([...value]).toEqual([2, 1 + 2 ** -30, 1.25])
    expect([...bound]).toEqual([0, u * (1 + 2 ** -30), 0])
  })
  test('errors of operands go through a product', async () => {
    const { bound } = await run(x => ops.mul(x, 3), [5], [0.125])
    expect(bound[0]).toBe(3 * 0.125 + u * 15)
  })
  test('a built-in function errs by its ulps and by what it makes of its operand', async () => {
    const { bound } = await run(ops.exp, [1], [1e-3])
    expect(bound[0]).toBeCloseTo(Math.E * Math.expm1(1e-3) + 2 * u * IEEE.ulp.exp * Math.E, 12)
  })
  test('float32 arithmetic stays within, and gets near, the bound of a sum', async () => {
    const n = 1000
    const x = Float32Array.from({ length: n }, (_, i) => Math.fround(1 / (i + 1)))
    let sum = 0
    for (const v of x) sum = Math.fround(sum + v)
    const { value, bound } = await run(v => ops.sum(v), [...x])
    expect(Math.abs(sum - value[0])).toBeLessThanOrEqual(bound[0])
    expect(bound[0]).toBeCloseTo(u * (4 * Math.sqrt(n) * value[0] + 2 * value[0]), 18)
  })
  test('integers add up exactly', async () => {
    expect((await run(v => ops.sum(v), [2 ** 23, 2 ** 22, -3])).bound[0]).toBe(0)
    expect((await run(v => ops.sum(v), [2 ** 24, 1, 1])).bound[0]).toBeGreaterThan(0)
  })
  test('a doubtful comparison may go either way', async () => {
    const step = (x: Value): Value => ops.elementwise([x], v => E.select(E.gt(v, 0), 5, -1))
    const { value, bound } = await run(step, [0.5, 1e-3, 2], [0.1, 1e-2, 0])
    expect([...value]).toEqual([5, 5, 5])
    expect([...bound]).toEqual([0, 6, 0])
  })
  test('relu is exactly 0 where its operand is certainly negative', async () => {
    expect([...(await run(ops.relu, [-1, 1e-3, 2], [0.5, 0.5, 0.5])).bound]).toEqual([0, 0.5, 0.5])
  })
  test('a maximum is as certain as its candidates', async () => {
    const { value, bound } = await run(x => ops.reduceMax(x), [3, 2.9, 1], [0, 0.5, 0.5])
    expect(value[0]).toBe(3)
    expect(bound[0]).toBeCloseTo(0.4, 15)
  })
  test('argmax may be any index that may be the maximum', async () => {
    const { value, bound } = await run(x => ops.argmax(x, 0), [1, 3, 0, 2.9], [0, 0, 0, 0.2])
    expect([value[0], bound[0]]).toEqual([1, 2])
  })
  test('division by what may be 0 is unbounded, by 0 infinite', async () => {
    expect((await run(x => ops.div(1, x), [0.1], [0.2])).bound[0]).toBe(Infinity)
    const { value, bound } = await run(x => ops.div(1, x), [0])
    expect([value[0], bound[0]]).toEqual([Infinity, 0])
  })
  test('the ends of the range', () => {
    const a = new Arithmetic(u, IEEE)
    const [value, bound] = [new Float64Array(1), new Float64Array(1)]
    const put = (y: number, e: number): [number, number] => {
      a.put(value, bound, 0, y, e)
      return [value[0], bound[0]]
    }
    expect(put(1e39, 1e30)).toEqual([Infinity, 0])
    expect(put(3.4e38, 1e37)).toEqual([3.4e38, Infinity])
    expect(put(-Infinity, 0)).toEqual([-Infinity, 0])
    expect(put(Number.NaN, 0)).toEqual([Number.NaN, 0])
    expect(put(1, Number.NaN)).toEqual([1, Infinity])
    // 1e-45 is not a multiple of the smallest subnormal: half a unit may be lost.
    expect(put(1e-45, 0)).toEqual([1e-45, 2 ** -149])
    expect(put(2 ** -149, 0)).toEqual([2 ** -149, 0])
  })
  test('without subnormals they may become 0', async () => {
    const oracle = reference({ numerics: { ...IEEE, subnormals: false } })
    const b = oracle.alloc(4)
    oracle.write(b, Float32Array.of(1e-40))
    expect((await oracle.readExact(b)).bound[0]).toBe(Math.fround(1e-40))
  })
  test('the variance bound excludes the one-pass formula', async () => {
    const x = Float32Array.from({ length: 64 }, (_, i) => 9998.5 + (i % 4))
    const { value, bound } = await run(v => ops.moments(v, [0]).variance, [...x])
    expect(value[0]).toBe(1.25)
    let [sum, squares] = [0, 0]
    for (const v of x) {
      sum = Math.fround(sum + v)
      squares = Math.fround(squares + Math.fround(v * v))
    }
    const onePass = Math.fround(squares / 64) - Math.fround(Math.fround(sum / 64) ** 2)
    expect(Math.abs(onePass - value[0])).toBeGreaterThan(bound[0])
  })
  test('float64 bounds are 2^29 times smaller', async () => {
    const plan = lower({ y: ops.exp(input('x', f32([3]))) })
    const x = Float64Array.of(0.1, 0.2, 0.3)
    const coarse = (await executeExactly(reference(), plan, { x })).y
    const fine = (await executeExactly(reference({ u: FLOAT64 }), plan, { x })).y
    expect([...fine.value]).toEqual([...coarse.value])
    coarse.bound.forEach((b, i) => {
      expect(b / fine.bound[i]).toBeCloseTo(2 ** 29, -1)
    })
  })
})

describe('the backend', () => {
  const plan = stepPlan(stepOf('copy', {}, [f32([2])]))

  test('refuses foreign, disposed, missing, unknown and wrongly sized buffers', async () => {
    const [oracle, other] = [reference(), reference()]
    const executable = await oracle.load(plan)
    const [a, b] = [oracle.alloc(8), oracle.alloc(8)]
    const run =
      (in0: unknown, out0 = b): (() => void) =>
      () =>
        executable.run({ in0: in0 as typeof a, out0 })
    expect(run(other.alloc(8))).toThrow(BindingError)
    expect(run(oracle.alloc(4))).toThrow("'in0': expected 8, got 4")
    expect(() => executable.run({ in0: a })).toThrow("missing binding 'out0'")
    expect(() => executable.run({ in0: a, out0: b, x: a })).toThrow("unknown binding 'x'")
    a.dispose()
    expect(run(a)).toThrow(BindingError)
    expect(() => oracle.write(b, new Float32Array(3))).toThrow(BindingError)
  })
  test('refuses optional kernels and work after dispose', async () => {
    const oracle = reference()
    await expect(oracle.load(stepPlan(stepOf('softmax', {}, [f32([2])])))).rejects.toThrow(BackendError)
    const b = oracle.alloc(8)
    expect(oracle.memory()).toEqual({ buffers: 1, bytes: 8, executables: 0 })
    oracle.dispose()
    expect(b.disposed).toBe(true)
    expect(() => oracle.alloc(8)).toThrow(StateError)
  })
  test('keeps the bits of what was written', async () => {
    const oracle = reference()
    const b = oracle.alloc(8)
    oracle.write(b, Float32Array.of(1.5, -0))
    expect([...(await oracle.readInt32(b))]).toEqual([0x3fc00000, -(2 ** 31)])
    oracle.write(b, Int32Array.of(0x3fc00000, 7))
    expect((await oracle.read(b))[0]).toBe(1.5)
  })
})
