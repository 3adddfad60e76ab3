// The gradients at ties, kinks and edges that the library promises, where central differences say nothing.
import { apply1, expr as E, grad, input, ops, type Value } from '@strata/api'
import { f32 } from '@strata/api/backend'
import { expect, test } from 'vitest'
import { lower } from './oracle/lower.js'
import { reference } from './oracle/reference.js'
import { executeExactly } from './tiers/execute.js'

/** d sum(f(x)) / dx. */
async function gradientOf(
  f: (x: Value) => Value,
  x: readonly number[],
  shape: readonly number[] = [x.length],
): Promise<number[]> {
  const v = input('x', f32(shape))
  const plan = lower({ g: grad(ops.sum(f(v)), [v])[0] })
  return [...(await executeExactly(reference(), plan, { x: Float64Array.from(x) })).g.value]
}

test('relu at 0 and relu6 at 6: 0', async () => {
  expect(await gradientOf(ops.relu, [-1, 0, 1])).toEqual([0, 0, 1])
})
test('abs and sign at 0: 0', async () => {
  expect(await gradientOf(ops.abs, [-2, 0, 2])).toEqual([-1, 0, 1])
  expect(await gradientOf(ops.sign, [-2, 0, 2])).toEqual([0, 0, 0])
})
test('clip at its bounds: 1', async () => {
  expect(await gradientOf(x => ops.clip(x, -1, 1), [-2, -1, 0, 1, 2])).toEqual([0, 1, 1, 1, 0])
})
test('maximum and minimum of equals: a half each', async () => {
  expect(await gradientOf(x => ops.maximum(x, 1), [0, 1, 2])).toEqual([0, 0.5, 1])
  expect(await gradientOf(x => ops.minimum(x, 1), [0, 1, 2])).toEqual([1, 0.5, 0])
})
test('a reduction shares its gradient evenly among ties', async () => {
  expect(await gradientOf(x => ops.reduceMax(x), [3, 1, 3, 3])).toEqual([1 / 3, 0, 1 / 3, 1 / 3])
  expect(await gradientOf(x => ops.reduceMin(x), [3, 1, 3, 1])).toEqual([0, 0.5, 0, 0.5])
})
test('a reduction of a function shares its gradient among ties of the function', async () => {
  const f = (x: Value): Value => ops.reduceMap('max', [x], v => [E.square(v)], null, false)[0]
  expect(await gradientOf(f, [-2, 1, 2, 0])).toEqual([-2, 0, 2, 0])
})
test('max pooling: the first of equals in row-major order', async () => {
  const pool = { size: [2, 2], strides: [2, 2], padding: [0, 0, 0, 0] } as const
  const f = (x: Value): Value => apply1('maxPool', [x], pool)
  expect(await gradientOf(f, [1, 2, 2, 2], [1, 2, 2, 1])).toEqual([0, 1, 0, 0])
  expect(await gradientOf(f, [5, 5, 5, 5], [1, 2, 2, 1])).toEqual([1, 0, 0, 0])
})
test('average pooling divides by the elements inside, in the gradient too', async () => {
  const pool = { size: [2, 2], strides: [2, 2], padding: [1, 1, 1, 1] } as const
  const f = (x: Value): Value => apply1('avgPool', [x], pool)
  // Every window holds a single element.
  expect(await gradientOf(f, [1, 2, 3, 4], [1, 2, 2, 1])).toEqual([1, 1, 1, 1])
})
test('bilinear upsampling of [[0, 1], [2, 3]] samples at half-pixel centres', async () => {
  const x = input('x', f32([1, 2, 2, 1]))
  const plan = lower({ y: apply1('resize', [x], { size: [4, 4], interpolation: 'bilinear' }) })
  const { y } = await executeExactly(reference(), plan, { x: Float64Array.of(0, 1, 2, 3) })
  expect([...y.value.subarray(0, 4)]).toEqual([0, 0.25, 0.75, 1])
})
test('a stopped gradient is 0', async () => {
  expect(await gradientOf(x => ops.mul(x, ops.stopGradient(x)), [2, 3])).toEqual([2, 3])
})
test('a dropped update of scatterAdd has no gradient', async () => {
  const indices = input('i', { shape: [3], dtype: 'int32' })
  const updates = input('u', f32([3, 1]))
  const [g] = grad(ops.sum(apply1('scatterAdd', [indices, updates], { size: 2 })), [updates])
  const { result } = await executeExactly(reference(), lower({ result: g }), { i: Int32Array.of(1, 5, -1) })
  expect([...result.value]).toEqual([1, 0, 0])
})
