// pad: a constant border. The whole output is filled, then the input copied in.
import { sizeOf, stridesOf } from '@strata/api/backend'
import type { CpuImpl } from './context.js'
import { bitsOf, copyBox, fill } from './strided-copy.js'

export const pad: CpuImpl<'pad'> = {
  prepare(ctx, { attrs: { padding, value }, ins: [x], outs: [y] }) {
    const strides = stridesOf(y.shape)
    const offset = strides.reduce((n, s, i) => n + s * padding[i][0], 0)
    const border = fill(ctx, sizeOf(y.shape), bitsOf(value, y.dtype))
    const inside = copyBox(ctx, x.shape, { strides: stridesOf(x.shape), offset: 0 }, { strides, offset })
    return ([from], [to]) => {
      if (sizeOf(x.shape) !== sizeOf(y.shape)) border(to)
      inside(from, to)
    }
  },
}
