// Adds partial results in order: how sums that were split for threads come together, the same way for any thread count.
import type { Address, KernelContext } from '../kernels/context.js'
import { storeLanes } from '../kernels/loops.js'
import { F32x4 } from '../wasm/index.js'

/** Sums of partial results. */
export interface SumPartials {
  /** Floats from one partial result to the next, a multiple of 4. */
  readonly stride: number
  record(partials: Address, out: Address): void
}

/** Prepares out[i] = sum over p of partials[p * stride + i], for `n` floats and `count` partial results. */
export function prepareSumPartials(ctx: KernelContext, n: number, count: number): SumPartials {
  const stride = Math.ceil(n / 4) * 4
  const width = n - (stride - 4)
  const fn = ctx.define(`sum partials ${n} ${count}`, name =>
    ctx.module.func(
      name,
      { begin: 'i32', end: 'i32', partials: 'i32', out: 'i32' },
      null,
      (f, { begin, end, partials, out }) => {
        f.for(begin, end, 1, vector => {
          const p = f.let(partials.add(vector.shl(4)))
          const q = f.let(out.add(vector.shl(4)))
          const sum = f.local('f32x4', F32x4.load(p))
          f.repeat(count - 1, () => {
            p.inc(stride * 4)
            sum.set(sum.add(F32x4.load(p)))
          })
          if (width === 4) f.store(q, sum)
          else
            f.if(
              vector.eq(stride / 4 - 1),
              () => storeLanes(f, q, sum, width),
              () => f.store(q, sum),
            )
        })
      },
    ),
  )
  return {
    stride,
    record: (partials, out) => ctx.parallel(stride / 4, Math.max(1, Math.round(20000 / count)), fn, { partials, out }),
  }
}
