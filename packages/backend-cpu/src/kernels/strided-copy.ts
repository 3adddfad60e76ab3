// Copies between boxes of any strides, and fills: what transpose, slice, pad and concat are made of. Elements are 32-bit
// words, whatever their type.
import { sizeOf } from '@strata/api/backend'
import { F32x4, type FunctionBuilder, I32x4, type LocalF32x4, type LocalI32 } from '../wasm/index.js'
import type { Address, Chunk, KernelContext } from './context.js'
import { collapse, forRows, forVectors, loadLanes, loadStrided, storeLanes } from './loops.js'

/** A box of elements of one tensor, walked along another one's dimensions. */
export interface Box {
  readonly strides: readonly number[]
  /** Elements before the box's first. */
  readonly offset: number
}

/** Elements that a call moves: some tens of microseconds. */
export const MOVE_GRAIN = 32768

type Ends = { readonly from: 'i32'; readonly to: 'i32' }
const shifted = (a: Address, elements: number): Address => (elements === 0 ? a : () => a().add(elements * 4))

/** Records a copy of `shape` elements. Source strides may be of any sign; the boxes may not overlap. */
export function copyBox(
  ctx: KernelContext,
  shape: readonly number[],
  source: Box,
  target: Box,
): (from: Address, to: Address) => void {
  if (sizeOf(shape) === 0) return () => {}
  const c = collapse(shape, [source.strides, target.strides])
  const transposed = transposedDims(c.shape, c.strides[0], c.strides[1])
  const { fn, units, grain } = transposed === undefined ? copyRows(ctx, c) : copyTransposed(ctx, c, transposed)
  return (from, to) =>
    ctx.parallel<Ends>(units, grain, fn, { from: shifted(from, source.offset), to: shifted(to, target.offset) })
}

type Boxes = ReturnType<typeof collapse>
const params = { from: 'i32', to: 'i32', begin: 'i32', end: 'i32' } as const

function copyRows(ctx: KernelContext, { shape, strides: [source, target] }: Boxes) {
  const inner = shape.at(-1)!
  const outer = shape.slice(0, -1)
  const [read, write] = [source.at(-1)!, target.at(-1)!]
  const block = inner <= 64 ? Math.ceil(inner / 4) * 4 : 16
  const blocks = Math.ceil(inner / block)
  const fn = ctx.define<Ends & Chunk>(`move:${JSON.stringify([shape, source, target])}`, name =>
    ctx.module.func(name, params, null, (f, { from, to, begin, end }) => {
      const rows = { outer, strides: [source.slice(0, -1), target.slice(0, -1)], blocks }
      forRows(f, rows, [from, to], begin, end, ([a, b], first, last) => {
        const pointers = [
          { row: a, stride: read },
          { row: b, stride: write },
        ]
        forVectors(f, inner, block, first, last, pointers, ([p, q], offset, lanes) => {
          const v = f.let(read === 0 ? F32x4.loadSplat(p) : readLanes(f, p, read, lanes, offset * read * 4))
          if (write === 1) storeLanes(f, q, v, lanes, offset * 4)
          else for (let i = 0; i < lanes; i++) f.storeLane(q, v, i, (offset + i) * write * 4)
        })
      })
    }),
  )
  return { fn, units: sizeOf(outer) * blocks, grain: Math.ceil(MOVE_GRAIN / Math.min(block, inner)) }
}

/** `loadStrided`; four elements backwards are one load and a shuffle. */
function readLanes(f: FunctionBuilder, p: LocalI32, stride: number, lanes: number, offset: number): F32x4 {
  if (stride !== -1 || lanes < 4) return loadStrided(f, p, stride, lanes, offset)
  const v = f.let(F32x4.load(p.add(offset - 12)))
  return v.shuffle(v, [3, 2, 1, 0])
}

/** The dimension that is contiguous in the source where the target's innermost one is not, if a 4x4 block fits. */
function transposedDims(
  shape: readonly number[],
  source: readonly number[],
  target: readonly number[],
): number | undefined {
  const last = shape.length - 1
  const d = source.lastIndexOf(1)
  return d >= 0 && d < last && target[last] === 1 && shape[d] >= 4 && shape[last] >= 4 && source[last] > 1
    ? d
    : undefined
}

/** Width of a unit of a transposition: half a cache line of every source row. */
const BAND = 8

