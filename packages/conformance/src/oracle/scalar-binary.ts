// Binary instructions and `select` with their errors. Where a comparison is not certain within the bounds, either outcome
// is possible and the result takes the worse of both.
import type { BinaryOp } from '@strata/api'
import { type Arithmetic, distance, SMALLEST_NORMAL } from './arithmetic.js'

/** A register: values and bounds of a chunk of elements. */
export interface Register {
  readonly value: Float64Array
  readonly bound: Float64Array
}

/** Whether x is zero, not zero, or may be either. */
type Truth = 'no' | 'yes' | 'maybe'
const truth = (x: number, e: number): Truth => (e > 0 && !(Math.abs(x) > e) ? 'maybe' : x !== 0 ? 'yes' : 'no')

const times = (x: number, e: number): number => (e === 0 ? 0 : Math.abs(x) * e)

/** out[i] = op(a[i], b[i]) with bounds, for i < n. */
export function evaluateBinary(
  arithmetic: Arithmetic,
  op: BinaryOp,
  a: Register,
  b: Register,
  out: Register,
  n: number,
): void {
  const { ulp } = arithmetic.numerics
  for (let i = 0; i < n; i++) {
    const x = a.value[i]
    const y = b.value[i]
    const ex = a.bound[i]
    const ey = b.bound[i]
    const e = ex + ey
    switch (op) {
      case 'add':
      case 'sub': {
        const z = op === 'add' ? x + y : x - y
        arithmetic.put(out.value, out.bound, i, z, e + arithmetic.rounding(z, e))
        break
      }
      case 'mul': {
        const z = x * y
        const error = times(x, ey) + times(y, ex) + ex * ey
        arithmetic.put(out.value, out.bound, i, z, error + arithmetic.rounding(z, e))
        break
      }
      case 'div': {
        const z = x / y
        const error = e === 0 ? 0 : Math.abs(y) > ey ? (ex + times(z, ey)) / (Math.abs(y) - ey) : Infinity
        arithmetic.put(out.value, out.bound, i, z, error + arithmetic.builtin(z, e, ulp.div))
        break
      }
      case 'pow': {
        const z = x ** y
        const error = e === 0 ? 0 : powError(x, ex, y, ey, z)
        arithmetic.put(out.value, out.bound, i, z, error + arithmetic.builtin(z, e, ulp.pow), SMALLEST_NORMAL)
        break
      }
      case 'max':
      case 'min': {
        const z = op === 'max' ? Math.max(x, y) : Math.min(x, y)
        // Exactly the error of the winner where the other cannot win.
        const loser = z === x ? y : x
        const won = z === x ? ex : ey
        arithmetic.put(out.value, out.bound, i, z, distance(z, loser) > e ? won : Math.max(ex, ey))
        break
      }
      case 'and':
      case 'or': {
        const p = truth(x, ex)
        const q = truth(y, ey)
        const decides = op === 'and' ? 'no' : 'yes'
        const z = op === 'and' ? x !== 0 && y !== 0 : x !== 0 || y !== 0
        out.value[i] = z ? 1 : 0
        out.bound[i] = p === decides || q === decides || (p !== 'maybe' && q !== 'maybe') ? 0 : 1
        break
      }
      default: {
        out.value[i] = compare(op, x, y) ? 1 : 0
        out.bound[i] = e === 0 || Math.abs(x - y) > e ? 0 : 1
      }
    }
  }
}

function compare(op: 'lt' | 'le' | 'gt' | 'ge' | 'eq' | 'ne', x: number, y: number): boolean {
  switch (op) {
    case 'lt':
      return x < y
    case 'le':
      return x <= y
    case 'gt':
      return x > y
    case 'ge':
      return x >= y
    case 'eq':
      return x === y
    case 'ne':
      return x !== y
    default:
      return op satisfies never
  }
}

// Monotone in either operand for a positive base, so the corners hold the extremes; to first order as well, for intervals
// that are too narrow for float64.
function powError(x: number, ex: number, y: number, ey: number, z: number): number {
  let worst = 0
  for (const s of [-1, 1]) for (const t of [-1, 1]) worst = Math.max(worst, distance((x + s * ex) ** (y + t * ey), z))
  const slopeX = ex === 0 ? 0 : Math.abs((y * z) / x) * ex
  const slopeY = ey === 0 ? 0 : Math.abs(z * Math.log(Math.abs(x))) * ey
  return Math.max(worst, slopeX + slopeY)
}

/** out[i] = c[i] is not 0 ? a[i] : b[i], with bounds. */
export function evaluateSelect(c: Register, a: Register, b: Register, out: Register, n: number): void {
  for (let i = 0; i < n; i++) {
    const first = c.value[i] !== 0
    const [chosen, other] = first ? [a, b] : [b, a]
    out.value[i] = chosen.value[i]
    out.bound[i] =
      truth(c.value[i], c.bound[i]) === 'maybe'
        ? Math.max(chosen.bound[i], distance(a.value[i], b.value[i]) + other.bound[i])
        : chosen.bound[i]
    if (Number.isNaN(out.bound[i])) out.bound[i] = Infinity
  }
}
