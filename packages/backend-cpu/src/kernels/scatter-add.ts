// scatterAdd: adds rows into zeros by index, in ascending order of the updates. Columns are split among calls, so that
// equal indices never meet from two sides.
import { sizeOf } from '@strata/api/backend'
import { I32 } from '../wasm/index.js'
import type { CpuImpl } from './context.js'
import { forRows, forVectors, loadLanes, storeLanes } from './loops.js'
import { fill } from './strided-copy.js'

/** Columns of a unit. */
const BLOCK = 64

export const scatterAdd: CpuImpl<'scatterAdd'> = {
  prepare(ctx, { attrs: { size }, ins: [indices, updates], outs: [y] }) {
    const zero = fill(ctx, sizeOf(y.shape), 0)
    const count = indices.shape[0]
    const inner = sizeOf(updates.shape.slice(1))
    if (count * inner * size === 0) return (_, [to]) => zero(to)
    const blocks = Math.ceil(inner / BLOCK)
    const params = { indices: 'i32', updates: 'i32', to: 'i32', begin: 'i32', end: 'i32' } as const
    const fn = ctx.define(`scatterAdd:${JSON.stringify([size, count, inner])}`, name =>
      ctx.module.func(name, params, null, (f, { indices, updates, to, begin, end }) => {
        forRows(f, { outer: [], strides: [[]], blocks }, [updates], begin, end, ([row], first, last) => {
          const source = f.let(row)
          const at = f.let(indices)
          f.repeat(count, () => {
            const index = f.let(I32.load(at))
            f.if(index.ltU(size), () => {
              const target = f.let(to.add(index.mul(inner * 4)))
              const pointers = [
                { row: source, stride: 1 },
                { row: target, stride: 1 },
              ]
              forVectors(f, inner, BLOCK, first, last, pointers, ([p, q], offset, lanes) => {
                const sum = loadLanes(f, q, lanes, offset * 4).add(loadLanes(f, p, lanes, offset * 4))
                storeLanes(f, q, f.let(sum), lanes, offset * 4)
              })
            })
            source.inc(inner * 4)
            at.inc(4)
          })
        })
      }),
    )
    return ([indices, updates], [to]) => {
      zero(to)
      ctx.parallel<{ indices: 'i32'; updates: 'i32'; to: 'i32' }>(blocks, 1, fn, { indices, updates, to })
    }
  },
}
