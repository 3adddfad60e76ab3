// slice: a strided box of elements; negative strides reverse.
import { stridesOf } from '@strata/api/backend'
import type { CpuImpl } from './context.js'
import { copyBox } from './strided-copy.js'

export const slice: CpuImpl<'slice'> = {
  prepare(ctx, { attrs: { begin, strides }, ins: [x], outs: [y] }) {
    const own = stridesOf(x.shape)
    const source = {
      strides: own.map((s, i) => s * strides[i]),
      offset: own.reduce((n, s, i) => n + s * begin[i], 0),
    }
    const record = copyBox(ctx, y.shape, source, { strides: stridesOf(y.shape), offset: 0 })
    return ([from], [to]) => record(from, to)
  },
}
