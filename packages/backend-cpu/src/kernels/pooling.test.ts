// Pooling and its gradients against plain loops: sizes, strides, padding, ties, NaN and infinities.
import type { PoolAttrs } from '@strata/api/backend'
import { describe, expect, it } from 'vitest'
import { seeded } from '../wasm/harness.test.util.js'
import { avgPool } from './avg-pool.js'
import { avgPoolGrad } from './avg-pool-grad.js'
import { type Data, firstDifference, firstOutside, integers, reals, Sums } from './compare.test.util.js'
import { runKernel } from './harness.test.util.js'
import { maxPool } from './max-pool.js'
import { maxPoolGrad } from './max-pool-grad.js'
import { type Case, forTaps, outputShape } from './windows.test.util.js'

const window = (
  x: Case['x'],
  size: Case['size'],
  strides: [number, number],
  padding: [number, number, number, number] = [0, 0, 0, 0],
): Case => ({
  x,
  size,
  filters: 1,
  attrs: { strides, padding, dilation: [1, 1], groups: 1 },
})
const CASES: readonly Case[] = [
  window([2, 8, 6, 8], [2, 2], [2, 2]),
  window([1, 9, 7, 3], [2, 2], [2, 2]),
  window([2, 60, 60, 4], [2, 2], [2, 2]),
  window([1, 1, 1, 1], [1, 1], [1, 1]),
  window([1, 7, 7, 5], [3, 3], [1, 1]),
  window([2, 9, 11, 6], [3, 3], [2, 2], [1, 1, 1, 1]),
  window([1, 8, 8, 4], [3, 2], [2, 3], [1, 1, 0, 1]),
  window([1, 10, 13, 7], [2, 3], [3, 5]),
  window([1, 11, 12, 2], [2, 2], [3, 2]),
  window([1, 13, 13, 1], [5, 5], [5, 5], [4, 3, 2, 4]),
  window([3, 9, 9, 16], [9, 9], [9, 9]),
  window([1, 7, 5, 9], [7, 5], [1, 1]),
  window([1, 8, 9, 3], [2, 2], [1, 1], [1, 1, 1, 1]),
]
const poolAttrs = ({ size, attrs: { strides, padding } }: Case): PoolAttrs => ({ size, strides, padding })

/** For each output element its valid inputs (flat numbers), in row-major order of the window. */
function windows(c: Case): number[][] {
  const channels = c.x[3]
  const out: number[][] = Array.from({ length: outputShape(c, channels).reduce((a, b) => a * b, 1) }, () => [])
  forTaps(c, (o, i) => {
    for (let k = 0; k < channels; k++) out[o * channels + k].push(i * channels + k)
  })
  return out
}
function firstMaximum(x: Float32Array, candidates: number[]): number {
  let best = candidates[0]
  for (const i of candidates) if (!Number.isNaN(x[best]) && (x[i] > x[best] || Number.isNaN(x[i]))) best = i
  return best
}
/** Integers with many ties, some NaN and infinities. */
function awkward(shape: readonly number[], seed: number): Data {
  const random = seeded(seed)
  const { data } = integers(shape, seed)
  const specials = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0]
  return { shape, data: data.map(v => (random() < 0.1 ? specials[Math.floor(random() * 4)] : v)) }
}

describe.each(CASES)('$x $size $attrs', c => {
  const all = windows(c)
  const [attrs, yShape] = [poolAttrs(c), outputShape(c, c.x[3])]
  it('maxPool', () => {
    for (const make of [integers, reals, awkward]) {
      const x = make(c.x, 1)
      const [y] = runKernel('maxPool', maxPool, attrs, [x])
      const expected = Float32Array.from(all, w => x.data[firstMaximum(x.data, w)])
      expect(firstDifference(y, expected)).toBeUndefined()
    }
  })
  it('maxPoolGrad', () => {
    for (const make of [integers, awkward]) {
      const [x, dy] = [make(c.x, 2), integers(yShape, 3)]
      const expected = new Float32Array(x.data.length)
      all.forEach((w, o) => {
        expected[firstMaximum(x.data, w)] += dy.data[o]
      })
      for (const grain of [1, 0.01, 1000]) {
        const [dx] = runKernel('maxPoolGrad', maxPoolGrad, attrs, [x, dy], { grain })
        expect(firstDifference(dx, expected)).toBeUndefined()
      }
    }
  })
  it('avgPool and its gradient', () => {
    const [x, dy] = [reals(c.x, 4), reals(yShape, 5)]
    const y = new Sums(all.length)
    const dx = new Sums(x.data.length)
    all.forEach((w, o) => {
      for (const i of w) {
        y.add(o, x.data[i], 1 / w.length)
        dx.add(i, dy.data[o], 1 / w.length)
      }
    })
    expect(firstOutside(runKernel('avgPool', avgPool, attrs, [x])[0], y, false)).toBeUndefined()
    const [got] = runKernel('avgPoolGrad', avgPoolGrad, { ...attrs, inputShape: c.x }, [dy])
    expect(firstOutside(got, dx, false)).toBeUndefined()
  })
  it('avgPool of equal numbers is that number, and its gradient divides exactly', () => {
    const x = { shape: c.x, data: new Float32Array(c.x.reduce((a, b) => a * b, 1)).fill(3) }
    expect(new Set(runKernel('avgPool', avgPool, attrs, [x])[0])).toEqual(new Set([3]))
    const counts = { shape: yShape, data: Float32Array.from(all, w => 2 * w.length) }
    const expected = new Float32Array(x.data.length)
    for (const w of all) for (const i of w) expected[i] += 2
    const [got] = runKernel('avgPoolGrad', avgPoolGrad, { ...attrs, inputShape: c.x }, [counts])
    expect(firstDifference(got, expected)).toBeUndefined()
  })
})
