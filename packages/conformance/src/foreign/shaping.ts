// Operators that both dialects have in nearly the same form: products, normalisation, shapes.
import { expr as E, ops, type Value } from '@strata/api'
import { broadcastShapes, type Shape } from '@strata/api/backend'
import { Unmapped } from './case.js'
import { axisOf } from './scope.js'

/** Matrix product as NumPy's: leading dimensions broadcast, vectors are rows or columns. */
export function product(a: Value, b: Value): Value {
  if (a.rank === 0 || b.rank === 0) throw new Unmapped('a product of scalars')
  const left = a.rank === 1 ? ops.expandDims(a, 0) : a
  const right = b.rank === 1 ? ops.expandDims(b, 1) : b
  const batch = broadcastShapes('matmul', left.shape.slice(0, -2), right.shape.slice(0, -2))
  const y = ops.matmul(
    ops.broadcastTo(left, [...batch, ...left.shape.slice(-2)]),
    ops.broadcastTo(right, [...batch, ...right.shape.slice(-2)]),
  )
  const dropped = [...(a.rank === 1 ? [y.rank - 2] : []), ...(b.rank === 1 ? [y.rank - 1] : [])]
  return dropped.length === 0 ? y : ops.squeeze(y, dropped)
}

/** alpha a' b' + beta c. */
export function gemm(
  a: Value,
  b: Value,
  c: Value | null,
  { alpha = 1, beta = 1, transposeA = false, transposeB = false },
): Value {
  const y = ops.mul(ops.matmul(a, b, { transposeA, transposeB }), alpha)
  return c === null ? y : ops.add(y, ops.mul(c, beta))
}

/** `x` (one element for each of `axes`) as a tensor that broadcasts to rank `rank` along them, in the order given. */
export function along(x: Value, axes: readonly number[], rank: number): Value {
  const sorted = [...axes].sort((p, q) => p - q)
  const ordered = ops.transpose(
    x,
    sorted.map(a => axes.indexOf(a)),
  )
  const shape = Array.from({ length: rank }, (_, i) => (sorted.includes(i) ? ordered.shape[sorted.indexOf(i)] : 1))
  return ops.reshape(ordered, shape)
}

/** (x - mean) / sqrt(variance + epsilon) * scale + bias; all broadcast. */
export function normalized(
  x: Value,
  mean: Value,
  variance: Value,
  scale: Value | null,
  bias: Value | null,
  epsilon: number,
): Value {
  const y = ops.elementwise([x, mean, variance], (v, m, s) => E.mul(E.sub(v, m), E.rsqrt(E.add(s, epsilon))))
  const scaled = scale === null ? y : ops.mul(y, scale)
  return bias === null ? scaled : ops.add(scaled, bias)
}

/** Elements from `starts` in steps, ends clamped as Python does. */
export function sliced(
  x: Value,
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[],
  steps: readonly number[],
): Value {
  const begin = x.shape.map(() => 0)
  const size = [...x.shape]
  const strides = x.shape.map(() => 1)
  axes.forEach((axis, i) => {
    const a = axisOf(axis, x.rank)
    const n = x.shape[a]
    const step = steps[i]
    const [low, high] = step > 0 ? [0, n] : [-1, n - 1]
    const clamp = (v: number): number => Math.min(high, Math.max(low, v < 0 ? v + n : v))
    const first = step > 0 ? clamp(starts[i]) : Math.max(0, clamp(starts[i]))
    const count = Math.max(0, Math.ceil((clamp(ends[i]) - first) / step))
    begin[a] = count === 0 ? 0 : first
    size[a] = count
    strides[a] = step
  })
  return ops.slice(x, begin, size, strides)
}

/** Parts of the given sizes along an axis. */
export function split(x: Value, axis: number, sizes: readonly number[]): Value[] {
  let begin = 0
  return sizes.map(size => {
    const part = ops.sliceAxis(x, axis, begin, size)
    begin += size
    return part
  })
}

/** Rows by index; negative ones count from the end. */
export function gathered(x: Value, indices: Value, axis: number): Value {
  if (indices.spec.dtype !== 'int32') throw new Unmapped('indices that are not integers')
  const n = x.shape[axisOf(axis, x.rank)]
  const wrapped = ops.cast(ops.where(ops.less(indices, 0), ops.add(indices, n), indices), 'int32')
  return ops.gather(x, wrapped, axis)
}

/** The index of the first extreme. */
export function extreme(x: Value, kind: 'max' | 'min', axis: number, keep: boolean): Value {
  const a = axisOf(axis, x.rank)
  const y = ops.argmax(kind === 'max' ? x : ops.neg(x), a)
  return keep ? ops.expandDims(y, a) : y
}

export function broadcast(x: Value, shape: Shape): Value {
  const y = ops.broadcastTo(x.spec.dtype === 'int32' ? ops.cast(x, 'float32') : x, shape)
  return x.spec.dtype === 'int32' ? ops.cast(y, 'int32') : y
}
