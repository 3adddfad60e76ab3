// Kernels about indices: gather, scatterAdd, argmax, cast.
import { sizeOf } from '@strata/api/backend'
import { Accumulator } from '../accumulator.js'
import { distance } from '../arithmetic.js'
import { impl } from './impl.js'

export const gather = impl<'gather'>((_, { axis }, [x, indices], [y]) => {
  const before = sizeOf(x.shape.slice(0, axis))
  const rows = x.shape[axis]
  const after = sizeOf(x.shape.slice(axis + 1))
  const n = indices.value.length
  const outside = x.dtype === 'float32' ? NaN : 0
  for (let i = 0; i < before; i++) {
    for (let j = 0; j < n; j++) {
      const row = indices.value[j]
      const doubt = indices.bound[j]
      for (let k = 0; k < after; k++) {
        const o = (i * n + j) * after + k
        const inside = row >= 0 && row < rows
        const at = (i * rows + row) * after + k
        y.value[o] = inside ? x.value[at] : outside
        y.bound[o] = inside ? x.bound[at] : 0
        // An index that is not certain may read any row within its bound.
        for (let r = Math.ceil(row - doubt); doubt > 0 && r <= row + doubt; r++) {
          const other = (i * rows + r) * after + k
          const e = r < 0 || r >= rows ? Infinity : distance(x.value[other], y.value[o]) + x.bound[other]
          y.bound[o] = Math.max(y.bound[o], e)
        }
      }
    }
  }
})

export const scatterAdd = impl<'scatterAdd'>((arithmetic, { size }, [indices, updates], [y]) => {
  const sum = new Accumulator(arithmetic, y)
  const rest = sizeOf(updates.shape.slice(1))
  for (let i = 0; i < indices.value.length; i++) {
    const row = indices.value[i]
    const doubt = indices.bound[i]
    for (let k = 0; k < rest; k++) {
      const x = updates.value[i * rest + k]
      const e = updates.bound[i * rest + k]
      if (row >= 0 && row < size) sum.term(row * rest + k, x, doubt > 0 ? e + Math.abs(x) : e)
      for (let r = Math.ceil(row - doubt); doubt > 0 && r <= row + doubt; r++) {
        if (r >= 0 && r < size) y.bound[r * rest + k] += Math.abs(x) + e
      }
    }
  }
  sum.finishTerms()
})

export const argmax = impl<'argmax'>((_, { axis }, [x], [y]) => {
  const before = sizeOf(x.shape.slice(0, axis))
  const n = x.shape[axis]
  const after = sizeOf(x.shape.slice(axis + 1))
  for (let i = 0; i < before; i++) {
    for (let k = 0; k < after; k++) {
      const at = (j: number): number => (i * n + j) * after + k
      let best = 0
      for (let j = 1; j < n; j++) {
        const v = x.value[at(j)]
        const m = x.value[at(best)]
        if (v > m || (Number.isNaN(v) && !Number.isNaN(m))) best = j
      }
      let doubt = 0
      for (let j = 0; j < n; j++) {
        const e = x.bound[at(j)] + x.bound[at(best)]
        const possible = j !== best && e > 0 && !(x.value[at(best)] - x.value[at(j)] > e)
        if (possible) doubt = Math.max(doubt, Math.abs(j - best))
      }
      y.value[i * after + k] = best
      y.bound[i * after + k] = doubt
    }
  }
})

export const cast = impl<'cast'>((arithmetic, { dtype }, [x], [y]) => {
  for (let i = 0; i < x.value.length; i++) {
    const v = x.value[i]
    const e = x.bound[i]
    if (dtype === x.dtype) {
      y.value[i] = v
      y.bound[i] = e
    } else if (dtype === 'int32') {
      y.value[i] = Math.trunc(v)
      y.bound[i] =
        e === 0 ? 0 : Math.max(distance(Math.trunc(v + e), Math.trunc(v)), distance(Math.trunc(v - e), Math.trunc(v)))
    } else {
      y.value[i] = v
      y.bound[i] = e + arithmetic.rounding(v, e)
    }
  }
})
