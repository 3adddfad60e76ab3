// Histograms of errors in units of bounds: where a ratio is counted, and that results of cases add up.
import { expect, test } from 'vitest'
import { IEEE } from '../oracle/arithmetic.js'
import { compare } from './compare.js'
import { addHistograms, emptyHistogram, HISTOGRAM_ENDS, histogramBin } from './histogram.js'

test('every ratio is above the end of the counter before its own and at most its own', () => {
  for (const ratio of [
    0,
    1e-300,
    2 ** -11,
    2 ** -10,
    2 ** -10 * 1.01,
    0.01,
    0.25,
    0.26,
    0.5,
    0.75,
    1,
    1.0001,
    Infinity,
  ]) {
    const bin = histogramBin(ratio)
    expect(ratio).toBeLessThanOrEqual(HISTOGRAM_ENDS[bin])
    if (bin > 0) expect(ratio).toBeGreaterThan(HISTOGRAM_ENDS[bin - 1])
  }
})
test('a comparison counts each element that has a bound once', () => {
  const got = Float32Array.of(1, 1, 1, 1, 1)
  const want = { value: Float64Array.of(1, 0.5, 0.5, 0.5, 0.5), bound: Float64Array.of(0, 4, 1, 0.25, Infinity) }
  const expected = emptyHistogram()
  for (const ratio of [0, 1 / 8, 1 / 2, 2]) expected[histogramBin(ratio)]++
  expect(compare('out0', got, want, IEEE).histogram).toEqual(expected)
})
test('histograms add up', () => {
  const one = emptyHistogram().map((_, i) => i)
  expect(addHistograms([one, undefined, one])).toEqual(one.map(n => 2 * n))
  expect(addHistograms([])).toEqual(emptyHistogram())
})
