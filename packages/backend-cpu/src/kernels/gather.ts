// gather: rows of a table by index. An index out of range gives NaN (0 for int32).
import { sizeOf } from '@strata/api/backend'
import { type FunctionBuilder, I32, I32x4, type LocalI32 } from '../wasm/index.js'
import type { CpuImpl } from './context.js'
import { loadLanes, storeLanes } from './loops.js'
import { bitsOf, MOVE_GRAIN } from './strided-copy.js'

export const gather: CpuImpl<'gather'> = {
  prepare(ctx, { attrs: { axis }, ins: [x, indices] }) {
    const outer = sizeOf(x.shape.slice(0, axis))
    const rows = x.shape[axis]
    const inner = sizeOf(x.shape.slice(axis + 1))
    const count = sizeOf(indices.shape)
    const missing = x.dtype === 'int32' ? 0 : bitsOf(Number.NaN, x.dtype)
    const fn = ctx.define(`gather:${JSON.stringify([rows, inner, count, missing])}`, name =>
      ctx.module.func(
        name,
        { from: 'i32', indices: 'i32', to: 'i32', begin: 'i32', end: 'i32' },
        null,
        (f, { from, indices, to, begin, end }) => {
          const target = f.let(to.add(begin.mul(inner * 4)))
          f.for(begin, end, 1, unit => {
            const index = f.let(I32.load(indices.add(unit.remU(count).shl(2))))
            f.if(
              index.ltU(rows),
              () => {
                const row = unit.divU(count).mul(rows).add(index)
                copyRow(f, f.let(from.add(row.mul(inner * 4))), target, inner)
              },
              () => {
                const to = f.let(target)
                f.repeat(inner, () => {
                  f.storeLane(to, I32x4.of(missing), 0)
                  to.inc(4)
                })
              },
            )
            target.inc(inner * 4)
          })
        },
      ),
    )
    const grain = Math.ceil(MOVE_GRAIN / (inner + 8))
    return ([from, indices], [to]) =>
      ctx.parallel<{ from: 'i32'; indices: 'i32'; to: 'i32' }>(outer * count, grain, fn, { from, indices, to })
  },
}

/** A row of fixed length: in line when short. */
function copyRow(f: FunctionBuilder, from: LocalI32, to: LocalI32, n: number): void {
  if (n > 128) f.memoryCopy(to, from, n * 4)
  else
    for (let i = 0; i < n; i += 4) {
      const lanes = Math.min(4, n - i)
      f.scope(() => storeLanes(f, to, f.let(loadLanes(f, from, lanes, i * 4)), lanes, i * 4))
    }
}
