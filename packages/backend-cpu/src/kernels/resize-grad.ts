// resizeGrad: the transpose of resize: every output's gradient is added to the pixels that it sampled, by their weights, in
// the order of the outputs. A unit is one image.
import { sizeOf } from '@strata/api/backend'
import { F32x4, I32, type LocalI32 } from '../wasm/index.js'
import type { CpuImpl } from './context.js'
import { loadLanes, storeLanes } from './loops.js'
import { ENTRY, sampleTable } from './resize.js'
import { alongRow } from './row-math.js'
import { fill } from './strided-copy.js'

export const resizeGrad: CpuImpl<'resizeGrad'> = {
  prepare(ctx, { attrs: { inputSize, interpolation }, ins: [dy], outs: [dx] }) {
    const [n, oh, ow, c] = dy.shape
    const [h, w] = inputSize
    const zero = fill(ctx, sizeOf(dx.shape), 0)
    if (sizeOf(dy.shape) === 0) return (_, [to]) => zero(to)
    const rows = sampleTable(ctx, oh, h, w * c * 4, interpolation)
    const columns = sampleTable(ctx, ow, w, c * 4, interpolation)
    const chains = Math.min(4, Math.ceil(c / 4))
    const params = { from: 'i32', to: 'i32', rows: 'i32', columns: 'i32', begin: 'i32', end: 'i32' } as const
    const fn = ctx.define(`resizeGrad:${JSON.stringify([h, w, c, oh, ow, interpolation])}`, name =>
      ctx.module.func(name, params, null, (f, { from, to, rows, columns, begin, end }) => {
        const source = f.let(from.add(begin.mul(oh * ow * c * 4)))
        const image = f.let(to.add(begin.mul(h * w * c * 4)))
        f.for(begin, end, 1, () => {
          const row = f.let(rows)
          f.repeat(oh, () => {
            const top = f.let(image.add(I32.load(row)))
            const bottom = f.let(image.add(I32.load(row, 4)))
            const down = f.let(F32x4.loadSplat(row, 8))
            const up = f.let(F32x4.of(1).sub(down))
            const column = f.let(columns)
            f.repeat(ow, () => {
              const accumulate = (target: I32, weight: F32x4 | undefined): void =>
                f.scope(() => {
                  const pixel: LocalI32 = f.let(target)
                  const factor = weight === undefined ? undefined : f.let(weight)
                  alongRow(f, c, chains, [source, pixel], ([p, q], offset, lanes) => {
                    const d = loadLanes(f, p, lanes, offset)
                    const old = loadLanes(f, q, lanes, offset)
                    storeLanes(f, q, f.let(factor === undefined ? old.add(d) : f.madd(d, factor, old)), lanes, offset)
                  })
                })
              const left = f.let(I32.load(column))
              if (interpolation === 'nearest') accumulate(top.add(left), undefined)
              else {
                const right = f.let(I32.load(column, 4))
                const along = f.let(F32x4.loadSplat(column, 8))
                const back = f.let(F32x4.of(1).sub(along))
                accumulate(top.add(left), up.mul(back))
                accumulate(top.add(right), up.mul(along))
                accumulate(bottom.add(left), down.mul(back))
                accumulate(bottom.add(right), down.mul(along))
              }
              column.inc(ENTRY)
              source.inc(c * 4)
            })
            row.inc(ENTRY)
          })
          image.inc(h * w * c * 4)
        })
      }),
    )
    return ([from], [to]) => {
      zero(to)
      ctx.parallel<{ from: 'i32'; to: 'i32'; rows: 'i32'; columns: 'i32' }>(n, 1, fn, { from, to, rows, columns })
    }
  },
}
