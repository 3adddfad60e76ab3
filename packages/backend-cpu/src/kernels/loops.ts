// Loops that elementwise and movement kernels share: dimensions are merged as far as the operands' strides allow, then
// rows (the innermost dimension) are walked by an odometer over the outer ones, cut into blocks for chunked calls.
import { F32x4, type FunctionBuilder, I32, type LocalI32 } from '../wasm/index.js'

// Distances in bytes, modulo 2^32: addresses wrap.
const bytes = (elements: number): number => (elements * 4) | 0

/** Parameters of a kernel function whose pointers are numbered: addresses and the chunk. */
export type Pointers = Record<string, 'i32'>

/** Dimensions and, for each operand, its strides in elements. */
export interface Collapsed {
  readonly shape: readonly number[]
  readonly strides: readonly (readonly number[])[]
  /** Class of each dimension, as given. */
  readonly classes: readonly number[]
}

/**
 * Drops dimensions of size 1 and merges neighbours that every operand walks as one. Dimensions of different `classes` stay
 * apart. At least one dimension is left.
 */
export function collapse(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  classes: readonly number[] = shape.map(() => 0),
): Collapsed {
  const dims: { size: number; strides: number[]; class: number }[] = []
  shape.forEach((size, i) => {
    if (size === 1) return
    const last = dims.at(-1)
    const own = strides.map(s => s[i])
    if (last !== undefined && last.class === classes[i] && own.every((s, k) => last.strides[k] === s * size)) {
      last.size *= size
      last.strides = own
    } else dims.push({ size, strides: own, class: classes[i] })
  })
  if (dims.length === 0) dims.push({ size: 1, strides: strides.map(() => 0), class: classes.at(-1) ?? 0 })
  return {
    shape: dims.map(d => d.size),
    strides: strides.map((_, k) => dims.map(d => d.strides[k])),
    classes: dims.map(d => d.class),
  }
}

/** The rows of a kernel: outer dimensions, each pointer's strides in elements along them, and blocks in a row. */
export interface Rows {
  readonly outer: readonly number[]
  readonly strides: readonly (readonly number[])[]
  readonly blocks: number
}

/**
 * Walks units [begin, end), `blocks` of them in every row. `body` is given each pointer at the start of the row, and the
 * blocks [from, to) to do; both are constants where a row is one block.
 */
export function forRows(
  f: FunctionBuilder,
  { outer, strides, blocks }: Rows,
  bases: readonly I32[],
  begin: LocalI32,
  end: LocalI32,
  body: (row: readonly LocalI32[], from: I32 | 0, to: I32 | 1) => void,
): void {
  f.scope(() => {
    const unit = f.local('i32', begin)
    const from = blocks === 1 ? undefined : f.local('i32', begin.remU(blocks))
    const row = f.let(blocks === 1 ? begin : begin.divU(blocks))
    // Digits of the row number, innermost last; the outermost never wraps and needs none.
    const digits: LocalI32[] = []
    const pointers = bases.map(b => f.local('i32', b))
    for (let d = outer.length - 1; d >= 0; d--) {
      const digit = d === 0 ? row : f.let(row.remU(outer[d]))
      pointers.forEach((p, k) => {
        if (strides[k][d] !== 0) p.inc(digit.mul(bytes(strides[k][d])))
      })
      if (d > 0) {
        digits[d] = digit
        row.set(row.divU(outer[d]))
      }
    }
    const advance = (d: number): void => {
      if (d < 0) return
      const step = (p: LocalI32, k: number): void => {
        const wrapped = d + 1 < outer.length ? outer[d + 1] * strides[k][d + 1] : 0
        p.inc(bytes(strides[k][d] - wrapped))
      }
      pointers.forEach(step)
      if (d === 0) return
      digits[d].inc(1)
      f.if(digits[d].eq(outer[d]), () => {
        digits[d].set(0)
        advance(d - 1)
      })
    }
    f.while(
      () => unit.ltU(end),
      () => {
        if (from === undefined) {
          body(pointers, 0, 1)
          unit.inc(1)
        } else {
          const left = f.let(end.sub(unit))
          const to = f.let(from.add(left))
          f.if(to.gtU(blocks), () => to.set(blocks))
          body(pointers, from, to)
          unit.inc(to.sub(from))
          from.set(0)
        }
        advance(outer.length - 1)
      },
    )
  })
}

/** A second-level cache, and how many bytes may be walked side by side: measured (docs/results/cpu.md). */
const CACHE = 2 ** 20
const SIDE_BY_SIDE = 1024

