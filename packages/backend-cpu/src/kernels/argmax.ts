// argmax: index of the first maximum along an axis; the first NaN counts as the maximum. Four results at a time: of
// neighbouring columns, or of neighbouring rows where the axis is the last.
import { sizeOf } from '@strata/api/backend'
import type { F32x4, I32x4, LocalI32 } from '../wasm/index.js'
import type { CpuImpl } from './context.js'
import { loadStrided, storeLanes } from './loops.js'
import { GRAIN } from './map.js'

export const argmax: CpuImpl<'argmax'> = {
  prepare(ctx, { attrs: { axis }, ins: [x] }) {
    const length = x.shape[axis]
    const after = sizeOf(x.shape.slice(axis + 1))
    const before = sizeOf(x.shape.slice(0, axis))
    // Results come in groups of `width`, `stride` elements apart; a step along the axis moves `step` elements.
    const [groups, width, stride, step] = after === 1 ? [1, before, length, 1] : [before, after, 1, after]
    const vectors = Math.ceil(width / 4)
    const params = { from: 'i32', to: 'i32', begin: 'i32', end: 'i32' } as const
    const fn = ctx.define(`argmax:${JSON.stringify([length, before, after])}`, name =>
      ctx.module.func(name, params, null, (f, { from, to, begin, end }) => {
        f.for(begin, end, 1, unit => {
          const group = f.let(unit.divU(vectors))
          const column = f.let(unit.remU(vectors).shl(2))
          const p = f.let(from.add(group.mul(length * after * 4)).add(column.mul(stride * 4)))
          const q = f.let(to.add(group.mul(width).add(column).shl(2)))
          const scan = (lanes: number): void => {
            const at: LocalI32 = f.let(p)
            const best = f.let(loadStrided(f, at, stride, lanes))
            const index = f.local('i32x4', 0)
            const here = f.local('i32x4', 0)
            f.repeat(length - 1, () => {
              at.inc(step * 4)
              here.set(here.add(1))
              const v = f.let(loadStrided(f, at, stride, lanes))
              const firstNaN = v.ne(v).and(best.eq(best))
              const better = f.let(v.gt(best).or(firstNaN))
              best.set(better.select<F32x4>(v, best))
              index.set(better.select<I32x4>(here, index))
            })
            storeLanes(f, q, f.let(index.asF32x4()), lanes)
          }
          const rest = width % 4
          if (rest === 0) scan(4)
          else
            f.if(
              column.eq(width - rest),
              () => scan(rest),
              () => scan(4),
            )
        })
      }),
    )
    const grain = Math.ceil(GRAIN / (length * 6))
    return ([from], [to]) => ctx.parallel<{ from: 'i32'; to: 'i32' }>(groups * vectors, grain, fn, { from, to })
  },
}
