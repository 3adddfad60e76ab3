// Activations of one element: scalar expressions that are finite where the function is, also in the derivative. A side
// of `select` that is not taken must not overflow either, since its gradient would be 0 * infinity. NaN stays NaN: conditions
// are written so that it falls through to x.
import * as E from '../expr/expr.js'
import { type Expr, select } from '../expr/expr.js'

/** x where it is negative, else 0; the slope at 0 is 1. */
const nonPositive = (x: Expr): Expr => select(E.gt(x, 0), 0, x)

export interface ReluArgs {
  readonly negativeSlope: number
  readonly maxValue: number | null
  readonly threshold: number
}
/** x up to maxValue above the threshold, negativeSlope * (x - threshold) below. The slope at both ends is the outer one. */
export function relu(x: Expr, { negativeSlope, maxValue, threshold }: ReluArgs): Expr {
  const plain = negativeSlope === 0 && threshold === 0
  const inner = plain ? E.relu(x) : x
  const capped = maxValue === null ? inner : select(E.ge(x, maxValue), maxValue, inner)
  if (plain) return capped
  return select(E.le(x, threshold), E.mul(negativeSlope, E.sub(x, threshold)), capped)
}
/** x above 0, slope * x below and at 0 in the derivative (as PyTorch and TensorFlow; JAX has 1 at 0). */
export const leakyRelu = (x: Expr, slope: number): Expr => select(E.le(x, 0), E.mul(slope, x), x)

/** x above 0, alpha * (e^x - 1) below. Clevert et al. 2016. */
export const elu = (x: Expr, alpha: number): Expr => select(E.le(x, 0), E.mul(alpha, E.expm1(nonPositive(x))), x)

const SELU_ALPHA = 1.6732632423543772
const SELU_SCALE = 1.0507009873554805
/** Klambauer et al. 2017. */
export const selu = (x: Expr): Expr => E.mul(SELU_SCALE, elu(x, SELU_ALPHA))

/** Continuously differentiable elu. Barron 2017. */
export const celu = (x: Expr, alpha: number): Expr =>
  select(E.le(x, 0), E.mul(alpha, E.expm1(E.div(nonPositive(x), alpha))), x)

/** x * Phi(x), or its tanh approximation. Hendrycks & Gimpel 2016. */
export function gelu(x: Expr, approximate: boolean): Expr {
  if (!approximate) return E.mul(E.mul(0.5, x), E.add(1, E.erf(E.mul(x, Math.SQRT1_2))))
  // tanh is 1 to the last bit of float64 from |x| = 10 on, and x^3 must not overflow.
  const c = E.clip(x, -10, 10)
  const inner = E.mul(Math.sqrt(2 / Math.PI), E.add(c, E.mul(0.044715, E.mul(c, E.mul(c, c)))))
  return E.mul(E.mul(0.5, x), E.add(1, E.tanh(inner)))
}

/** log(1 + e^x) = max(x, 0) + log(1 + e^-|x|), with -|x| written so that its slope at 0 is not 0. */
export const softplus = (x: Expr): Expr => E.add(E.relu(x), E.log1p(E.exp(select(E.gt(x, 0), E.neg(x), x))))
export const logSigmoid = (x: Expr): Expr => E.neg(softplus(E.neg(x)))

/** clip((x + 3) / 6, 0, 1); slope 0 at the corners. */
export function hardSigmoid(x: Expr): Expr {
  return E.div(relu(E.add(x, 3), { negativeSlope: 0, maxValue: 6, threshold: 0 }), 6)
}
export const hardSilu = (x: Expr): Expr => E.mul(x, hardSigmoid(x))
/** x * sigmoid(x). */
export const silu = (x: Expr): Expr => E.mul(x, E.sigmoid(x))
/** x * tanh(softplus(x)). Misra 2019. */
export const mish = (x: Expr): Expr => E.mul(x, E.tanh(softplus(x)))
export const tanhShrink = (x: Expr): Expr => E.sub(x, E.tanh(x))
export const hardTanh = (x: Expr): Expr => E.clip(x, -1, 1)
export const softsign = (x: Expr): Expr => E.div(x, E.add(1, E.abs(x)))

/** x moved towards 0 by the threshold, 0 within it. */
export const softShrink = (x: Expr, threshold: number): Expr =>
  select(E.le(E.abs(x), threshold), 0, select(E.gt(x, 0), E.sub(x, threshold), E.add(x, threshold)))
/** x outside [-threshold, threshold], else 0. */
export const hardShrink = (x: Expr, threshold: number): Expr => select(E.le(E.abs(x), threshold), 0, x)
/** x above the threshold, else defaultValue. */
export const threshold = (x: Expr, t: number, defaultValue: number): Expr => select(E.le(x, t), defaultValue, x)

/** (x + sqrt(x^2 + b)) / 2; below 0 without the cancellation. Barron 2021. */
export function squareplus(x: Expr, b: number): Expr {
  // Beyond the limit b vanishes beside x^2, which must not overflow.
  const limit = 2 ** 28 * Math.max(1, Math.sqrt(b))
  const near = E.clip(x, -limit, limit)
  const root = select(E.gt(E.abs(x), limit), E.abs(x), E.sqrt(E.add(E.mul(near, near), b)))
  return select(E.gt(x, 0), E.add(E.mul(0.5, x), E.mul(0.5, root)), E.div(0.5 * b, E.sub(root, nonPositive(x))))
}
/** 0 below -1, x above 1, (x + 1)^2 / 4 between. */
export function sparsePlus(x: Expr): Expr {
  const between = E.add(E.clip(x, -1, 1), 1)
  return select(E.le(x, -1), 0, select(E.ge(x, 1), x, E.mul(0.25, E.mul(between, between))))
}
/** 0 below -1, 1 above 1, (x + 1) / 2 between: the slope of sparsePlus. */
export const sparseSigmoid = (x: Expr): Expr => select(E.le(x, -1), 0, select(E.ge(x, 1), 1, E.mul(0.5, E.add(x, 1))))
