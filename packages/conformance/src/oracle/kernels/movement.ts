// Kernels that move elements without arithmetic: values and bounds go along unchanged.
import { stridesOf } from '@strata/api/backend'
import { offsets, type Tensor } from '../tensor.js'
import { impl } from './impl.js'

/** out[to[i]] = x[from[i]]; without `to` or `from`, i itself. */
function move(x: Tensor, out: Tensor, from: Int32Array | null, to: Int32Array | null): void {
  const n = from?.length ?? to?.length ?? x.value.length
  for (let i = 0; i < n; i++) {
    const s = from === null ? i : from[i]
    const d = to === null ? i : to[i]
    out.value[d] = x.value[s]
    out.bound[d] = x.bound[s]
  }
}

export const transpose = impl<'transpose'>((_, { perm }, [x], [y]) => {
  const strides = stridesOf(x.shape)
  const permuted = perm.map(p => strides[p])
  move(x, y, offsets(y.shape, permuted), null)
})

export const slice = impl<'slice'>((_, { begin, strides }, [x], [y]) => {
  const own = stridesOf(x.shape)
  const base = begin.reduce((at, b, i) => at + b * own[i], 0)
  const stepped = strides.map((s, i) => s * own[i])
  move(x, y, offsets(y.shape, stepped, base), null)
})

export const pad = impl<'pad'>((arithmetic, { padding, value }, [x], [y]) => {
  y.value.fill(value)
  y.bound.fill(arithmetic.rounding(value, 0))
  const strides = stridesOf(y.shape)
  const base = padding.reduce((at, [before], i) => at + before * strides[i], 0)
  move(x, y, null, offsets(x.shape, strides, base))
})

export const concat = impl<'concat'>((_, { axis }, ins, [y]) => {
  const strides = stridesOf(y.shape)
  let base = 0
  for (const x of ins) {
    move(x, y, null, offsets(x.shape, strides, base))
    base += x.shape[axis] * strides[axis]
  }
})

export const reshape = impl<'reshape'>((_, __, [x], [y]) => move(x, y, null, null))
export const copy = impl<'copy'>((_, __, [x], [y]) => move(x, y, null, null))
