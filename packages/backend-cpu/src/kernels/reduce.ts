// reduce: sums and extrema of scalar programs over some dimensions; reduction.ts has the passes.
import { broadcastStrides, sizeOf } from '@strata/api/backend'
import type { CpuImpl } from './context.js'
import { reduction } from './reduction.js'
import { fill } from './strided-copy.js'

export const reduce: CpuImpl<'reduce'> = {
  prepare(ctx, { attrs: { op, shape, program, axes }, ins, outs }) {
    if (sizeOf(shape) === 0) {
      // A sum of nothing; extrema of nothing were refused with the plan.
      const zeros = outs.map(o => fill(ctx, sizeOf(o.shape), 0))
      return (_, to) => {
        zeros.forEach((zero, j) => {
          zero(to[j])
        })
      }
    }
    const strides = ins.map(s => broadcastStrides(s.shape, shape))
    return reduction(ctx, { op, program, shape, strides, integer: ins.map(s => s.dtype === 'int32'), axes })
  },
}
