// What the oracle computes with: a tensor of float64 values, each with a bound on the absolute error that a correct
// backend may have there.
import { type DType, type Shape, sizeOf, stridesOf, type TensorSpec } from '@strata/api/backend'

export interface Tensor {
  readonly shape: Shape
  readonly dtype: DType
  readonly value: Float64Array
  /** 0: the value is exact. Infinity: anything may be there. */
  readonly bound: Float64Array
}

/** A tensor of exact zeros. */
export function zeros(spec: TensorSpec): Tensor {
  const n = sizeOf(spec.shape)
  return { shape: spec.shape, dtype: spec.dtype, value: new Float64Array(n), bound: new Float64Array(n) }
}

/**
 * For every element of `shape`, in row-major order, its offset under other strides: the one way in which the oracle walks
 * tensors (broadcasting has strides 0, slicing a base and larger strides).
 */
export function offsets(shape: Shape, strides: readonly number[], base = 0): Int32Array {
  const n = sizeOf(shape)
  const out = new Int32Array(n)
  const index = new Array<number>(shape.length).fill(0)
  let at = base
  for (let i = 0; i < n; i++) {
    out[i] = at
    for (let d = shape.length - 1; d >= 0; d--) {
      at += strides[d]
      if (++index[d] < shape[d]) break
      at -= strides[d] * shape[d]
      index[d] = 0
    }
  }
  return out
}

/** Offsets into the tensor that is left when `axes` of `shape` are reduced. */
export function reducedOffsets(shape: Shape, axes: readonly number[]): Int32Array {
  const strides = stridesOf(shape.map((d, i) => (axes.includes(i) ? 1 : d)))
  return offsets(
    shape,
    strides.map((s, i) => (axes.includes(i) ? 0 : s)),
  )
}
