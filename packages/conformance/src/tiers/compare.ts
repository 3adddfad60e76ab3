// Elements of a backend against the oracle's values and bounds.
import type { Numerics } from '@strata/api/backend'
import type { HostData } from '../cases/data.js'
import type { Exact } from '../oracle/reference.js'
import { type Failure, HISTOGRAM_BINS } from './result.js'

export interface Comparison {
  readonly elements: number
  readonly worst: number
  /** Numbers of elements by error over bound; see HISTOGRAM_BINS. */
  readonly histogram: readonly number[]
  readonly failure?: Failure
}

/** The bin of an error over its bound. */
function binOf(ratio: number): number {
  if (ratio === 0) return 0
  if (ratio > 1) return HISTOGRAM_BINS.length - 1
  return Math.max(1, 11 + Math.ceil(Math.log2(ratio)))
}

/** Compares one output element by element; the failure is the worst one. */
export function compare(output: string, got: HostData | Float64Array, want: Exact, numerics: Numerics): Comparison {
  let worst = 0
  let failure: Failure | undefined
  let excess = 0
  const histogram = HISTOGRAM_BINS.map(() => 0)
  for (let i = 0; i < got.length; i++) {
    const y = want.value[i]
    const bound = want.bound[i]
    if (bound === Infinity || (!numerics.nonFinite && !Number.isFinite(y))) continue
    const equal = got[i] === y || (Number.isNaN(got[i]) && Number.isNaN(y))
    const error = equal ? 0 : Math.abs(got[i] - y)
    // A NaN on one side only is an infinite error.
    const ratio = error === 0 ? 0 : Number.isNaN(error) ? Infinity : error / bound
    if (ratio > 1 && ratio > excess) {
      excess = ratio
      failure = { what: 'error beyond the bound', output, index: i, got: got[i], want: y, bound }
    }
    worst = Math.max(worst, ratio)
    histogram[binOf(ratio)]++
  }
  return { elements: got.length, worst, histogram, failure }
}

/** Several comparisons as one. */
export function joinComparisons(all: readonly Comparison[]): Comparison {
  return {
    elements: all.reduce((n, c) => n + c.elements, 0),
    worst: Math.max(0, ...all.map(c => c.worst)),
    histogram: HISTOGRAM_BINS.map((_, i) => all.reduce((n, c) => n + c.histogram[i], 0)),
    failure: all.find(c => c.failure !== undefined)?.failure,
  }
}

/** The comparison of all outputs of a run. */
export const compareAll = (
  got: Readonly<Record<string, HostData>>,
  want: Readonly<Record<string, Exact>>,
  numerics: Numerics,
): Comparison => joinComparisons(Object.entries(got).map(([name, data]) => compare(name, data, want[name], numerics)))
