// The error function of four floats: Cephes's ndtrf.c (S. Moshier): erf by a polynomial below 1, else 1 - erfc.
import { F32x4, type FunctionBuilder, I32x4, type LocalF32x4 } from '../wasm/index.js'
import { exp } from './exp.js'
import { polynomial } from './polynomial.js'

const SMALL = [
  7.853861353153693e-5, -8.010193625184903e-4, 5.188327685732524e-3, -2.685381193529856e-2, 1.128358514861418e-1,
  -3.7612625824233e-1, 1.12837916572671,
]
// erfc(x) = e^(-x^2) / x P(1 / x^2) on [1, 2] and beyond.
const MIDDLE = [
  2.326819970068386e-2, -1.387039388740657e-1, 3.687424674597105e-1, -5.824733027278666e-1, 6.210004621745983e-1,
  -4.944515323274145e-1, 3.404879937665872e-1, -2.741127028184656e-1, 5.638259427386472e-1,
]
const LARGE = [
  -1.047766399936249e1, 1.297719955372516e1, -7.495518717768503, 2.921019019210786, -1.0152652792027,
  4.218463358204948e-1, -2.820767439740514e-1, 5.641895067754075e-1,
]

export function erf(f: FunctionBuilder, x: LocalF32x4): F32x4 {
  const z = f.let(x.mul(x))
  const small = f.let(x.mul(polynomial(f, z, SMALL)))
  const a = f.let(x.abs())
  const q = f.let(F32x4.of(1).div(a))
  const y = f.let(q.mul(q))
  const p = a.lt(2).select<F32x4>(polynomial(f, y, MIDDLE), polynomial(f, y, LARGE))
  const erfc = exp(f, f.let(z.neg())).mul(q).mul(p)
  // The largest float below 1 is erf(3.83...); beyond 4 erfc is below half of its distance to 1.
  const large = a.gt(4).select<F32x4>(F32x4.of(1), F32x4.of(1).sub(erfc))
  const signed = large
    .asI32x4()
    .or(x.asI32x4().and(I32x4.of(0x80000000 | 0)))
    .asF32x4()
  return a.ge(1).select<F32x4>(signed, small)
}
