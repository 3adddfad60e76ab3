// maxPool: the largest element of each window, NaN if there is one.

import {
  coveredBytes,
  forChannels,
  forWindow,
  inputBytes,
  isInside,
  poolingOf,
  rowGrain,
  validRange,
  windowBytes,
  windowOffsets,
} from '../gemm/pooling.js'
import type { F32x4, FunctionBuilder, LocalF32x4 } from '../wasm/index.js'
import type { CpuImpl } from './context.js'
import { loadLanes, shouldTouch, storeLanes, touch } from './loops.js'

/**
 * The largest, NaN if there is one. `pmax` is one instruction where `max` is eight: it keeps a NaN on its left, and loses one
 * on its right, which is looked for apart.
 */
function maximum(f: FunctionBuilder, values: readonly F32x4[]): LocalF32x4 {
  const best = f.local('f32x4', values[0])
  if (values.length === 1) return best
  const numbers = f.local('i32x4', -1)
  for (const value of values.slice(1)) {
    f.scope(() => {
      const v = f.let(value)
      best.set(best.pmax(v))
      numbers.set(numbers.and(v.eq(v)))
    })
  }
  // All bits set are a NaN.
  best.set(best.asI32x4().or(numbers.not()).asF32x4())
  return best
}

export const maxPool: CpuImpl<'maxPool'> = {
  prepare(ctx, { ins: [x], outs: [y], attrs }) {
    const p = poolingOf(x.shape, y.shape, attrs)
    const { channels, input, output } = p
    const offsets = isInside(p) ? windowOffsets(p) : undefined
    const fn = ctx.define(`max pool ${JSON.stringify(p)}`, name =>
      ctx.module.func(name, { begin: 'i32', end: 'i32', x: 'i32', y: 'i32' }, null, (f, { begin, end, x, y }) => {
        f.for(begin, end, 1, unit => {
          const q = f.let(y.add(unit.mul(output[1] * channels * 4)))
          const image = f.let(x.add(unit.divU(output[0]).mul(input[0] * input[1] * channels * 4)))
          const row = f.let(unit.remU(output[0]))
          if (offsets !== undefined) {
            const pixel = f.let(image.add(row.mul(attrs.strides[0] * input[1] * channels * 4)))
            if (shouldTouch(windowBytes(p), inputBytes(p))) touch(f, pixel, coveredBytes(p))
            f.repeat(output[1], () => {
              const s = f.local('i32', pixel)
              forChannels(f, channels, [s, q], width => {
                storeLanes(
                  f,
                  q,
                  maximum(
                    f,
                    offsets.map(o => loadLanes(f, s, width, o)),
                  ),
                  width,
                )
              })
              if (channels % 4 !== 0) q.inc((channels % 4) * 4)
              pixel.inc(attrs.strides[1] * channels * 4)
            })
            return
          }
          const rows = validRange(f, p, 0, row)
          f.for(0, output[1], 1, column => {
            const columns = validRange(f, p, 1, column)
            const s = f.local('i32', image)
            forChannels(f, channels, [s, q], width => {
              const first = s.add(
                rows.from
                  .mul(input[1])
                  .add(columns.from)
                  .mul(channels * 4),
              )
              const best = f.let(loadLanes(f, f.let(first), width))
              forWindow(f, p, s, rows, columns, e => best.set(best.max(loadLanes(f, e, width))))
              storeLanes(f, q, best, width)
            })
            if (channels % 4 !== 0) q.inc((channels % 4) * 4)
          })
        })
      }),
    )
    return ([x], [y]) => ctx.parallel(p.n * output[0], rowGrain(p), fn, { x, y })
  },
}
