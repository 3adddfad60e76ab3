// Statistics whose results are known.

import { Philox, streamOf } from '@strata/api'
import { describe, expect, it } from 'vitest'
import { median, medianOf, ratioOf } from './statistics.js'

it('takes the middle, or the mean of the two in the middle, in the order of numbers', () => {
  expect(median([10, 9, 100])).toBe(10)
  expect(median([4, 1, 3, 100])).toBe(3.5)
  expect(median([])).toBeNaN()
})

describe('bootstrap', () => {
  it('gives no interval for fewer than three samples', () => {
    expect(medianOf([1, 2])).toEqual({ value: 1.5, interval: null })
    expect(ratioOf([1, 2, 3], [1]).interval).toBeNull()
  })
  it('is a point for samples without spread, and the same for the same samples', () => {
    expect(medianOf([7, 7, 7, 7])).toEqual({ value: 7, interval: [7, 7] })
    expect(ratioOf([6, 6, 6], [3, 3, 3])).toEqual({ value: 2, interval: [2, 2] })
    expect(medianOf([1, 5, 2, 8, 3])).toEqual(medianOf([1, 5, 2, 8, 3]))
  })
  it('covers the true median about as often as it says', () => {
    // 200 measurements of 15 uniform samples; the true median is 1/2. Of binomial(200, 0.95), fewer than 175 has a
    // probability below 1e-5; the percentile bootstrap of the median covers 93 to 95 %, so 168 is beyond chance, too.
    const random = new Philox(3, streamOf('coverage'))
    let covered = 0
    for (let trial = 0; trial < 200; trial++) {
      const { interval } = medianOf(Array.from({ length: 15 }, () => random.nextUint32() / 2 ** 32))
      if (interval !== null && interval[0] <= 0.5 && interval[1] >= 0.5) covered++
    }
    expect(covered).toBeGreaterThanOrEqual(168)
    expect(covered).toBeLessThan(200)
  })
  it('keeps a difference of twice the time apart from 1, and equal samples not', () => {
    const noise = [1, 1.02, 0.99, 1.01, 1.03, 0.98]
    const { interval } = ratioOf(
      noise.map(v => 2 * v),
      noise,
    )
    expect(interval?.[0]).toBeGreaterThan(1.8)
    const same = ratioOf(noise, noise)
    expect(same.value).toBe(1)
    expect(same.interval?.[0]).toBeLessThanOrEqual(1)
    expect(same.interval?.[1]).toBeGreaterThanOrEqual(1)
  })
})
