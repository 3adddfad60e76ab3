// log and log1p of four floats. The method and coefficients are FreeBSD's e_logf.c and s_log1pf.c (Sun Microsystems, 1993):
// x = 2^k (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2), and log(1 + f) by a polynomial in s = f / (2 + f).
import { F32x4, type FunctionBuilder, type I32x4, type LocalF32x4, type LocalI32x4 } from '../wasm/index.js'

const LN2_HIGH = 6.9313812256e-1
const LN2_LOW = 9.0580006145e-6
const LG1 = 0xaaaaaa / 2 ** 24
const LG2 = 0xccce13 / 2 ** 25
const LG3 = 0x91e9ee / 2 ** 25
const LG4 = 0xf89e26 / 2 ** 26
const SQRT_HALF_BITS = 0x3f3504f3

/** k and 1 + f of a positive normal x. */
export function decompose(f: FunctionBuilder, x: F32x4): { k: LocalI32x4; m: LocalF32x4 } {
  const bits = f.let(x.asI32x4().add(0x3f800000 - SQRT_HALF_BITS))
  const k = f.let(bits.shrS(23).sub(127))
  const m = f.let(bits.and(0x007fffff).add(SQRT_HALF_BITS).asF32x4())
  return { k, m }
}

/** log(1 + t) + k ln 2 + c. */
function combine(f: FunctionBuilder, t: LocalF32x4, k: LocalF32x4, c: F32x4 | undefined): F32x4 {
  const s = f.let(t.div(t.add(2)))
  const z = f.let(s.mul(s))
  const w = f.let(z.mul(z))
  const even = w.mul(f.madd(w, F32x4.of(LG4), F32x4.of(LG2)))
  const odd = z.mul(f.madd(w, F32x4.of(LG3), F32x4.of(LG1)))
  const half = f.let(t.mul(t).mul(0.5))
  const low = k.mul(LN2_LOW)
  const rest = s.mul(half.add(odd.add(even))).add(c === undefined ? low : low.add(c))
  return rest.sub(half).add(t).add(k.mul(LN2_HIGH))
}

/** Natural logarithm: -infinity at 0, NaN below. */
export function log(f: FunctionBuilder, x: LocalF32x4): F32x4 {
  const tiny = f.let(x.lt(2 ** -126))
  const { k, m } = decompose(f, tiny.select<F32x4>(x.mul(2 ** 25), x))
  const exponent = f.let(k.toF32x4S().sub(F32x4.of(25).and(tiny)))
  const y = combine(f, f.let(m.sub(1)), exponent, undefined)
  return special(x, x.gt(0), x.eq(0), y)
}

/** log(1 + x), accurate near 0. */
export function log1p(f: FunctionBuilder, x: LocalF32x4): F32x4 {
  const u = f.let(x.add(1))
  const { k, m } = decompose(f, u)
  // What rounding took from u, divided by u; of no weight where u is large.
  const lost = k.geS(2).select<F32x4>(F32x4.of(1).sub(u.sub(x)), x.sub(u.sub(1)))
  const near = f.let(x.gt(Math.SQRT1_2 - 1).and(x.lt(Math.SQRT2 - 1)))
  const c = f.let(lost.div(u).and(k.ltS(25)).andnot(near))
  const t = f.let(near.select<F32x4>(x, m.sub(1)))
  const y = f.let(combine(f, t, f.let(k.toF32x4S().andnot(near)), c))
  // Below 2^-25 the result is x, subnormals and signed zero included.
  const exact = x
    .abs()
    .lt(2 ** -25)
    .select<F32x4>(x, y)
  return special(x, x.gt(-1), x.eq(-1), exact)
}

/** y inside the domain, -infinity at its pole, x where x is +infinity, else NaN. */
function special(x: LocalF32x4, inside: I32x4, pole: I32x4, y: F32x4): F32x4 {
  const atPole = pole.select<F32x4>(F32x4.of(-Infinity), F32x4.of(Number.NaN))
  return x.eq(Infinity).select<F32x4>(x, inside.select<F32x4>(y, atPole))
}
