// What a generalised matrix product is, and how it is cut into tiles and blocks.
//
// C(i, j) = sum_k A(i, k) B(k, j), where i and k each run over a nest of up to three loops with strides of their own. So one
// code generator covers matrix products in all transpositions, convolutions without im2col (rows are pixels, the inner
// dimension is the window), their input gradients and their filter gradients (rows are the window, inner is pixels).
import type { Tile } from '../kernels/context.js'

/** A loop over rows: `count` steps of `a` elements of A and `c` elements of C. */
export interface RowLevel {
  readonly count: number
  readonly a: number
  readonly c: number
}
/** A loop over the inner dimension: `count` steps of `a` elements of A and `b` elements of B. */
export interface InnerLevel {
  readonly count: number
  readonly a: number
  readonly b: number
}

/** A batch of generalised products. Strides and offsets are in elements; nests are outermost first. */
export interface GemmShape {
  /** `channel` is the step of a per-column operand of the epilogue. */
  readonly batch: {
    readonly count: number
    readonly a: number
    readonly b: number
    readonly c: number
    readonly channel: number
  }
  readonly rows: readonly RowLevel[]
  readonly inner: readonly InnerLevel[]
  /** Columns; contiguous in C. */
  readonly n: number
  /** Step of B from column to column. */
  readonly bn: number
  /** First elements of A, B and C. */
  readonly offset: { readonly a: number; readonly b: number; readonly c: number }
}

/** How a product is executed. */
export interface Blocking {
  readonly rows: readonly [RowLevel, RowLevel, RowLevel]
  readonly inner: readonly [InnerLevel, InnerLevel, InnerLevel]
  readonly tile: Tile
  /** B is copied to panels [n / nr][k][nr] first. */
  readonly packed: boolean
  /** Elements from one row of B to the next in the inner loop. */
  readonly ldb: number
  /** Row tiles and column panels of one unit of work. */
  readonly unitTiles: number
  readonly unitPanels: number
  /** The inner level that is cut into pieces, and a piece's length: one block of the inner dimension is summed in registers. */
  readonly level: number
  readonly piece: number
  /** Blocks of the inner dimension, in order; each adds to C. */
  readonly blocks: number
  /** The inner dimension is summed in this many independent parts of `blocksPerSplit` blocks. */
  readonly splits: number
  readonly blocksPerSplit: number
  /** Loop panels outside tiles, so that a panel of B stays in the first-level cache. */
  readonly panelsOuter: boolean
}

export const product = (levels: readonly { readonly count: number }[]): number =>
  levels.reduce((n, l) => n * l.count, 1)

/** Joins loops that walk memory as one would. */
function mergeRows(levels: readonly RowLevel[]): RowLevel[] {
  const out: RowLevel[] = []
  for (const l of levels.filter(l => l.count !== 1)) {
    const outer = out.at(-1)
    if (outer !== undefined && outer.a === l.count * l.a && outer.c === l.count * l.c) {
      out[out.length - 1] = { ...l, count: outer.count * l.count }
    } else out.push(l)
  }
  return out
}
function mergeInner(levels: readonly InnerLevel[]): InnerLevel[] {
  const out: InnerLevel[] = []
  for (const l of levels.filter(l => l.count !== 1)) {
    const outer = out.at(-1)
    if (outer !== undefined && outer.a === l.count * l.a && outer.b === l.count * l.b) {
      out[out.length - 1] = { ...l, count: outer.count * l.count }
    } else out.push(l)
  }
  return out
}
function three<L>(levels: readonly L[], one: L): [L, L, L] {
  if (levels.length > 3) throw new RangeError(`a loop nest of ${levels.length} levels`)
  const all = [...Array<L>(3 - levels.length).fill(one), ...levels]
  return [all[0], all[1], all[2]]
}

/** Products summed in registers before they are added to C: bounds both rounding error and the cache footprint. */
const BLOCK = 128
/** Units that a split of the inner dimension aims at: enough for any number of threads. */
const UNITS = 32

