// What kernels that work on one row of neighbouring elements at a time share: loops over its vectors, and the reduction of
// a vector's lanes.
import { F32x4, type FunctionBuilder, I32x4, type LocalF32x4, type LocalI32 } from '../wasm/index.js'

/** All lanes hold `combine` over the lanes of v. */
export function acrossLanes(f: FunctionBuilder, v: LocalF32x4, combine: (a: F32x4, b: F32x4) => F32x4): LocalF32x4 {
  const pairs = f.let(combine(v, v.shuffle(v, [2, 3, 0, 1])))
  return f.let(combine(pairs, pairs.shuffle(pairs, [1, 0, 3, 2])))
}

/** Lanes below `lanes`, all ones. */
export const laneMask = (lanes: number): I32x4 =>
  I32x4.of(-1, lanes > 1 ? -1 : 0, lanes > 2 ? -1 : 0, lanes > 3 ? -1 : 0)

/** The first `lanes` of v, `rest` beyond. */
export function onlyLanes(v: F32x4, lanes: number, rest: number): F32x4 {
  if (lanes === 4) return v
  return rest === 0 ? v.and(laneMask(lanes)) : laneMask(lanes).select<F32x4>(v, F32x4.of(rest))
}

/** Vectors of a row of fixed `length`: `emit(pointers, offset in bytes, lanes, chain)` with `chains` independent ones a trip. */
export function alongRow(
  f: FunctionBuilder,
  length: number,
  chains: number,
  rows: readonly LocalI32[],
  emit: (p: readonly LocalI32[], offset: number, lanes: number, chain: number) => void,
): void {
  f.scope(() => {
    const p = rows.map(r => f.let(r))
    const step = chains * 4
    f.repeat(Math.floor(length / step), () => {
      for (let c = 0; c < chains; c++) f.scope(() => emit(p, c * 16, 4, c))
      for (const a of p) a.inc(step * 4)
    })
    const rest = length % step
    for (let i = 0; i < rest; i += 4) f.scope(() => emit(p, i * 4, Math.min(4, rest - i), i / 4))
  })
}

/** The vectors of `count` neighbours, one a trip: `emit(pointers, lanes)`, where fewer than 4 lanes are the last ones. */
export function forLanes(
  f: FunctionBuilder,
  count: number,
  pointers: readonly LocalI32[],
  emit: (p: readonly LocalI32[], lanes: number) => void,
): void {
  f.scope(() => {
    const p = pointers.map(q => f.let(q))
    f.repeat(Math.floor(count / 4), () => {
      f.scope(() => emit(p, 4))
      for (const q of p) q.inc(16)
    })
    if (count % 4 !== 0) f.scope(() => emit(p, count % 4))
  })
}

/** Folds locals pairwise. */
export function fold(
  f: FunctionBuilder,
  values: readonly LocalF32x4[],
  combine: (a: F32x4, b: F32x4) => F32x4,
): LocalF32x4 {
  let all = [...values]
  while (all.length > 1) {
    const half = Math.ceil(all.length / 2)
    all = all.slice(0, half).map((a, i) => (i + half < all.length ? f.let(combine(a, all[i + half])) : a))
  }
  return all[0]
}
