// The distribution of errors in units of their bounds: a fixed number of counters on a logarithmic scale, so that results of
// many cases add up.

/** The lowest power of two that a counter of its own begins at. */
const LOWEST = -10

/**
 * Upper ends of the counters in units of the bound: 0 (no error at all), 2^-10, 2^-9, ..., 1/2, 1, Infinity (failures). Each
 * counter holds what is above the one before it and at most its own end.
 */
export const HISTOGRAM_ENDS: readonly number[] = [
  0,
  ...Array.from({ length: 1 - LOWEST }, (_, i) => 2 ** (LOWEST + i)),
  Number.POSITIVE_INFINITY,
]

/** Counts of elements by error / bound, one for each of HISTOGRAM_ENDS. */
export type Histogram = readonly number[]

/** The counter that a ratio of an error to its bound belongs to. */
export function histogramBin(ratio: number): number {
  if (ratio === 0) return 0
  if (ratio > 1) return HISTOGRAM_ENDS.length - 1
  return 1 + Math.max(0, Math.ceil(Math.log2(ratio)) - LOWEST)
}

export const emptyHistogram = (): number[] => HISTOGRAM_ENDS.map(() => 0)

/** The sum of histograms; those of results that compare no elements are left out. */
export function addHistograms(histograms: Iterable<Histogram | undefined>): number[] {
  const sum = emptyHistogram()
  for (const h of histograms) {
    h?.forEach((n, i) => {
      sum[i] += n
    })
  }
  return sum
}
