// Loads and stores of fewer than four floats: the ends of rows whose length is no multiple of four.
import { F32x4, type FunctionBuilder, type I32, type LocalI32 } from '../wasm/index.js'

/** The `width` floats at `address + offset` (1 to 4); lanes past them are 0. Nothing past them is read. */
export function loadFloats(address: LocalI32, offset: number, width: number): F32x4 {
  if (width >= 4) return F32x4.load(address, offset)
  if (width === 1) return F32x4.loadZero(address, offset)
  const pair = F32x4.load64Zero(address, offset)
  return width === 2 ? pair : F32x4.loadLane(address, pair, 2, offset + 8)
}

/** Stores the first `width` lanes (1 to 4); nothing past them is written. */
export function storeFloats(
  f: FunctionBuilder,
  address: I32 & LocalI32,
  value: F32x4,
  offset: number,
  width: number,
): void {
  if (width >= 4) {
    f.store(address, value, offset)
    return
  }
  const v = f.let(value)
  if (width === 1) {
    f.storeLane(address, v, 0, offset)
    return
  }
  f.storeHalf(address, v, 0, offset)
  if (width === 3) f.storeLane(address, v, 2, offset + 8)
}

/** Lanes of each vector that covers `n` floats: 4, 4, ..., and the rest. */
export const vectorWidths = (n: number): number[] =>
  Array.from({ length: Math.ceil(n / 4) }, (_, i) => Math.min(4, n - 4 * i))
