// The micro-kernel: a tile of C, its sums held in registers, over one block of the inner dimension.

import { loadLanes, storeLanes } from '../kernels/loops.js'
import { F32x4, type FunctionBuilder, type I32, type LocalF32x4, type LocalI32 } from '../wasm/index.js'
import type { Epilogue } from './epilogue.js'
import { type Blocking, vectorWidths } from './shape.js'

/** Where a tile lies; all addresses in bytes. */
export interface TilePointers {
  readonly a: LocalI32
  readonly b: LocalI32
  readonly c: LocalI32
  /** The tile's element of each epilogue operand. */
  readonly operands: readonly LocalI32[]
  /** Steps of the level that is cut into pieces. */
  readonly count: LocalI32
  /** Not 0 for the first, and for the last, block of the inner dimension. */
  readonly first: LocalI32
  readonly last: LocalI32
}

/** Emits a tile of `mr` rows and `width` columns. */
export function emitTile(
  f: FunctionBuilder,
  s: Blocking,
  mr: number,
  width: number,
  at: TilePointers,
  epilogue: Epilogue | undefined,
): void {
  f.scope(() => {
    const widths = vectorWidths(width)
    const acc = Array.from({ length: mr }, () => f.locals('f32x4', widths.length, 0))
    sumProducts(f, s, acc, at)
    const rowBytes = s.rows[2].c * 4
    const each = (body: (sum: LocalF32x4, offset: number, width: number, i: number, j: number) => void): void =>
      acc.forEach((row, i) => {
        row.forEach((sum, j) => {
          body(sum, i * rowBytes + j * 16, widths[j], i, j)
        })
      })
    if (s.blocksPerSplit > 1) {
      f.if(at.first.eqz(), () => each((sum, o, w) => sum.set(loadLanes(f, at.c, w, o).add(sum))))
    }
    if (epilogue !== undefined) {
      const apply = (): void => applyEpilogue(f, acc, widths, rowBytes, at, epilogue)
      if (s.blocks > 1) f.if(at.last, apply)
      else apply()
    }
    each((sum, o, w) => storeLanes(f, at.c, sum, w, o))
  })
}

function applyEpilogue(
  f: FunctionBuilder,
  acc: readonly (readonly LocalF32x4[])[],
  widths: readonly number[],
  rowBytes: number,
  at: TilePointers,
  epilogue: Epilogue,
): void {
  widths.forEach((w, j) => {
    f.scope(() => {
      const columns = epilogue.operands.map((kind, o) =>
        kind === 'full'
          ? undefined
          : f.let(kind === 'scalar' ? F32x4.loadSplat(at.operands[o]) : loadLanes(f, at.operands[o], w, j * 16)),
      )
      acc.forEach((row, i) => {
        f.scope(() => {
          const values = columns.map((v, o) => v ?? f.let(loadLanes(f, at.operands[o], w, i * rowBytes + j * 16)))
          row[j].set(epilogue.apply(f, row[j], values))
        })
      })
    })
  })
}

/** An address with its offset: a negative one (taps are walked backwards) cannot be an immediate. */
const displaced = (p: LocalI32, offset: number): [I32, number] => (offset < 0 ? [p.add(offset), 0] : [p, offset])

/** acc += A B over the levels of the inner dimension that lie inside one block. */
function sumProducts(f: FunctionBuilder, s: Blocking, acc: readonly (readonly LocalF32x4[])[], at: TilePointers): void {
  const lda = s.rows[2].a * 4
  const ldb = s.ldb * 4
  const { ku } = s.tile
  const a = f.let(at.a)
  const b = f.let(at.b)
  const step = (u: number): void =>
    f.scope(() => {
      const columns = acc[0].map((_, j) => f.let(F32x4.load(...displaced(b, u * ldb + j * 16))))
      acc.forEach((row, i) => {
        f.scope(() => {
          const x = f.let(F32x4.loadSplat(...displaced(a, i * lda + u * s.inner[2].a * 4)))
          for (const [j, sum] of row.entries()) sum.set(f.madd(x, columns[j], sum))
        })
      })
    })
  const steps = (count: number): void => {
    for (let u = 0; u < count; u++) step(u)
    a.inc(count * s.inner[2].a * 4)
    b.inc(count * ldb)
  }
  const innermost = (count: number | I32): void => {
    if (typeof count === 'number') {
      if (count <= Math.max(4, ku)) {
        steps(count)
        return
      }
      f.repeat(Math.floor(count / ku), () => steps(ku))
      steps(count % ku)
      return
    }
    const n = f.let(count)
    if (ku > 1) {
      f.repeat(n.divU(ku), () => steps(ku))
      f.repeat(n.remU(ku), () => steps(1))
    } else f.repeat(n, () => steps(1))
  }
  const nest = (level: number): void => {
    const count = level === s.level ? at.count : s.inner[level].count
    if (level === 2) {
      innermost(count)
      return
    }
    // Each level leaves A behind its last step: the level around it goes on from where its own step began.
    const inner = s.inner[level + 1]
    f.repeat(count, () => {
      nest(level + 1)
      a.inc((s.inner[level].a - inner.count * inner.a) * 4)
    })
  }
  nest(Math.max(0, s.level))
}
