// Copies B into panels [batch][n / nr][k][nr], columns past n zero: the inner loop then reads it in one stream.
import type { Address, KernelContext } from '../kernels/context.js'
import { loadLanes } from '../kernels/loops.js'
import { F32x4, type FunctionHandle } from '../wasm/index.js'
import { type Blocking, type GemmShape, product, vectorWidths } from './shape.js'

/** Floats of all panels. */
export const packedSize = (s: GemmShape, b: Blocking): number =>
  s.batch.count * Math.ceil(s.n / b.tile.nr) * b.tile.nr * product(b.inner)

type PackParams = { readonly begin: 'i32'; readonly end: 'i32'; readonly source: 'i32'; readonly target: 'i32' }

/** Prepares the copy of B from its own layout to panels. */
export function preparePack(
  ctx: KernelContext,
  s: GemmShape,
  blocking: Blocking,
): (source: Address, target: Address) => void {
  const { nr } = blocking.tile
  const panels = Math.ceil(s.n / nr)
  const k = product(blocking.inner)
  const key = `pack ${JSON.stringify([s.batch.b, s.n, s.bn, s.offset.b, nr, blocking.inner.map(l => [l.count, l.b])])}`
  const fn = ctx.define(key, name => emitPack(ctx, name, s, blocking, panels, k))
  const units = k === 0 ? 0 : s.batch.count * panels
  const grain = Math.max(1, Math.round(20000 / Math.max(1, k * nr)))
  return (source, target) => ctx.parallel(units, grain, fn, { source, target })
}

function emitPack(
  ctx: KernelContext,
  name: string,
  s: GemmShape,
  { tile: { nr }, inner }: Blocking,
  panels: number,
  k: number,
): FunctionHandle<PackParams, null> {
  const tail = s.n % nr
  return ctx.module.func(
    name,
    { begin: 'i32', end: 'i32', source: 'i32', target: 'i32' },
    null,
    (f, { begin, end, source, target }) => {
      f.for(begin, end, 1, unit => {
        const panel = f.let(unit.remU(panels))
        const q = f.let(target.add(unit.mul(k * nr * 4)))
        const p = f.let(
          source
            .add(unit.divU(panels).mul(s.batch.b * 4))
            .add(panel.mul(nr * s.bn * 4))
            .add(s.offset.b * 4),
        )
        const copy = (width: number): void => {
          const widths = vectorWidths(width)
          const nest = (level: number): void => {
            const l = inner[level]
            f.repeat(l.count, () => {
              if (level < 2) {
                // Each level leaves B behind its last step: the level around it goes on from where its own step began.
                const next = inner[level + 1]
                nest(level + 1)
                p.inc((l.b - next.count * next.b) * 4)
                return
              }
              for (let j = 0; j * 4 < nr; j++) {
                const w = widths[j] ?? 0
                if (w === 0) f.store(q, F32x4.of(0), j * 16)
                else if (s.bn === 1) f.store(q, loadLanes(f, p, w, j * 16), j * 16)
                else {
                  let v = F32x4.loadZero(p, j * 4 * s.bn * 4)
                  for (let c = 1; c < w; c++) v = F32x4.loadLane(p, v, c, (j * 4 + c) * s.bn * 4)
                  f.store(q, v, j * 16)
                }
              }
              p.inc(l.b * 4)
              q.inc(nr * 4)
            })
          }
          nest(0)
        }
        if (tail === 0) copy(nr)
        else if (panels === 1) copy(tail)
        else
          f.if(
            panel.eq(panels - 1),
            () => copy(tail),
            () => copy(nr),
          )
      })
    },
  )
}
