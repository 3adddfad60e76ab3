// x^y of four floats: 2^(y log2 |x|) with the logarithm and the product in doubles (in floats the product's rounding
// alone would cost up to 100 units in the last place). Special values as IEEE 754's pow: 1 where y = 0 or x = 1.
import { F32x4, F64x2, type FunctionBuilder, I32x4, type LocalF32x4 } from '../wasm/index.js'
import { scale } from './exp.js'
import { decompose } from './log.js'
import { polynomial } from './polynomial.js'

const ROUND = 1.5 * 2 ** 52
// 2 / (ln 2 (2i + 1)): log2((1 + s) / (1 - s)) = sum of these times s^(2i + 1); |s| <= 0.1716.
const LOG2 = [13, 11, 9, 7, 5, 3, 1].map(i => 2 / (Math.LN2 * i))
// Cephes's expf, for e^(r ln 2).
const EXP = [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1]

/** y log2(2^k m) of lanes 0 and 1 as integer part and rest. */
function exponentLow(f: FunctionBuilder, k: F32x4, m: F32x4, y: F32x4): { n: F32x4; r: F32x4 } {
  const wide = f.let(m.promoteLow())
  const s = f.let(wide.sub(F64x2.of(1)).div(wide.add(F64x2.of(1))))
  const z = f.let(s.mul(s))
  const series = LOG2.slice(1).reduce<F64x2>((sum, c) => sum.mul(z).add(F64x2.of(c)), F64x2.of(LOG2[0]))
  const t = f.let(series.mul(s).add(k.promoteLow()).mul(y.promoteLow()))
  const n = f.let(t.add(F64x2.of(ROUND)).sub(F64x2.of(ROUND)))
  return { n: n.demoteZero(), r: t.sub(n).demoteZero() }
}

export function pow(f: FunctionBuilder, x: LocalF32x4, y: LocalF32x4): F32x4 {
  const a = f.let(x.abs())
  const tiny = f.let(a.lt(2 ** -126))
  const { k, m } = decompose(f, tiny.select<F32x4>(a.mul(2 ** 25), a))
  const finite = k.toF32x4S().sub(F32x4.of(25).and(tiny))
  const orInfinite = a.eq(Infinity).select<F32x4>(F32x4.of(Infinity), finite)
  const exponent = f.let(a.eq(0).select<F32x4>(F32x4.of(-Infinity), orInfinite))
  const high = (v: LocalF32x4): F32x4 => v.shuffle(v, [2, 3, 2, 3])
  const low2 = exponentLow(f, exponent, m, y)
  const high2 = exponentLow(f, high(exponent), high(m), high(y))
  // `c.pmin(v)` is `v < c ? v : c`: where t is infinite or NaN the rest becomes harmless.
  const bounded = (v: F32x4, c: number): F32x4 => F32x4.of(-c).pmax(F32x4.of(c).pmin(v))
  const n = f.let(bounded(low2.n.shuffle(high2.n, [0, 1, 4, 5]), 160).toI32x4S())
  const r = f.let(bounded(low2.r.shuffle(high2.r, [0, 1, 4, 5]), 0.5).mul(Math.LN2))
  const e = f.madd(polynomial(f, r, EXP), r.mul(r), r).add(1)
  const magnitude = f.let(a.eq(1).select<F32x4>(F32x4.of(1), scale(f, e, n)))

  const half = f.let(y.mul(0.5))
  const whole = f.let(y.trunc().eq(y))
  const odd = half.trunc().ne(half).and(whole)
  const sign = x
    .asI32x4()
    .and(I32x4.of(0x80000000 | 0))
    .and(odd)
  const signed = magnitude.asI32x4().or(sign).asF32x4()
  // No real power: a finite negative base with a broken exponent, or a NaN.
  const none = x.lt(0).and(x.ne(-Infinity)).andnot(whole).or(x.ne(x)).or(y.ne(y))
  const regular = none.select<F32x4>(F32x4.of(Number.NaN), signed)
  return y.eq(0).or(x.eq(1)).select<F32x4>(F32x4.of(1), regular)
}
