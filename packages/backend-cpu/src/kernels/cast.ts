// cast: float32 to int32 towards zero (saturating; NaN gives 0), int32 to float32 to nearest even.
import { sizeOf } from '@strata/api/backend'
import type { CpuImpl } from './context.js'
import { copyElements } from './copy.js'
import { forRows, forVectors, loadLanes, storeLanes } from './loops.js'

const BLOCK = 16

export const cast: CpuImpl<'cast'> = {
  prepare(ctx, { ins: [x], outs: [y] }) {
    const size = sizeOf(x.shape)
    if (x.dtype === y.dtype) {
      const record = copyElements(ctx, size)
      return ([from], [to]) => record(from, to)
    }
    const blocks = Math.ceil(size / BLOCK)
    const params = { from: 'i32', to: 'i32', begin: 'i32', end: 'i32' } as const
    const fn = ctx.define(`cast:${y.dtype}:${size}`, name =>
      ctx.module.func(name, params, null, (f, { from, to, begin, end }) => {
        forRows(f, { outer: [], strides: [[], []], blocks }, [from, to], begin, end, (rows, first, last) => {
          const pointers = rows.map(row => ({ row, stride: 1 }))
          forVectors(f, size, BLOCK, first, last, pointers, ([p, q], offset, lanes) => {
            const v = loadLanes(f, p, lanes, offset * 4)
            const converted = y.dtype === 'int32' ? v.toI32x4S().asF32x4() : v.asI32x4().toF32x4S()
            storeLanes(f, q, f.let(converted), lanes, offset * 4)
          })
        })
      }),
    )
    return ([from], [to]) => ctx.parallel<{ from: 'i32'; to: 'i32' }>(blocks, 2048, fn, { from, to })
  },
}
