// The arithmetic of the normalisation layers, written so that the forward pass is one map over the data and the backward
// pass reads the data twice: once for sum(dy) and sum(dy * (x - mean)) together, once for dx.
import * as E from '../expr/expr.js'
import { elementwise, stopGradient } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import { sameShape } from '../tensor-spec.js'

/**
 * (x - mean) / sqrt(variance + epsilon) * gamma + beta; everything broadcasts to x.
 *
 * The mean that is subtracted carries no gradient; a drift of value 0 carries it instead. Then the gradient of the mean
 * follows from sum(dy), without a reduction of its own.
 */
export function normalize(
  x: Value,
  mean: Value,
  variance: Value,
  epsilon: number,
  gamma: Value | null,
  beta: Value | null,
): Value {
  const centre = stopGradient(mean)
  const driftOf = (scale: Value): Value => elementwise([mean, centre, scale], (m, c, s) => E.mul(E.sub(c, m), s))
  if (gamma === null || sameShape(gamma.shape, variance.shape)) {
    // One gamma for each mean: gamma and beta join the statistics before they meet the data.
    const scale = scaleOf(variance, epsilon, gamma)
    const drift = driftOf(scale)
    const shift = beta === null ? drift : elementwise([drift, beta], E.add)
    return elementwise([x, centre, scale, shift], (v, c, s, b) => E.add(E.mul(E.sub(v, c), s), b))
  }
  const scale = scaleOf(variance, epsilon, null)
  const inputs = [x, centre, scale, driftOf(scale), gamma]
  return elementwise(beta === null ? inputs : [...inputs, beta], (v, c, s, d, g, b) => {
    const scaled = E.mul(E.add(E.mul(E.sub(v, c), s), d), g)
    return b === undefined ? scaled : E.add(scaled, b)
  })
}

/** As `normalize` with given statistics: one multiply-add per element. */
export function normalizeFolded(
  x: Value,
  mean: Value,
  variance: Value,
  epsilon: number,
  gamma: Value | null,
  beta: Value | null,
): Value {
  const scale = scaleOf(variance, epsilon, gamma)
  const shift = elementwise(beta === null ? [mean, scale] : [mean, scale, beta], (m, s, b) =>
    b === undefined ? E.neg(E.mul(m, s)) : E.sub(b, E.mul(m, s)),
  )
  return elementwise([x, scale, shift], (v, s, b) => E.add(E.mul(v, s), b))
}

/** gamma / sqrt(variance + epsilon). */
function scaleOf(variance: Value, epsilon: number, gamma: Value | null): Value {
  return elementwise(gamma === null ? [variance] : [variance, gamma], (v, g) => {
    const inverse = E.rsqrt(E.add(v, epsilon))
    return g === undefined ? inverse : E.mul(inverse, g)
  })
}