/**
 * Chooses the blocking by shape alone, so that results do not depend on threads.
 * `splittable`: the inner dimension may be summed in parts (no epilogue).
 */
export function chooseBlocking(s: GemmShape, tile: Tile, splittable: boolean): Blocking {
  const rows = three(mergeRows(s.rows), { count: 1, a: 0, c: 0 })
  const k = product(s.inner)
  const inner = three(k === 0 ? [{ count: 0, a: 0, b: 0 }] : mergeInner(s.inner), { count: 1, a: 0, b: 0 })
  const m = rows[2].count
  const t = chooseTile(tile, m, s.n)
  const [k0, k1, k2] = inner
  // Rows of B one after another at a constant distance need no packing; offsets of loads must not be negative.
  const flat =
    s.bn === 1 &&
    k2.b >= 0 &&
    s.n % 4 === 0 &&
    (k1.count === 1 || k1.b === k2.count * k2.b) &&
    (k0.count === 1 || k0.b === k1.count * k1.b)
  const height = product(rows)
  const packed = !(flat && (height <= 4 * t.mr || k >= 4096 * Math.ceil(height / 64)))
  const level = k <= 1.5 * BLOCK || k2.count >= BLOCK ? 2 : k1.count * k2.count >= BLOCK ? 1 : 0
  const single = k <= 1.5 * BLOCK
  const below = product(inner.slice(level + 1))
  const pieces = single ? 1 : Math.ceil(inner[level].count / Math.max(1, Math.floor(BLOCK / below)))
  const piece = Math.ceil(inner[level].count / pieces)
  const blocks = single ? 1 : Math.ceil(inner[level].count / piece) * product(inner.slice(0, level))
  const tiles = Math.ceil(m / t.mr)
  const panels = Math.ceil(s.n / t.nr)
  const unitTiles = Math.min(tiles, Math.max(1, Math.floor(64 / t.mr)))
  const work = 2 * unitTiles * t.mr * t.nr * k
  const unitPanels =
    blocks > 8 ? Math.min(panels, Math.ceil(128 / t.nr)) : Math.min(panels, Math.max(1, Math.round(2e6 / work)))
  const units =
    s.batch.count * rows[0].count * rows[1].count * Math.ceil(tiles / unitTiles) * Math.ceil(panels / unitPanels)
  const wanted =
    splittable && units < UNITS && blocks > 8 ? Math.min(Math.ceil(UNITS / units), Math.floor(blocks / 2)) : 1
  const blocksPerSplit = Math.ceil(blocks / wanted)
  return {
    rows,
    inner,
    tile: t,
    packed,
    ldb: packed ? t.nr : k2.b,
    unitTiles,
    unitPanels,
    level: single ? -1 : level,
    piece,
    blocks,
    splits: Math.ceil(blocks / blocksPerSplit),
    blocksPerSplit,
    panelsOuter: Math.min(k, BLOCK) * Math.min(s.n, unitPanels * t.nr) * 4 > 24 * 1024,
  }
}

/** Narrow and flat products get other proportions, so that enough sums are in flight to hide the latency of an addition. */
function chooseTile(tile: Tile, m: number, n: number): Tile {
  const columns = 4 * Math.ceil(n / 4)
  if (columns <= 4) return { mr: Math.min(m, 2 * tile.mr), nr: 4, ku: 1 }
  if (m <= 3) return { mr: m, nr: Math.min(columns, [32, 16, 12][m - 1]), ku: tile.ku }
  return { mr: Math.min(m, tile.mr), nr: Math.min(columns, tile.nr), ku: tile.ku }
}

/** Lanes of each vector that covers `n` floats: 4, 4, ..., and the rest. */
export const vectorWidths = (n: number): number[] =>
  Array.from({ length: Math.ceil(n / 4) }, (_, i) => Math.min(4, n - 4 * i))
