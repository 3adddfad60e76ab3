// avgPoolGrad: each input element adds up the gradients of the windows over it, each divided by its count of valid elements.

import { forChannels, isInside, larger, type Pooling, poolingOf, smaller, validRange } from '../gemm/pooling.js'
import { F32x4, type FunctionBuilder, type I32, type LocalI32 } from '../wasm/index.js'
import type { CpuImpl } from './context.js'
import { loadLanes, storeLanes } from './loops.js'

export const avgPoolGrad: CpuImpl<'avgPoolGrad'> = {
  prepare(ctx, { ins: [dy], attrs }) {
    const p = poolingOf(attrs.inputShape, dy.shape, attrs)
    const { channels: c, input, output } = p
    const inside = isInside(p)
    const size = attrs.size[0] * attrs.size[1]
    const fn = ctx.define(`avg pool grad ${JSON.stringify(p)}`, name =>
      ctx.module.func(name, { begin: 'i32', end: 'i32', dy: 'i32', dx: 'i32' }, null, (f, { begin, end, dy, dx }) => {
        f.for(begin, end, 1, unit => {
          const q = f.let(dx.add(unit.mul(input[1] * c * 4)))
          const image = f.let(dy.add(unit.divU(input[0]).mul(output[0] * output[1] * c * 4)))
          const rows = windowsOver(f, p, 0, unit.remU(input[0]))
          f.for(0, input[1], 1, column => {
            const columns = windowsOver(f, p, 1, column)
            const s = f.local('i32', image)
            forChannels(f, c, [s, q], width => {
              const sum = f.local('f32x4', 0)
              f.for(rows.from, rows.to, 1, oh => {
                f.for(columns.from, columns.to, 1, ow => {
                  const d = f.let(
                    s.add(
                      oh
                        .mul(output[1])
                        .add(ow)
                        .mul(c * 4),
                    ),
                  )
                  const count = inside
                    ? F32x4.of(size)
                    : F32x4.splat(
                        valid(f, p, 0, oh)
                          .mul(valid(f, p, 1, ow))
                          .toF32S(),
                      )
                  sum.set(sum.add(loadLanes(f, d, width).div(count)))
                })
              })
              storeLanes(f, q, sum, width)
            })
            if (c % 4 !== 0) q.inc((c % 4) * 4)
          })
        })
      }),
    )
    const work =
      input[1] * c * Math.ceil(attrs.size[0] / attrs.strides[0]) * Math.ceil(attrs.size[1] / attrs.strides[1])
    return ([dy], [dx]) =>
      ctx.parallel(p.n * input[0], Math.max(1, Math.round(1e5 / Math.max(1, work))), fn, { dy, dx })
  },
}

/** The windows [from, to) that cover an input position. */
function windowsOver(f: FunctionBuilder, p: Pooling, dimension: 0 | 1, position: I32) {
  const { size, strides, padding } = p.attrs
  const stride = strides[dimension]
  const at = f.let(position.add(padding[2 * dimension]))
  const from = larger(f, f.let(at.add(stride - size[dimension])), 0)
  from.set(from.divU(stride))
  const to = smaller(f, f.let(at.divU(stride).add(1)), p.output[dimension])
  return { from, to }
}

function valid(f: FunctionBuilder, p: Pooling, dimension: 0 | 1, window: LocalI32): I32 {
  const { from, to } = validRange(f, p, dimension, window)
  return to.sub(from)
}
