// Emits and records generalised matrix products: B packed where that pays, units of work over blocks of C, and long inner
// dimensions summed in parts that do not depend on threads.
import type { Address, Arguments, Chunk, KernelContext } from '../kernels/context.js'
import { shouldTouch, touch } from '../kernels/loops.js'
import { type FunctionBuilder, type FunctionHandle, I32, type LocalI32 } from '../wasm/index.js'
import type { Epilogue } from './epilogue.js'
import { emitTile, type TilePointers } from './micro.js'
import { packedSize, preparePack } from './pack.js'
import { type Blocking, chooseBlocking, type GemmShape, product } from './shape.js'
import { prepareSumPartials } from './sum-partials.js'

/** Records a product: A, B and C, then the epilogue's operands. */
export type GemmDispatch = (a: Address, b: Address, c: Address, operands?: readonly Address[]) => void

type Pointers = Readonly<Record<string, 'i32'>>

/**
 * Prepares C = A B (then the epilogue on each element).
 *
 * Rounding: the inner dimension is summed in blocks of about 128, each from zero, and blocks are added in order.
 */
export function prepareGemm(ctx: KernelContext, s: GemmShape, epilogue?: Epilogue): GemmDispatch {
  const elements = s.batch.count * product(s.rows) * s.n
  if (elements === 0) return () => {}
  const blocking = chooseBlocking(s, ctx.tile, epilogue === undefined)
  const { splits } = blocking
  const pack = blocking.packed ? preparePack(ctx, s, blocking) : undefined
  const panels = pack === undefined ? undefined : ctx.scratch(packedSize(s, blocking) * 4)
  const sum = splits > 1 ? prepareSumPartials(ctx, elements, splits) : undefined
  const partials = sum === undefined ? undefined : ctx.scratch(sum.stride * splits * 4)
  const { units, grain, fn } = prepareUnits(ctx, s, blocking, sum?.stride ?? 0, epilogue)
  return (a, b, c, operands = []) => {
    if (pack !== undefined && panels !== undefined) pack(b, panels)
    const args: Record<string, Address> = { a, b: panels ?? b, c: partials ?? c }
    operands.forEach((o, i) => {
      args[`o${i}`] = o
    })
    ctx.parallel<Pointers>(units, grain, fn, args as Arguments<Omit<Pointers, 'begin' | 'end'>>)
    if (sum !== undefined && partials !== undefined) sum.record(partials, c)
  }
}

/** The function over units, how many units there are, and how many make a good call. */
function prepareUnits(ctx: KernelContext, s: GemmShape, b: Blocking, partial: number, epilogue: Epilogue | undefined) {
  const { mr, nr } = b.tile
  const rowBlocks = Math.ceil(b.rows[2].count / (mr * b.unitTiles))
  const columnBlocks = Math.ceil(s.n / (nr * b.unitPanels))
  const units = columnBlocks * rowBlocks * b.rows[1].count * b.rows[0].count * s.batch.count * b.splits
  const flops = (2 * b.unitTiles * mr * Math.min(s.n, b.unitPanels * nr) * Math.max(1, product(b.inner))) / b.splits
  const operands = epilogue?.operands ?? []
  const key = `gemm ${JSON.stringify([b, s.batch, s.n, s.offset, partial])} ${epilogue?.key ?? ''}`
  const params: Pointers & Chunk = {
    begin: 'i32',
    end: 'i32',
    a: 'i32',
    b: 'i32',
    c: 'i32',
    ...Object.fromEntries(operands.map((_, i) => [`o${i}`, 'i32' as const])),
  }
  const fn = ctx.define<Pointers & Chunk>(key, name => {
    const block = emitBlock(ctx, `${name} block`, s, b, epilogue)
    return ctx.module.func(name, params, null, (f, p) => {
      f.for(p.begin, p.end, 1, unit =>
        emitUnit(f, unit, p, { s, b, rowBlocks, columnBlocks, partial, block, operands }),
      )
    })
  })
  return { units, grain: Math.max(1, Math.round(1e5 / flops)), fn }
}

interface UnitPlan {
  readonly s: GemmShape
  readonly b: Blocking
  readonly rowBlocks: number
  readonly columnBlocks: number
  readonly partial: number
  readonly block: FunctionHandle<Pointers, null>
  readonly operands: Epilogue['operands']
}

