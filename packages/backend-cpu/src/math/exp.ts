// exp, expm1, sigmoid and tanh of four floats, on one reduction: x = n ln 2 + r with |r| <= ln 2 / 2.
// The polynomials are Cephes's expf and tanhf (S. Moshier, netlib.org/cephes, single precision).
import { F32x4, type FunctionBuilder, I32x4, type LocalF32x4, type LocalI32x4 } from '../wasm/index.js'
import { polynomial } from './polynomial.js'

const LOG2E = Math.LOG2E
// ln 2 in two parts; the first has 9 significant bits, so that n times it is exact without a fused multiply-add.
const LN2_HIGH = 0.693359375
const LN2_LOW = -2.1219444005469057e-4
const EXP = [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1]

/** 2^n for integers n in [-126, 127], from the bits of the exponent. */
export const powerOfTwo = (n: I32x4): F32x4 => n.add(127).shl(23).asF32x4()

/** `y 2^n` for n in [-250, 250]: two factors, so that subnormal results round once and large ones overflow. */
export function scale(f: FunctionBuilder, y: F32x4, n: LocalI32x4): F32x4 {
  const half = f.let(n.shrS(1))
  return y.mul(powerOfTwo(half)).mul(powerOfTwo(n.sub(half)))
}

/** n and expm1(r) of x = n ln 2 + r, for |x| below some hundreds. */
function reduced(f: FunctionBuilder, x: LocalF32x4): { n: LocalI32x4; e: F32x4 } {
  const n = f.let(x.mul(LOG2E).nearest())
  const high = f.let(f.nmadd(n, F32x4.of(LN2_HIGH), x))
  const r = f.let(f.nmadd(n, F32x4.of(LN2_LOW), high))
  const e = f.madd(polynomial(f, r, EXP), r.mul(r), r)
  return { n: f.let(n.toI32x4S()), e }
}

// `x.pmin(b)` is `b < x ? b : x`: NaN stays.
const clamp = (x: F32x4, low: number, high: number): F32x4 => x.pmin(high).pmax(low)

/** e^x. */
export function exp(f: FunctionBuilder, x: LocalF32x4): F32x4 {
  const { n, e } = reduced(f, f.let(clamp(x, -110, 90)))
  return scale(f, e.add(1), n)
}

/** e^x - 1, accurate near 0. */
export function expm1(f: FunctionBuilder, x: LocalF32x4): F32x4 {
  const { n, e } = reduced(f, f.let(clamp(x, -30, 89)))
  // Half of the result, so that 2^128 is never formed: 2^(n-1) e + (2^(n-1) - 1/2).
  const half = f.let(powerOfTwo(n.sub(1)))
  const y = f.madd(half, e, half.sub(0.5))
  // Below 2^-25 the result is x; halving would lose bits of subnormals.
  return x
    .abs()
    .lt(2 ** -25)
    .select<F32x4>(x, y.mul(2))
}

/** 1 / (1 + e^-x). */
export function sigmoid(f: FunctionBuilder, x: LocalF32x4): F32x4 {
  const e = f.let(exp(f, f.let(x.abs().neg())))
  // e / (1 + e) for negative x: small results keep their relative precision.
  return x.lt(0).select<F32x4>(e, F32x4.of(1)).div(e.add(1))
}

const TANH = [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1]

/** Hyperbolic tangent. */
export function tanh(f: FunctionBuilder, x: LocalF32x4): F32x4 {
  const z = f.let(x.mul(x))
  const small = f.let(f.madd(polynomial(f, z, TANH).mul(z), x, x))
  const a = f.let(x.abs())
  const e = f.let(exp(f, f.let(a.add(a))))
  const large = F32x4.of(1).sub(F32x4.of(2).div(e.add(1)))
  const y = a.ge(0.625).select<F32x4>(large, small)
  return y
    .asI32x4()
    .or(x.asI32x4().and(I32x4.of(0x80000000 | 0)))
    .asF32x4()
}
