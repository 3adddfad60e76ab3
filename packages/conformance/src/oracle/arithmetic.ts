// The error model: what one float32 operation, or one sum of many, may do to a result.
//
// Sources: N. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., chapters 2 and 3 (the standard model,
// |fl(x op y) - (x op y)| <= u |x op y|); N. Higham and T. Mary, "A new approach to probabilistic rounding error analysis",
// SIAM J. Sci. Comput. 41 (2019) (a sum of n terms errs by a modest multiple of sqrt(n) u, not n u).
import type { Numerics } from '@strata/api/backend'

/** The unit roundoff of float32. */
export const FLOAT32 = 2 ** -24
/** The unit roundoff of float64: gives bounds for the oracle's own values. */
export const FLOAT64 = 2 ** -53

const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** 127
/** The smallest normal float32. */
export const SMALLEST_NORMAL = 2 ** -126

/** IEEE arithmetic with built-in functions to one unit in the last place. */
export const IEEE: Numerics = {
  fma: false,
  subnormals: true,
  nonFinite: true,
  deterministic: true,
  ulp: {
    exp: 1,
    expm1: 1,
    log: 1,
    log1p: 1,
    tanh: 1,
    sigmoid: 2,
    erf: 2,
    sin: 1,
    cos: 1,
    pow: 1,
    sqrt: 0.5,
    rsqrt: 1,
    div: 0.5,
  },
}

/** |a - b|, where equal infinities and two NaNs do not differ. */
export const distance = (a: number, b: number): number => (Object.is(a, b) || a === b ? 0 : Math.abs(a - b))

/** The arithmetic that bounds are derived for. */
export class Arithmetic {
  /** Every integer up to here is exact. */
  readonly integers: number
  private readonly single: boolean
  private readonly largest: number
  /** Absolute error of a result below the normal range. */
  readonly tiny: number

  constructor(
    readonly u: number,
    readonly numerics: Numerics,
  ) {
    this.single = u >= FLOAT32
    this.integers = 1 / u
    this.largest = this.single ? LARGEST_FLOAT32 : Number.MAX_VALUE
    this.tiny = !this.single ? 2 ** -1074 : numerics.subnormals ? 2 ** -149 : SMALLEST_NORMAL
  }

  /** Whether an exact result is kept as it is. */
  representable(y: number): boolean {
    return this.single ? Math.fround(y) === y : Number.isInteger(y) && Math.abs(y) <= this.integers
  }

  /** The error of rounding y once, from operands of error `e`: an exact result of exact operands stays exact. */
  rounding(y: number, e: number): number {
    return (e === 0 && this.representable(y)) || !Number.isFinite(y) ? 0 : this.u * Math.abs(y)
  }

  /** The error of a function that is right to `ulps` units in the last place. */
  builtin(y: number, e: number, ulps: number): number {
    if (ulps <= 0.5) return this.rounding(y, e)
    return Number.isFinite(y) ? 2 * this.u * ulps * Math.abs(y) : 0
  }

  /** The error of adding up n terms whose magnitudes add up to `magnitude`, in any order. */
  summation(n: number, magnitude: number, y: number): number {
    return this.u * (4 * Math.sqrt(n) * magnitude + 2 * Math.abs(y))
  }

  /** Whether a result below the normal range is kept as it is. */
  private survives(y: number, e: number): boolean {
    return e === 0 && (y === 0 || (this.numerics.subnormals && this.representable(y)))
  }

  /** Stores a result whose error is at most e, minding the ends of the range. */
  put(value: Float64Array, bound: Float64Array, i: number, y: number, e: number, tiny = this.tiny): void {
    const size = Math.abs(y)
    // Infinity - Infinity in an error estimate: nothing is known.
    const error = Number.isNaN(e) ? Infinity : e
    value[i] = y
    if (size <= this.largest) {
      // Half a unit beyond the largest number still rounds to it.
      if (size + error >= this.largest * (1 + this.u)) bound[i] = Infinity
      else {
        const normal = size - error >= SMALLEST_NORMAL || !this.single
        bound[i] = normal || this.survives(y, error) ? error : error + tiny
      }
    } else if (size < Infinity) {
      const overflows = size - error > this.largest * (1 + this.u)
      value[i] = overflows ? Math.sign(y) * Infinity : y
      bound[i] = overflows ? 0 : Infinity
    } else bound[i] = error > 0 ? Infinity : 0
  }
}