/** Blocks of 4x4 are loaded along the source's contiguous dimension `d`, transposed in registers, and stored along the last. */
function copyTransposed(ctx: KernelContext, { shape, strides: [source, target] }: Boxes, d: number) {
  const last = shape.length - 1
  const others = shape.map((_, i) => i).filter(i => i !== d && i !== last)
  const [columns, inner] = [shape[d], shape[last]]
  // One unit: a band of the contiguous dimension (narrower at its end), the whole of the last.
  const bands = Math.ceil(columns / BAND)
  const outer = [...others.map(i => shape[i]), bands]
  const strides = [
    [...others.map(i => source[i]), BAND],
    [...others.map(i => target[i]), BAND * target[d]],
  ]
  const fn = ctx.define<Ends & Chunk>(`movet:${JSON.stringify([shape, source, target])}`, name =>
    ctx.module.func(name, params, null, (f, { from, to, begin, end }) => {
      const bases = [from, to]
      const band = f.let(begin.remU(bands))
      forRows(f, { outer, strides, blocks: 1 }, bases, begin, end, ([a, b]) => {
        const block = (p: LocalI32, q: LocalI32, wide: number, high: number): void => {
          for (let c = 0; c < wide; c += 4) {
            const lanes = Math.min(4, wide - c)
            f.scope(() => {
              const rows = Array.from({ length: high }, (_, i) =>
                f.let(loadLanes(f, p, lanes, (c + i * source[last]) * 4)),
              )
              while (rows.length < 4) rows.push(rows[0])
              transpose4(f, rows).forEach((v, j) => {
                if (j < lanes) storeLanes(f, q, v, high, (c + j) * target[d] * 4)
              })
            })
          }
        }
        const along = (wide: number): void =>
          f.scope(() => {
            const p = f.let(a)
            const q = f.let(b)
            f.repeat(Math.floor(inner / 4), () => {
              block(p, q, wide, 4)
              p.inc(source[last] * 16)
              q.inc(16)
            })
            if (inner % 4 > 0) block(p, q, wide, inner % 4)
          })
        const rest = columns % BAND
        if (rest === 0) along(BAND)
        else
          f.if(
            band.eq(bands - 1),
            () => along(rest),
            () => along(BAND),
          )
        band.inc(1)
        f.if(band.eq(bands), () => band.set(0))
      })
    }),
  )
  return { fn, units: sizeOf(outer), grain: Math.ceil(MOVE_GRAIN / (BAND * inner)) }
}

/** The columns of four rows. */
export function transpose4(f: FunctionBuilder, [a, b, c, d]: readonly F32x4[]): LocalF32x4[] {
  const ab = f.let(a.shuffle(b, [0, 4, 1, 5]))
  const cd = f.let(c.shuffle(d, [0, 4, 1, 5]))
  const ab2 = f.let(a.shuffle(b, [2, 6, 3, 7]))
  const cd2 = f.let(c.shuffle(d, [2, 6, 3, 7]))
  return [
    f.let(ab.shuffle(cd, [0, 1, 4, 5])),
    f.let(ab.shuffle(cd, [2, 3, 6, 7])),
    f.let(ab2.shuffle(cd2, [0, 1, 4, 5])),
    f.let(ab2.shuffle(cd2, [2, 3, 6, 7])),
  ]
}

/** Elements of a unit of a fill. */
const FILL_BLOCK = 4096

/** Records that `size` elements become the word `bits`. */
export function fill(ctx: KernelContext, size: number, bits: number): (to: Address) => void {
  if (size === 0) return () => {}
  const fn = ctx.define(`fill:${bits}`, name =>
    ctx.module.func(name, { to: 'i32', size: 'i32', begin: 'i32', end: 'i32' }, null, (f, { to, size, begin, end }) => {
      const first = f.let(begin.mul(FILL_BLOCK))
      const last = f.let(end.mul(FILL_BLOCK))
      f.if(last.gtU(size), () => last.set(size))
      const count = f.let(last.sub(first))
      to.inc(first.shl(2))
      f.repeat(count.shrU(2), () => {
        f.store(to, I32x4.of(bits))
        to.inc(16)
      })
      f.repeat(count.and(3), () => {
        f.storeLane(to, I32x4.of(bits), 0)
        to.inc(4)
      })
    }),
  )
  return to => ctx.parallel<{ to: 'i32'; size: 'i32' }>(Math.ceil(size / FILL_BLOCK), 8, fn, { to, size })
}

/** The bits of an element of either type. */
export function bitsOf(value: number, dtype: 'float32' | 'int32'): number {
  return dtype === 'int32' ? value | 0 : new Int32Array(Float32Array.of(value).buffer)[0]
}