/** Finds where a unit lies, and calls the block function for each block of its inner dimension. */
function emitUnit(f: FunctionBuilder, unit: LocalI32, p: Readonly<Record<string, LocalI32>>, plan: UnitPlan): void {
  const { s, b, rowBlocks, columnBlocks, operands } = plan
  const { mr, nr } = b.tile
  const [r0, r1, r2] = b.rows
  const rest = f.local('i32', unit)
  const digit = (count: number): I32 | LocalI32 => {
    if (count === 1) return I32.of(0)
    const d = f.let(rest.remU(count))
    rest.set(rest.divU(count))
    return d
  }
  const column = digit(columnBlocks)
  const row = digit(rowBlocks)
  const i1 = digit(r1.count)
  const i0 = digit(r0.count)
  const batch = digit(s.batch.count)
  const split = digit(b.splits)
  const tileRows = b.unitTiles * mr
  const columns = b.unitPanels * nr
  const at = (base: LocalI32, offset: number, steps: readonly (readonly [I32, number])[]): LocalI32 => {
    const address = f.local('i32', base.add(offset * 4))
    for (const [index, step] of steps) if (step !== 0 && index.constant !== 0) address.inc(index.mul(step * 4))
    return address
  }
  const rowSteps = (x: 'a' | 'c'): (readonly [I32, number])[] => [
    [batch, s.batch[x]],
    [i0, r0[x]],
    [i1, r1[x]],
    [row, tileRows * r2[x]],
  ]
  const k = product(b.inner)
  const panelStep = b.packed ? k * nr : nr
  const a = at(p.a, s.offset.a, rowSteps('a'))
  const c = at(p.c, s.offset.c, [...rowSteps('c'), [column, columns], [split, plan.partial]])
  const bp = at(p.b, b.packed ? 0 : s.offset.b, [
    [batch, b.packed ? Math.ceil(s.n / nr) * nr * k : s.batch.b],
    [column, b.unitPanels * panelStep],
  ])
  const extra = operands.map((kind, i) => {
    const base = p[`o${i}`]
    if (kind === 'scalar') return base
    if (kind === 'full') return at(base, s.offset.c, [...rowSteps('c'), [column, columns]])
    return at(base, 0, [
      [batch, s.batch.channel],
      [column, columns],
    ])
  })
  const [tiles, rem] = part(f, row, rowBlocks, r2.count, mr, b.unitTiles)
  const [panels, tail] = part(f, column, columnBlocks, s.n, nr, b.unitPanels)
  const call = (pa: I32, pb: I32, count: I32 | number, first: I32 | number, last: I32 | number): void =>
    f.call(plan.block, {
      a: pa,
      b: pb,
      c,
      tiles,
      rem,
      panels,
      tail,
      count,
      first,
      last,
      ...Object.fromEntries(extra.map((e, i) => [`o${i}`, e])),
    })
  if (b.blocks === 1) {
    call(a, bp, 0, 1, 1)
    return
  }
  const [k0, k1, k2] = b.inner
  const below = product(b.inner.slice(b.level + 1))
  const cut = b.inner[b.level]
  const pieces = Math.ceil(cut.count / b.piece)
  const begin = f.let(split.mul(b.blocksPerSplit))
  const bound = f.let(begin.add(b.blocksPerSplit))
  const end = f.let(f.select(bound.ltS(b.blocks), bound, I32.of(b.blocks)))
  f.for(begin, end, 1, q => {
    rest.set(q)
    const piece = f.let(digit(pieces).mul(b.piece))
    const left = f.let(I32.of(cut.count).sub(piece))
    const count = f.select(left.ltS(b.piece), left, I32.of(b.piece))
    const outer1 = b.level === 2 ? digit(k1.count) : I32.of(0)
    const outer0 = b.level > 0 ? digit(k0.count) : I32.of(0)
    const pa = at(a, 0, [
      [piece, cut.a],
      [outer1, k1.a],
      [outer0, k0.a],
    ])
    const pb = at(bp, 0, [
      [piece, below * b.ldb],
      [outer1, k2.count * b.ldb],
      [outer0, k1.count * k2.count * b.ldb],
    ])
    call(pa, pb, count, q.eq(begin), q.eq(end.sub(1)))
  })
}

