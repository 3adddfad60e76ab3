// avgPool: the mean of each window over its valid elements: rows of the window are summed apart, then divided by the count.

import { forChannels, forWindow, isInside, poolingOf, rowGrain, validRange, windowOffsets } from '../gemm/pooling.js'
import { F32x4 } from '../wasm/index.js'
import type { CpuImpl } from './context.js'
import { loadLanes, storeLanes } from './loops.js'

export const avgPool: CpuImpl<'avgPool'> = {
  prepare(ctx, { ins: [x], outs: [y], attrs }) {
    const p = poolingOf(x.shape, y.shape, attrs)
    const { channels, input, output } = p
    const offsets = isInside(p) ? windowOffsets(p) : undefined
    const fn = ctx.define(`avg pool ${JSON.stringify(p)}`, name =>
      ctx.module.func(name, { begin: 'i32', end: 'i32', x: 'i32', y: 'i32' }, null, (f, { begin, end, x, y }) => {
        f.for(begin, end, 1, unit => {
          const q = f.let(y.add(unit.mul(output[1] * channels * 4)))
          const image = f.let(x.add(unit.divU(output[0]).mul(input[0] * input[1] * channels * 4)))
          const row = f.let(unit.remU(output[0]))
          if (offsets !== undefined) {
            const pixel = f.let(image.add(row.mul(attrs.strides[0] * input[1] * channels * 4)))
            f.repeat(output[1], () => {
              const s = f.local('i32', pixel)
              forChannels(f, channels, [s, q], width => {
                const [first, ...rest] = offsets
                const sum = rest.reduce((m, o) => m.add(loadLanes(f, s, width, o)), loadLanes(f, s, width, first))
                storeLanes(f, q, f.let(sum.div(offsets.length)), width)
              })
              if (channels % 4 !== 0) q.inc((channels % 4) * 4)
              pixel.inc(attrs.strides[1] * channels * 4)
            })
            return
          }
          const rows = validRange(f, p, 0, row)
          f.for(0, output[1], 1, column => {
            const columns = validRange(f, p, 1, column)
            const count = f.let(F32x4.splat(rows.to.sub(rows.from).mul(columns.to.sub(columns.from)).toF32S()))
            const s = f.local('i32', image)
            forChannels(f, channels, [s, q], width => {
              const sum = f.local('f32x4', 0)
              const part = f.local('f32x4', 0)
              forWindow(
                f,
                p,
                s,
                rows,
                columns,
                e => part.set(part.add(loadLanes(f, e, width))),
                () => {
                  sum.set(sum.add(part))
                  part.set(0)
                },
              )
              storeLanes(f, q, f.let(sum.div(count)), width)
            })
            if (channels % 4 !== 0) q.inc((channels % 4) * 4)
          })
        })
      }),
    )
    return ([x], [y]) => ctx.parallel(p.n * output[0], rowGrain(p), fn, { x, y })
  },
}
