// transpose: reorders dimensions.
import { stridesOf } from '@strata/api/backend'
import type { CpuImpl } from './context.js'
import { copyBox } from './strided-copy.js'

export const transpose: CpuImpl<'transpose'> = {
  prepare(ctx, { attrs: { perm }, ins: [x], outs: [y] }) {
    const source = stridesOf(x.shape)
    const record = copyBox(
      ctx,
      y.shape,
      { strides: perm.map(p => source[p]), offset: 0 },
      { strides: stridesOf(y.shape), offset: 0 },
    )
    return ([from], [to]) => record(from, to)
  },
}