/** Whole tiles in block `index` of `blocks`, and whether it ends in a partial one. */
function part(f: FunctionBuilder, index: I32, blocks: number, n: number, size: number, perBlock: number): [I32, I32] {
  const whole = Math.floor(n / size)
  const partial = n % size === 0 ? 0 : 1
  if (blocks === 1) return [I32.of(whole), I32.of(partial)]
  const isLast = f.let(index.eq(blocks - 1))
  const tiles = f.let(f.select(isLast, I32.of(whole - (blocks - 1) * perBlock), I32.of(perBlock)))
  return [tiles, partial === 0 ? I32.of(0) : isLast]
}

/**
 * Whether both A and B lie row by row along the inner dimension, as in gradients of weights, so that a block of each is one
 * piece of memory; and rows are long enough for tiles to leap over lines of the cache.
 */
const isTransposed = (
  { rows, inner, level, packed, ldb, unitTiles, unitPanels, tile }: Blocking,
  s: GemmShape,
): boolean =>
  level === 2 &&
  !packed &&
  rows[2].a === 1 &&
  rows[2].count === inner[2].a &&
  rows[2].count >= 16 &&
  unitTiles * tile.mr >= rows[2].count &&
  ldb === s.n &&
  unitPanels * tile.nr >= s.n

/** Whether A lies row by row, in rows too long for those of a tile to be one stream, too short to be streams themselves. */
const hasLongRows = ({ rows, inner, tile, blocks }: Blocking): boolean => {
  const k = product(inner)
  const dense = inner[2].count === k && inner[2].a === 1 && rows[2].a === k
  return blocks === 1 && dense && shouldTouch(tile.mr * k * 4, product(rows) * k * 4)
}

/**
 * One block of the inner dimension for one block of C. A function of its own, so that calls stay short: the engine
 * replaces it by optimised code at the next call.
 */
function emitBlock(
  ctx: KernelContext,
  name: string,
  s: GemmShape,
  b: Blocking,
  epilogue: Epilogue | undefined,
): FunctionHandle<Pointers, null> {
  const { mr, nr } = b.tile
  const operands = epilogue?.operands ?? []
  const names = [
    'a',
    'b',
    'c',
    'tiles',
    'rem',
    'panels',
    'tail',
    'count',
    'first',
    'last',
    ...operands.map((_, i) => `o${i}`),
  ]
  const params: Pointers = Object.fromEntries(names.map(n => [n, 'i32' as const]))
  const rowBytes = b.rows[2].c * 4
  const panelBytes = (b.packed ? product(b.inner) : 1) * nr * 4
  const [remRows, tailColumns] = [b.rows[2].count % mr, s.n % nr]
  return ctx.module.func(name, params, null, (f, p) => {
    if (isTransposed(b, s)) {
      touch(f, p.a, p.count.mul(b.inner[2].a * 4))
      touch(f, p.b, p.count.mul(b.ldb * 4))
    } else if (hasLongRows(b)) {
      const rows = p.tiles.mul(mr).add(p.rem.mul(remRows))
      touch(f, p.a, rows.mul(b.rows[2].a * 4))
    }
    const a = f.local('i32')
    const row = f.local('i32')
    const panel = f.local('i32')
    const column = f.local('i32')
    const tile = (rows: number, width: number): void =>
      f.scope(() => {
        const at: TilePointers = {
          a,
          b: panel,
          c: f.let(p.c.add(row).add(column)),
          operands: operands.map((kind, i) => {
            const base = p[`o${i}`]
            if (kind === 'scalar') return base
            return f.let(kind === 'full' ? base.add(row).add(column) : base.add(column))
          }),
          count: p.count,
          first: p.first,
          last: p.last,
        }
        emitTile(f, b, rows, width, at, epilogue)
      })
    const overRows = (body: (rows: number) => void): void => {
      a.set(p.a)
      row.set(0)
      f.repeat(p.tiles, () => {
        body(mr)
        a.inc(mr * b.rows[2].a * 4)
        row.inc(mr * rowBytes)
      })
      if (remRows > 0) f.if(p.rem, () => body(remRows))
    }
    const overPanels = (body: (width: number) => void): void => {
      panel.set(p.b)
      column.set(0)
      f.repeat(p.panels, () => {
        body(nr)
        panel.inc(panelBytes)
        column.inc(nr * 4)
      })
      if (tailColumns > 0) f.if(p.tail, () => body(tailColumns))
    }
    if (b.panelsOuter) overPanels(width => overRows(rows => tile(rows, width)))
    else overRows(rows => overPanels(width => tile(rows, width)))
  })
}
