// Comparisons with golden values, in which a bound that allows everything is a failure: it would check nothing.
import { IEEE } from '../oracle/arithmetic.js'
import { type Comparison, compare } from '../tiers/compare.js'

/**
 * Compares elements with golden ones within a bound that must be a number.
 * @param what the output, for the failure
 */
export function strictly(
  what: string,
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  tolerance: (i: number) => number,
): Comparison {
  const bound = Float64Array.from(want, (_, i) => tolerance(i))
  const all = compare(what, Float64Array.from(got), { value: Float64Array.from(want), bound }, IEEE)
  const index = bound.findIndex(b => !(b < Number.POSITIVE_INFINITY))
  if (got.length !== want.length) {
    return { ...all, failure: { what: `${what}: wrong number of elements`, got: got.length, want: want.length } }
  }
  return index < 0 ? all : { ...all, failure: { what: 'no bound', output: what, index, got: got[index] } }
}
