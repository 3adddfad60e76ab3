// Comparisons with bounds: what is counted where, and that outputs add up.
import { expect, test } from 'vitest'
import { IEEE } from '../oracle/arithmetic.js'
import { compare, compareAll } from './compare.js'
import { HISTOGRAM_BINS } from './result.js'

/** The distribution of one element whose error is `ratio` bounds. */
const counted = (ratio: number): readonly number[] =>
  compare('y', Float64Array.of(1 + ratio), { value: Float64Array.of(1), bound: Float64Array.of(1) }, IEEE).histogram

test('a ratio is counted above the end of the bin before and up to the end of its own', () => {
  for (const ratio of [0, 2 ** -30, 2 ** -10, 2 ** -9.9, 0.01, 0.25, 0.26, 0.5, 0.75, 1, 1.001, 1e9]) {
    const histogram = counted(ratio)
    const bin = histogram.indexOf(1)
    expect(histogram.filter(n => n !== 0)).toEqual([1])
    expect(ratio).toBeLessThanOrEqual(HISTOGRAM_BINS[bin])
    if (bin > 0) expect(ratio).toBeGreaterThan(HISTOGRAM_BINS[bin - 1])
  }
})
test('elements without a bound are not counted; the others once, over all outputs', () => {
  const got = { a: Float32Array.of(1, 1, 1), b: Float32Array.of(1, 1) }
  const want = {
    a: { value: Float64Array.of(1, 0.5, 0.5), bound: Float64Array.of(0, 1, 0.25) },
    b: { value: Float64Array.of(0.5, 0.5), bound: Float64Array.of(Infinity, 1) },
  }
  const all = compareAll(got, want, IEEE)
  expect(all.histogram.reduce((n, c) => n + c)).toBe(4)
  expect(all.histogram[HISTOGRAM_BINS.indexOf(0.5)]).toBe(2)
  expect(all).toMatchObject({ elements: 5, worst: 2, failure: { output: 'a', index: 2 } })
})
