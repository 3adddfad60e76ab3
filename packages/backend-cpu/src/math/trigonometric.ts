// sin and cos of four floats. The angle is reduced in doubles, x = n pi/2 + r with |r| <= pi/4 (FreeBSD's e_rem_pio2f.c:
// exact up to |x| = 2^28 pi/2), then Cephes's sinf and cosf polynomials. Beyond, the result stays in [-1, 1] but has no
// correct digits; NaN for infinities.
import { type F32x4, F64x2, type FunctionBuilder, type LocalF32x4, type LocalI32x4 } from '../wasm/index.js'
import { polynomial } from './polynomial.js'

// pi/2 in two parts: 25 bits, and the rest.
const PIO2_HIGH = 1.5707963109016418
const PIO2_LOW = 1.5893254773528196e-8
// Adding and subtracting it rounds a double to an integer.
const ROUND = 1.5 * 2 ** 52

const SIN = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]
const COS = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]

/** The remainder and the quadrant (modulo 4) of lanes 0 and 1. */
function reduceLow(f: FunctionBuilder, x: F32x4): { r: F32x4; quadrant: F32x4 } {
  const wide = f.let(x.promoteLow())
  const n = f.let(
    wide
      .mul(F64x2.of(2 / Math.PI))
      .add(F64x2.of(ROUND))
      .sub(F64x2.of(ROUND)),
  )
  const r = wide.sub(n.mul(F64x2.of(PIO2_HIGH))).sub(n.mul(F64x2.of(PIO2_LOW)))
  const turns = n.mul(F64x2.of(0.25)).add(F64x2.of(ROUND)).sub(F64x2.of(ROUND))
  return { r: r.demoteZero(), quadrant: n.sub(turns.mul(F64x2.of(4))).demoteZero() }
}

/** sin(x + quarter pi/2). */
function rotated(f: FunctionBuilder, x: LocalF32x4, quarter: number): F32x4 {
  const low = reduceLow(f, x)
  const high = reduceLow(f, x.shuffle(x, [2, 3, 2, 3]))
  const joined = low.r.shuffle(high.r, [0, 1, 4, 5])
  const r = f.let(joined.pmin(Math.PI / 4).pmax(-Math.PI / 4))
  const q: LocalI32x4 = f.let(low.quadrant.shuffle(high.quadrant, [0, 1, 4, 5]).toI32x4S().add(quarter))
  const z = f.let(r.mul(r))
  const sine = f.madd(polynomial(f, z, SIN).mul(z), r, r)
  const cosine = polynomial(f, z, COS).mul(z).mul(z).sub(z.mul(0.5)).add(1)
  const y = q.and(1).ne(0).select<F32x4>(cosine, sine)
  // Quadrants 2 and 3 are negative.
  return y.asI32x4().xor(q.and(2).shl(30)).asF32x4()
}

export const sin = (f: FunctionBuilder, x: LocalF32x4): F32x4 => rotated(f, x, 0)
export const cos = (f: FunctionBuilder, x: LocalF32x4): F32x4 => rotated(f, x, 1)
