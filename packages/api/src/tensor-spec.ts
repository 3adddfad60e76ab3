// Shapes and element types, and the arithmetic on them that every part shares.
import { ShapeError } from './errors.js'

/** Element types. Booleans are float32 zeros and ones; int32 holds labels, indices and counters. */
export type DType = 'float32' | 'int32'
export type Shape = readonly number[]

/** Static shape and element type of a tensor; row-major, images NHWC. */
export interface TensorSpec {
  readonly shape: Shape
  readonly dtype: DType
}

export const f32 = (shape: Shape): TensorSpec => ({ shape, dtype: 'float32' })
export const i32 = (shape: Shape): TensorSpec => ({ shape, dtype: 'int32' })

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  let n = 1
  for (const d of shape) n *= d
  return n
}

/** Bytes of the elements, four each. */
export const bytesOf = (spec: TensorSpec): number => sizeOf(spec.shape) * 4

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  let s = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = s
    s *= shape[i]
  }
  return strides
}

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i])

/** The shape that all inputs broadcast to (NumPy's rule). @throws ShapeError naming both shapes */
export function broadcastShapes(where: string, ...shapes: Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map(s => s.length))
  const out = new Array<number>(rank).fill(1)
  for (const s of shapes) {
    for (let i = 0; i < s.length; i++) {
      const o = rank - s.length + i
      if (out[o] === 1) out[o] = s[i]
      else if (s[i] !== 1 && s[i] !== out[o]) {
        throw new ShapeError({ where, what: `shapes do not broadcast at dimension ${o}`, expected: out, got: s })
      }
    }
  }
  return out
}

/** Whether `from` broadcasts to exactly `to`. */
export function broadcastsTo(from: Shape, to: Shape): boolean {
  if (from.length > to.length) return false
  return from.every((d, i) => d === 1 || d === to[to.length - from.length + i])
}

/** Element strides of a tensor of shape `from` walked in the index space of `to`: 0 where it is broadcast. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const own = stridesOf(from)
  return to.map((_, i) => {
    const j = i - (to.length - from.length)
    return j < 0 || from[j] === 1 ? 0 : own[j]
  })
}

/** Resolves a negative axis. @throws ShapeError if out of range */
export function resolveAxis(where: string, axis: number, rank: number): number {
  const a = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(axis) || a < 0 || a >= rank) {
    throw new ShapeError({ where, what: 'axis', expected: `an integer in [${-rank}, ${rank - 1}]`, got: axis })
  }
  return a
}

/** Sorted, distinct, non-negative axes; null means all. */
export function resolveAxes(where: string, axes: number | readonly number[] | null, rank: number): number[] {
  if (axes === null) return Array.from({ length: rank }, (_, i) => i)
  const list = (typeof axes === 'number' ? [axes] : axes).map(a => resolveAxis(where, a, rank))
  return [...new Set(list)].sort((a, b) => a - b)
}

/** A spec in an error message or a printed plan: `float32[2, 3]`. */
export const showSpec = (s: TensorSpec): string => `${s.dtype}[${s.shape.join(', ')}]`
