// Horner's rule on vectors: what every approximation below is made of.
import { F32x4, type FunctionBuilder, type LocalF32x4 } from '../wasm/index.js'

/** `c[0] x^n + ... + c[n]`. */
export function polynomial(f: FunctionBuilder, x: LocalF32x4, c: readonly number[]): F32x4 {
  return c.slice(1).reduce<F32x4>((sum, next) => f.madd(sum, x, F32x4.of(next)), F32x4.of(c[0]))
}
