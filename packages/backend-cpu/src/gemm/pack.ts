// Copies B into panels [batch][n / nr][k][nr], columns past n zero: the inner loop then reads it in one stream.
import type { Address, KernelContext } from '../kernels/context.js'
import { loadLanes } from '../kernels/loops.js'
import { F32x4, type FunctionBuilder, type FunctionHandle, type LocalI32 } from '../wasm/index.js'
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
          const { count, b } = inner[2]
          // Where B is transposed its rows are strided, but each column is one stream: four rows of four columns at a time.
          const fours = s.bn !== 1 && b === 1 ? Math.floor(count / 4) : 0
          // Each level leaves B behind its last step: the level around it goes on from where its own step began.
          const nest = (level: number): void => {
            if (level < 2) {
              const next = inner[level + 1]
              f.repeat(inner[level].count, () => {
                nest(level + 1)
                p.inc((inner[level].b - next.count * next.b) * 4)
              })
              return
            }
            f.repeat(fours, () => {
              for (let j = 0; j * 4 < nr; j++) f.scope(() => transposeFour(f, p, q, s.bn, nr, j, widths[j] ?? 0))
              p.inc(16)
              q.inc(4 * nr * 4)
            })
            f.repeat(count - 4 * fours, () => {
              for (let j = 0; j * 4 < nr; j++) f.scope(() => f.store(q, rowOf(f, p, s.bn, j, widths[j] ?? 0), j * 16))
              p.inc(b * 4)
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

/** Columns 4j to 4j + 3 of one row of B, `width` of them; zeros past those. */
function rowOf(f: FunctionBuilder, p: LocalI32, bn: number, j: number, width: number): F32x4 {
  if (width === 0) return F32x4.of(0)
  if (bn === 1) return loadLanes(f, p, width, j * 16)
  let v = F32x4.loadZero(p, j * 4 * bn * 4)
  for (let c = 1; c < width; c++) v = F32x4.loadLane(p, v, c, (j * 4 + c) * bn * 4)
  return v
}

/** Copies four rows of columns 4j to 4j + 3, where columns are contiguous in memory. */
function transposeFour(
  f: FunctionBuilder,
  p: LocalI32,
  q: LocalI32,
  bn: number,
  nr: number,
  j: number,
  width: number,
): void {
  const [a, b, c, d] = [0, 1, 2, 3].map(i => f.let(i < width ? F32x4.load(p, (j * 4 + i) * bn * 4) : F32x4.of(0)))
  const low = [f.let(a.shuffle(b, [0, 4, 1, 5])), f.let(c.shuffle(d, [0, 4, 1, 5]))] as const
  const high = [f.let(a.shuffle(b, [2, 6, 3, 7])), f.let(c.shuffle(d, [2, 6, 3, 7]))] as const
  for (const [row, [x, y]] of [low, low, high, high].entries()) {
    f.store(q, x.shuffle(y, row % 2 === 0 ? [0, 1, 4, 5] : [2, 3, 6, 7]), row * nr * 4 + j * 16)
  }
}
