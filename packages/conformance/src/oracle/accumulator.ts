// Sums of terms or of products into the elements of a tensor, with the bound on their rounding errors.
import { type Arithmetic, SMALLEST_NORMAL } from './arithmetic.js'
import type { Tensor } from './tensor.js'

/**
 * Adds products or terms to outputs in any order, then bounds each output's error:
 * sum(|a| eb + |b| ea + ea eb) + u (4 sqrt(n) sum|a||b| + 2 |y|). Where all terms are integers and their magnitudes add up to
 * at most 1/u, every partial sum is exact and the rounding term is 0.
 */
export class Accumulator {
  private readonly magnitude: Float64Array
  private readonly count: Float64Array
  private readonly inexact: Uint8Array
  private readonly extra: Float64Array

  constructor(
    private readonly arithmetic: Arithmetic,
    private readonly out: Tensor,
  ) {
    this.magnitude = new Float64Array(out.value.length)
    this.count = new Float64Array(out.value.length)
    this.inexact = new Uint8Array(out.value.length)
    this.extra = new Float64Array(out.value.length)
  }

  /** out[o] += a[i] * b[j] */
  product(o: number, a: Tensor, i: number, b: Tensor, j: number): void {
    if (this.arithmetic.u === 0) {
      // Nobody asks for bounds: long runs of whole models in plain float64.
      this.out.value[o] += a.value[i] * b.value[j]
      return
    }
    const x = a.value[i]
    const y = b.value[j]
    const ex = a.bound[i]
    const ey = b.bound[j]
    // An error of 0 stays 0 even times infinity.
    let e = 0
    if (ey !== 0) e += Math.abs(x) * ey
    if (ex !== 0) e += Math.abs(y) * ex + ex * ey
    const product = x * y
    this.term(o, product, e)
    if (product !== 0 && Math.abs(product) < SMALLEST_NORMAL) this.out.bound[o] += this.arithmetic.tiny
  }

  /** out[o] += x, of error e */
  term(o: number, x: number, e: number): void {
    this.out.value[o] += x
    this.out.bound[o] += e
    this.magnitude[o] += Math.abs(x)
    this.count[o] += 1
    if (e !== 0 || !Number.isInteger(x)) this.inexact[o] = 1
  }

  /** Allows for a further rounding error of an output, which is 0 like the others where all terms are small integers. */
  allow(o: number, e: number): void {
    this.extra[o] += e
  }

  /** Number of terms of an output. */
  terms(o: number): number {
    return this.count[o]
  }

  /** Adds the rounding errors of sums of products. */
  finishProducts(): void {
    this.finish(0)
  }

  /** Adds the rounding errors of sums of terms that exist already: a sum of one term is that term. */
  finishTerms(): void {
    this.finish(1)
  }

  private finish(free: number): void {
    const { value, bound } = this.out
    for (let o = 0; o < value.length; o++) {
      const y = value[o]
      const size = this.magnitude[o]
      const n = this.count[o]
      let e = bound[o]
      const exact = n <= free || (this.inexact[o] === 0 && size <= this.arithmetic.integers) || !Number.isFinite(y)
      if (!exact) e += this.arithmetic.summation(n, size, y) + this.extra[o]
      // A partial sum may overflow where the sum does not.
      if (n > 1 && Number.isFinite(y) && size > 2 ** 127) e = Infinity
      this.arithmetic.put(value, bound, o, y, e)
    }
  }
}
