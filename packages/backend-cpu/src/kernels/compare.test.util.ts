// What the tests of sums of products share: inputs, float64 references and the error bound.
import { seeded } from '../wasm/harness.test.util.js'

export interface Data {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

const size = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1)

/** Integers of magnitude at most 4: every partial sum is exact, so results must be equal. */
export function integers(shape: readonly number[], seed: number): Data {
  const random = seeded(seed)
  return { shape, data: Float32Array.from({ length: size(shape) }, () => Math.floor(random() * 9) - 4) }
}
/** Numbers in [-1, 1). */
export function reals(shape: readonly number[], seed: number): Data {
  const random = seeded(seed)
  return { shape, data: Float32Array.from({ length: size(shape) }, () => random() * 2 - 1) }
}

/** Sums of products in float64, with the sum of their magnitudes and their number. */
export class Sums {
  readonly value: Float64Array
  readonly magnitude: Float64Array
  readonly terms: Float64Array
  constructor(n: number) {
    this.value = new Float64Array(n)
    this.magnitude = new Float64Array(n)
    this.terms = new Float64Array(n)
  }
  add(at: number, a: number, b: number): void {
    this.value[at] += a * b
    this.magnitude[at] += Math.abs(a * b)
    this.terms[at]++
  }
}

/** The first element outside |err| <= u (4 sqrt(n) S + 2 |y|), as text; undefined if there is none. */
export function firstOutside(got: Float32Array, expected: Sums, exact: boolean): string | undefined {
  if (got.length !== expected.value.length) return `length ${got.length}, expected ${expected.value.length}`
  for (let i = 0; i < got.length; i++) {
    const y = expected.value[i]
    const bound = exact ? 0 : 2 ** -24 * (4 * Math.sqrt(expected.terms[i]) * expected.magnitude[i] + 2 * Math.abs(y))
    if (!(Math.abs(got[i] - y) <= bound)) return `element ${i}: got ${got[i]}, expected ${y} within ${bound}`
  }
  return undefined
}

/** The first element whose bits differ (-0 equals 0, NaN equals NaN), as text; undefined if there is none. */
export function firstDifference(got: Float32Array, expected: Float32Array): string | undefined {
  if (got.length !== expected.length) return `length ${got.length}, expected ${expected.length}`
  const i = got.findIndex((v, i) => v !== expected[i] && !(Number.isNaN(v) && Number.isNaN(expected[i])))
  return i < 0 ? undefined : `element ${i}: got ${got[i]}, expected ${expected[i]}`
}
