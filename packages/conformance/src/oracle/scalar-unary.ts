// Unary instructions of scalar programs with their errors. Each is monotone, or has slope at most 1: what an error of the
// operand does is found by evaluating at both ends of its interval.
import type { Numerics } from '@strata/api/backend'
import { type Arithmetic, distance, SMALLEST_NORMAL } from './arithmetic.js'
import { erf, roundHalfEven, sigmoid } from './special.js'

interface Unary {
  readonly f: (x: number) => number
  /** exact: no rounding and slope at most 1; step: piecewise constant; else the built-in function whose error is declared. */
  readonly kind: 'exact' | 'step' | keyof Numerics['ulp']
  /** |f'| from x and y = f(x); used where an interval is too narrow for float64. */
  readonly slope?: (x: number, y: number) => number
}

const step = (f: (x: number) => number): Unary => ({ f, kind: 'step' })

export const UNARY = {
  neg: { f: x => -x, kind: 'exact' },
  abs: { f: Math.abs, kind: 'exact' },
  relu: { f: x => (x > 0 ? x : Number.isNaN(x) ? x : 0), kind: 'exact' },
  sign: step(Math.sign),
  floor: step(Math.floor),
  ceil: step(Math.ceil),
  round: step(roundHalfEven),
  not: { f: x => (x === 0 ? 1 : 0), kind: 'step' },
  sqrt: { f: Math.sqrt, kind: 'sqrt', slope: (_, y) => 0.5 / y },
  rsqrt: { f: x => 1 / Math.sqrt(x), kind: 'rsqrt', slope: (x, y) => (0.5 * y) / x },
  exp: { f: Math.exp, kind: 'exp', slope: (_, y) => y },
  expm1: { f: Math.expm1, kind: 'expm1', slope: (_, y) => y + 1 },
  log: { f: Math.log, kind: 'log', slope: x => 1 / x },
  log1p: { f: Math.log1p, kind: 'log1p', slope: x => 1 / (1 + x) },
  tanh: { f: Math.tanh, kind: 'tanh', slope: (_, y) => 1 - y * y },
  sigmoid: { f: sigmoid, kind: 'sigmoid', slope: (_, y) => y * (1 - y) },
  erf: { f: erf, kind: 'erf', slope: x => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) },
  sin: { f: Math.sin, kind: 'sin' },
  cos: { f: Math.cos, kind: 'cos' },
} as const satisfies Record<string, Unary>

/** out[i] = op(x[i]) with bounds, for i < n. */
export function evaluateUnary(
  arithmetic: Arithmetic,
  op: keyof typeof UNARY,
  x: Float64Array,
  ex: Float64Array,
  out: Float64Array,
  eout: Float64Array,
  n: number,
): void {
  const { f, kind, slope }: Unary = UNARY[op]
  for (let i = 0; i < n; i++) {
    const y = f(x[i])
    const e = ex[i]
    switch (kind) {
      case 'exact':
        out[i] = y
        // relu is exactly 0 wherever its operand is certainly negative.
        eout[i] = op === 'relu' && x[i] + e <= 0 ? 0 : e
        break
      case 'step': {
        out[i] = y
        const certain = e === 0 || (op === 'not' && Math.abs(x[i]) > e)
        eout[i] = certain ? 0 : op === 'not' ? 1 : ends(f, x[i], e, y)
        break
      }
      default: {
        let error = 0
        if (e > 0) error = slope === undefined ? Math.min(e, 2) : Math.max(ends(f, x[i], e, y), slope(x[i], y) * e)
        // Below the normal range a built-in function may flush to zero: its accuracy is declared above it only.
        arithmetic.put(
          out,
          eout,
          i,
          y,
          error + arithmetic.builtin(y, e, arithmetic.numerics.ulp[kind]),
          kind === 'sqrt' ? arithmetic.tiny : SMALLEST_NORMAL,
        )
      }
    }
  }
}

/** How far f gets from y over [x - e, x + e], for a monotone f. */
const ends = (f: (x: number) => number, x: number, e: number, y: number): number =>
  Math.max(distance(f(x + e), y), distance(f(x - e), y))
