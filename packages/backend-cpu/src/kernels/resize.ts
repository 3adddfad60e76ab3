// resize: nearest or bilinear resampling of rows of pixels. Where each output row and column samples is a table made at
// load from the specification's `samplePosition`.
import { samplePosition } from '@strata/api/backend'
import { F32x4, I32 } from '../wasm/index.js'
import type { CpuImpl, KernelContext } from './context.js'
import { loadLanes, storeLanes } from './loops.js'
import { GRAIN } from './map.js'
import { alongRow } from './row-math.js'

type Interpolation = 'nearest' | 'bilinear'
/** Bytes of a table entry: byte offset of the lower neighbour, of the upper one, the upper's weight. */
export const ENTRY = 12

/** The table of one dimension: `out` samples of `n`, `stride` bytes apart. */
export function sampleTable(ctx: KernelContext, out: number, n: number, stride: number, by: Interpolation) {
  const words = new Int32Array(out * 3)
  const weights = new Float32Array(words.buffer)
  for (let i = 0; i < out; i++) {
    const [low, high, weight] = samplePosition(i, out, n, by)
    words.set([low * stride, high * stride], i * 3)
    weights[i * 3 + 2] = weight
  }
  return ctx.data(words)
}

export const resize: CpuImpl<'resize'> = {
  prepare(ctx, { attrs: { size, interpolation }, ins: [x] }) {
    const [n, h, w, c] = x.shape
    const [oh, ow] = size
    if (n * c * h * w === 0) return () => {}
    const rows = sampleTable(ctx, oh, h, w * c * 4, interpolation)
    const columns = sampleTable(ctx, ow, w, c * 4, interpolation)
    const chains = Math.min(4, Math.ceil(c / 4))
    const params = { from: 'i32', to: 'i32', rows: 'i32', columns: 'i32', begin: 'i32', end: 'i32' } as const
    const fn = ctx.define(`resize:${JSON.stringify([h, w, c, size, interpolation])}`, name =>
      ctx.module.func(name, params, null, (f, { from, to, rows, columns, begin, end }) => {
        const target = f.let(to.add(begin.mul(ow * c * 4)))
        // A unit is one output row.
        f.for(begin, end, 1, unit => {
          const image = f.let(from.add(unit.divU(oh).mul(h * w * c * 4)))
          const row = f.let(rows.add(unit.remU(oh).mul(ENTRY)))
          const top = f.let(image.add(I32.load(row)))
          const bottom = f.let(image.add(I32.load(row, 4)))
          const down = f.let(F32x4.loadSplat(row, 8))
          const column = f.let(columns)
          f.repeat(ow, () => {
            const left = f.let(I32.load(column))
            if (interpolation === 'nearest') {
              alongRow(f, c, chains, [f.let(top.add(left)), target], ([p, q], offset, lanes) => {
                storeLanes(f, q, f.let(loadLanes(f, p, lanes, offset)), lanes, offset)
              })
            } else {
              const right = f.let(I32.load(column, 4))
              const along = f.let(F32x4.loadSplat(column, 8))
              const corners = [top.add(left), top.add(right), bottom.add(left), bottom.add(right)].map(a => f.let(a))
              alongRow(f, c, chains, [...corners, target], (p, offset, lanes) => {
                const [tl, tr, bl, br] = [0, 1, 2, 3].map(k => f.let(loadLanes(f, p[k], lanes, offset)))
                // a + (b - a) t keeps a where b equals a.
                const upper = f.let(f.madd(tr.sub(tl), along, tl))
                const lower = f.let(f.madd(br.sub(bl), along, bl))
                storeLanes(f, p[4], f.let(f.madd(lower.sub(upper), down, upper)), lanes, offset)
              })
            }
            column.inc(ENTRY)
            target.inc(c * 4)
          })
        })
      }),
    )
    const grain = Math.ceil(GRAIN / (ow * (c + 8)))
    return ([from], [to]) =>
      ctx.parallel<{ from: 'i32'; to: 'i32'; rows: 'i32'; columns: 'i32' }>(n * oh, grain, fn, {
        from,
        to,
        rows,
        columns,
      })
  },
}
