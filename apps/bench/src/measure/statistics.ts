// Medians, and how sure they are.

import { Philox, streamOf } from '@strata/api'

/** A figure and the interval in which repeating the measurement would put it, mostly. */
export interface Estimate {
  readonly value: number
  /** Bounds of the 95 % interval; null with fewer than three samples, which tell nothing about spread. */
  readonly interval: readonly [low: number, high: number] | null
}

const RESAMPLES = 2000
const LEAST_SAMPLES = 3
const CONFIDENCE = 0.95

/** The middle value, or the mean of the two in the middle; NaN of none. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The value below which a part of the sorted values lies, between neighbours linearly. */
function quantile(sorted: Float64Array, part: number): number {
  const at = part * (sorted.length - 1)
  const below = Math.floor(at)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below] + (at - below) * (sorted[above] - sorted[below])
}

/** One resample: as many values as there are, drawn with replacement. */
const resample = (values: readonly number[], random: Philox): number[] =>
  values.map(() => values[random.below(values.length)])

function estimate(value: number, samples: number, draw: (random: Philox) => number): Estimate {
  if (samples < LEAST_SAMPLES) return { value, interval: null }
  const random = new Philox(1, streamOf('bench/bootstrap'))
  const drawn = Float64Array.from({ length: RESAMPLES }, () => draw(random)).sort()
  const tail = (1 - CONFIDENCE) / 2
  return { value, interval: [quantile(drawn, tail), quantile(drawn, 1 - tail)] }
}

/**
 * The median with its percentile bootstrap interval (Efron, 1979): the middle 95 % of the medians of 2,000 resamples. Seeded:
 * the same samples give the same interval.
 *
 * @example medianOf([4, 5, 6]) // { value: 5, interval: [4, 6] }
 */
export const medianOf = (samples: readonly number[]): Estimate =>
  estimate(median(samples), samples.length, random => median(resample(samples, random)))

/** The ratio of two medians, of samples that are drawn anew independently of each other. */
export const ratioOf = (above: readonly number[], below: readonly number[]): Estimate =>
  estimate(
    median(above) / median(below),
    Math.min(above.length, below.length),
    random => median(resample(above, random)) / median(resample(below, random)),
  )
