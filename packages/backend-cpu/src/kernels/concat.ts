// concat: every input into its part of the output.
import { stridesOf } from '@strata/api/backend'
import type { CpuImpl } from './context.js'
import { copyBox } from './strided-copy.js'

export const concat: CpuImpl<'concat'> = {
  prepare(ctx, { attrs: { axis }, ins, outs: [y] }) {
    const strides = stridesOf(y.shape)
    let at = 0
    const parts = ins.map(x => {
      const offset = at * strides[axis]
      at += x.shape[axis]
      return copyBox(ctx, x.shape, { strides: stridesOf(x.shape), offset: 0 }, { strides, offset })
    })
    return (from, [to]) => {
      parts.forEach((record, i) => {
        record(from[i], to)
      })
    }
  },
}
