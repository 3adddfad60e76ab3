// softmax over the last axis, a row at a time while it is in cache: maximum, exponentials and their sum, quotients.
import { sizeOf } from '@strata/api/backend'
import { exp } from '../math/index.js'
import type { F32x4, FunctionBuilder, LocalF32x4, LocalI32 } from '../wasm/index.js'
import type { CpuImpl } from './context.js'
import { loadLanes, storeLanes } from './loops.js'
import { GRAIN } from './map.js'
import { acrossLanes, alongRow, fold, onlyLanes } from './row-math.js'

/** Independent sums along a row. */
export const CHAINS = 4
const max = (a: F32x4, b: F32x4): F32x4 => a.max(b)
export const add = (a: F32x4, b: F32x4): F32x4 => a.add(b)
export const chainsOf = (length: number): number => Math.min(CHAINS, Math.ceil(length / 4))

/** The maximum of a row in every lane; NaN if one is NaN. */
export function rowMaximum(f: FunctionBuilder, row: LocalI32, length: number): LocalF32x4 {
  const chains = chainsOf(length)
  const best = f.locals('f32x4', chains, -Infinity)
  alongRow(f, length, chains, [row], ([p], offset, lanes, c) => {
    best[c].set(best[c].max(onlyLanes(loadLanes(f, p, lanes, offset), lanes, -Infinity)))
  })
  return acrossLanes(f, fold(f, best, max), max)
}

export const softmax: CpuImpl<'softmax'> = {
  prepare(ctx, { ins: [x] }) {
    const length = x.shape.at(-1)!
    const rows = sizeOf(x.shape) / length
    const chains = chainsOf(length)
    const params = { from: 'i32', to: 'i32', begin: 'i32', end: 'i32' } as const
    const fn = ctx.define(`softmax:${length}`, name =>
      ctx.module.func(name, params, null, (f, { from, to, begin, end }) => {
        const source = f.let(from.add(begin.mul(length * 4)))
        const target = f.let(to.add(begin.mul(length * 4)))
        f.for(begin, end, 1, () => {
          const top = rowMaximum(f, source, length)
          const sums = f.locals('f32x4', chains, 0)
          alongRow(f, length, chains, [source, target], ([p, q], offset, lanes, c) => {
            const e = f.let(exp(f, f.let(loadLanes(f, p, lanes, offset).sub(top))))
            storeLanes(f, q, e, lanes, offset)
            sums[c].set(sums[c].add(onlyLanes(e, lanes, 0)))
          })
          const total = acrossLanes(f, fold(f, sums, add), add)
          alongRow(f, length, chains, [target], ([q], offset, lanes) => {
            storeLanes(f, q, f.let(loadLanes(f, q, lanes, offset).div(total)), lanes, offset)
          })
          source.inc(length * 4)
          target.inc(length * 4)
        })
      }),
    )
    const grain = Math.ceil(GRAIN / (length * 8))
    return ([from], [to]) => ctx.parallel<{ from: 'i32'; to: 'i32' }>(rows, grain, fn, { from, to })
  },
}
