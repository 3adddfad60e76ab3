// maxPoolGrad: finds the first maximum of each window again and sends the gradient there. Disjoint windows are written once;
// overlapping ones are added to an image of zeros in row-major order of the windows.

import {
  coveredBytes,
  forChannels,
  forWindow,
  inputBytes,
  isInside,
  type Pooling,
  poolingOf,
  rowGrain,
  validRange,
  windowBytes,
  windowOffsets,
} from '../gemm/pooling.js'
import { type F32x4, type FunctionBuilder, I32x4, type LocalF32x4, type LocalI32x4 } from '../wasm/index.js'
import type { Address, CpuImpl, KernelContext } from './context.js'
import { loadLanes, shouldTouch, storeLanes, touch } from './loops.js'

export const maxPoolGrad: CpuImpl<'maxPoolGrad'> = {
  prepare(ctx, { ins: [x, dy], attrs }) {
    const p = poolingOf(x.shape, dy.shape, attrs)
    const disjoint = attrs.strides[0] >= attrs.size[0] && attrs.strides[1] >= attrs.size[1]
    const record = disjoint && isInside(p) ? prepareDisjoint(ctx, p) : prepareOverlapping(ctx, p)
    return ([x, dy], [dx]) => record(x, dy, dx)
  },
}

type Record = (x: Address, dy: Address, dx: Address) => void

/** Keeps the larger element and its number; the first of equals, and the first NaN, stay. */
function keepLarger(best: LocalF32x4, index: LocalI32x4, v: LocalF32x4, number: I32x4, f: FunctionBuilder): void {
  const take = f.let(best.eq(best).andnot(v.le(best)))
  best.set(take.select<F32x4>(v, best))
  index.set(take.select<I32x4>(number, index))
}

/** Units are output rows; each writes the input rows from its windows down to the next unit's. */
function prepareDisjoint(ctx: KernelContext, p: Pooling): Record {
  const { channels: c, input, output, attrs } = p
  const [sh, sw] = attrs.strides
  const rowBytes = input[1] * c * 4
  const offsets = windowOffsets(p)
  const gaps = attrs.size[0] < sh || attrs.size[1] < sw || output[1] * sw !== input[1]
  const lastRows = input[0] - (output[0] - 1) * sh
  const fn = ctx.define(`max pool grad ${JSON.stringify(p)}`, name =>
    ctx.module.func(
      name,
      { begin: 'i32', end: 'i32', x: 'i32', dy: 'i32', dx: 'i32' },
      null,
      (f, { begin, end, x, dy, dx }) => {
        f.for(begin, end, 1, unit => {
          const d = f.let(dy.add(unit.mul(output[1] * c * 4)))
          const row = f.let(unit.remU(output[0]))
          const offset = f.let(unit.divU(output[0]).mul(input[0]).add(row.mul(sh)).mul(rowBytes))
          const xPixel = f.let(x.add(offset))
          const dxPixel = f.let(dx.add(offset))
          if (shouldTouch(windowBytes(p), inputBytes(p))) touch(f, xPixel, coveredBytes(p))
          // Elements that no window covers: between windows, and past the last ones.
          f.if(
            row.eq(output[0] - 1),
            () => {
              if (gaps || lastRows > attrs.size[0]) f.memoryFill(dxPixel, 0, lastRows * rowBytes)
            },
            () => {
              if (gaps) f.memoryFill(dxPixel, 0, sh * rowBytes)
            },
          )
          f.repeat(output[1], () => {
            const s = f.local('i32', xPixel)
            const t = f.local('i32', dxPixel)
            forChannels(f, c, [s, t, d], width => {
              f.scope(() => {
                const best = f.let(loadLanes(f, s, width, offsets[0]))
                const index = f.local('i32x4', 0)
                offsets.slice(1).forEach((o, k) => {
                  f.scope(() => keepLarger(best, index, f.let(loadLanes(f, s, width, o)), I32x4.of(k + 1), f))
                })
                const g = f.let(loadLanes(f, d, width))
                offsets.forEach((o, k) => {
                  storeLanes(f, t, f.let(g.and(index.eq(k))), width, o)
                })
              })
            })
            if (c % 4 !== 0) d.inc((c % 4) * 4)
            xPixel.inc(sw * c * 4)
            dxPixel.inc(sw * c * 4)
          })
        })
      },
    ),
  )
  return (x, dy, dx) => ctx.parallel(p.n * output[0], rowGrain(p), fn, { x, dy, dx })
}

/** Units are images, as windows of one image share elements. */
function prepareOverlapping(ctx: KernelContext, p: Pooling): Record {
  const { channels: c, input, output } = p
  const imageBytes = input[0] * input[1] * c * 4
  const fn = ctx.define(`max pool grad ${JSON.stringify(p)}`, name => {
    // A function for each row of windows, so that calls stay short.
    const rowFn = ctx.module.func(
      `${name} row`,
      { x: 'i32', dy: 'i32', dx: 'i32', row: 'i32' },
      null,
      (f, { x, dy, dx, row }) => {
        const rows = validRange(f, p, 0, row)
        f.for(0, output[1], 1, column => {
          const columns = validRange(f, p, 1, column)
          const s = f.local('i32', x)
          const t = f.local('i32', dx)
          forChannels(f, c, [s, t, dy], width => {
            f.scope(() => {
              const first = f.let(
                s.add(
                  rows.from
                    .mul(input[1])
                    .add(columns.from)
                    .mul(c * 4),
                ),
              )
              const best = f.let(loadLanes(f, first, width))
              const index = f.local('i32x4', 0)
              const number = f.local('i32x4', 0)
              forWindow(f, p, s, rows, columns, e => {
                keepLarger(best, index, f.let(loadLanes(f, e, width)), number, f)
                number.set(number.add(1))
              })
              const g = f.let(loadLanes(f, dy, width))
              number.set(0)
              forWindow(f, p, t, rows, columns, e => {
                storeLanes(f, e, f.let(loadLanes(f, e, width).add(g.and(index.eq(number)))), width)
                number.set(number.add(1))
              })
            })
          })
          if (c % 4 !== 0) dy.inc((c % 4) * 4)
        })
      },
    )
    return ctx.module.func(
      name,
      { begin: 'i32', end: 'i32', x: 'i32', dy: 'i32', dx: 'i32' },
      null,
      (f, { begin, end, x, dy, dx }) => {
        f.for(begin, end, 1, unit => {
          const image = f.let(unit.mul(imageBytes))
          f.memoryFill(dx.add(image), 0, imageBytes)
          const d = f.let(dy.add(unit.mul(output[0] * output[1] * c * 4)))
          f.for(0, output[0], 1, row => {
            f.call(rowFn, { x: x.add(image), dy: d, dx: dx.add(image), row })
            d.inc(output[1] * c * 4)
          })
        })
      },
    )
  })
  return (x, dy, dx) => ctx.parallel(p.n, Math.max(1, Math.floor(rowGrain(p) / output[0])), fn, { x, dy, dx })
}
