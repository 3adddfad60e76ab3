// Elements of a backend against the oracle's values and bounds.
import type { Numerics } from '@strata/api/backend'
import type { HostData } from '../cases/data.js'
import type { Exact } from '../oracle/reference.js'
import type { Failure } from './result.js'

export interface Comparison {
  readonly elements: number
  readonly worst: number
  readonly failure?: Failure
}

/** Compares one output element by element; the failure is the worst one. */
export function compare(output: string, got: HostData | Float64Array, want: Exact, numerics: Numerics): Comparison {
  let worst = 0
  let failure: Failure | undefined
  let excess = 0
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
  }
  return { elements: got.length, worst, failure }
}

/** The comparison of all outputs of a run. */
export function compareAll(
  got: Readonly<Record<string, HostData>>,
  want: Readonly<Record<string, Exact>>,
  numerics: Numerics,
): Comparison {
  const all = Object.entries(got).map(([name, data]) => compare(name, data, want[name], numerics))
  return {
    elements: all.reduce((n, c) => n + c.elements, 0),
    worst: Math.max(0, ...all.map(c => c.worst)),
    failure: all.find(c => c.failure !== undefined)?.failure,
  }
}