/** Whether a kernel that walks so many bytes side by side should `touch` them first, in tensors of `total` bytes. */
export const shouldTouch = (sideBySide: number, total: number): boolean => sideBySide > SIDE_BY_SIDE && total > CACHE

/**
 * Reads memory once in one stream. What then walks it in long strides or in many streams, which no prefetcher follows, finds
 * it in the cache.
 */
export function touch(f: FunctionBuilder, from: LocalI32, bytes: I32 | number): void {
  f.forPointer(from, from.add(bytes), 64, p => f.drop(I32.load(p)))
}

/** A pointer of a row, and its stride in elements along it: 0 where the row has one value. */
export interface RowPointer {
  readonly row: LocalI32
  readonly stride: number
}

/**
 * Blocks [from, to) of a row of `length`, `block` elements each: `emit` is called for a whole block and for the shorter one
 * at the end, with pointers at the block.
 */
export function forBlocks(
  f: FunctionBuilder,
  length: number,
  block: number,
  from: I32 | 0,
  to: I32 | 1,
  pointers: readonly RowPointer[],
  emit: (pointers: readonly LocalI32[], count: number) => void,
): void {
  // The whole row is one block: no pointer moves.
  if (from === 0 || to === 1) {
    const rows = pointers.map(p => p.row)
    f.scope(() => emit(rows, length))
    return
  }
  const whole = Math.floor(length / block)
  const blocks = Math.ceil(length / block)
  f.scope(() => {
    const p = pointers.map(({ row, stride }) => (stride === 0 ? row : f.let(row.add(from.mul(block * stride * 4)))))
    if (whole > 0) {
      const last = f.local('i32', to)
      if (whole < blocks) f.if(last.gtU(whole), () => last.set(whole))
      f.repeat(last.sub(from), () => {
        emit(p, block)
        p.forEach((pointer, k) => {
          if (pointers[k].stride !== 0) pointer.inc(block * pointers[k].stride * 4)
        })
      })
    }
    if (whole < blocks) f.if(to.eq(blocks), () => emit(p, length - whole * block))
  })
}

/** `forBlocks` a vector at a time: offsets in elements; lanes are below 4 only in the row's last vector. */
export function forVectors(
  f: FunctionBuilder,
  length: number,
  block: number,
  from: I32 | 0,
  to: I32 | 1,
  pointers: readonly RowPointer[],
  emit: (pointers: readonly LocalI32[], offset: number, lanes: number) => void,
): void {
  forBlocks(f, length, block, from, to, pointers, (p, count) => {
    for (let i = 0; i < count; i += 4) f.scope(() => emit(p, i, Math.min(4, count - i)))
  })
}

/** `lanes` consecutive floats (1 to 4) at `address + offset` bytes, zero beyond: reads no byte more. */
export function loadLanes(f: FunctionBuilder, address: LocalI32, lanes: number, offset = 0): F32x4 {
  if (lanes === 4) return F32x4.load(address, offset)
  if (lanes === 1) return F32x4.loadZero(address, offset)
  const two = F32x4.load64Zero(address, offset)
  return lanes === 2 ? two : F32x4.loadLane(address, f.let(two), 2, offset + 8)
}

/** Stores the first `lanes` of a local vector. */
export function storeLanes(f: FunctionBuilder, address: LocalI32, v: F32x4, lanes: number, offset = 0): void {
  if (lanes === 4) f.store(address, v, offset)
  else if (lanes === 1) f.storeLane(address, v, 0, offset)
  else {
    f.storeHalf(address, v, 0, offset)
    if (lanes === 3) f.storeLane(address, v, 2, offset + 8)
  }
}

/** Four floats `stride` elements apart (any sign), the first at `address + offset` bytes; fewer lanes leave zeros. */
export function loadStrided(f: FunctionBuilder, address: LocalI32, stride: number, lanes: number, offset = 0): F32x4 {
  if (stride === 1) return loadLanes(f, address, lanes, offset)
  // Immediate offsets are unsigned: count them from the lowest element.
  const lowest = Math.min(0, (lanes - 1) * stride * 4 + offset, offset)
  const base = lowest === 0 ? address : f.let(address.add(lowest))
  let v = F32x4.loadZero(base, offset - lowest)
  for (let i = 1; i < lanes; i++) v = F32x4.loadLane(base, f.let(v), i, offset + i * stride * 4 - lowest)
  return v
}
