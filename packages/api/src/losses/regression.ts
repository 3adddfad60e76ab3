// Losses of regression: squared, absolute, relative and logarithmic errors, and distances of distributions.
// Formulas: Keras 3, keras/src/losses/losses.py.

import type { Expr } from '../expr/expr.js'
import * as E from '../expr/expr.js'
import { div, elementwise, mul, neg, reduceMap, rsqrt } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import type { Config } from '../layers/layer.js'
import { checkInteger, checkPositive } from '../optimizers/numbers.js'
import { DenseLoss, type LossOptions } from './loss.js'

/** Keras's epsilon, the same on every backend. */
export const EPSILON = 1e-7

/** The mean over the last axis of a function of each target and prediction. */
export const meanOfLast = (t: Value, p: Value, f: (t: Expr, p: Expr) => Expr): Value =>
  div(reduceMap('sum', [t, p], (a, b) => [f(a, b)], -1, false)[0], Math.max(1, p.shape[p.rank - 1]))

/** mean((y - p)^2). */
export class MeanSquaredError extends DenseLoss {
  static override readonly className = 'MeanSquaredError'
  protected override dense(t: Value, p: Value): Value {
    return meanOfLast(t, p, (a, b) => E.square(E.sub(a, b)))
  }
}

/** mean(|y - p|). */
export class MeanAbsoluteError extends DenseLoss {
  static override readonly className = 'MeanAbsoluteError'
  protected override dense(t: Value, p: Value): Value {
    return meanOfLast(t, p, (a, b) => E.abs(E.sub(a, b)))
  }
}

/** 100 mean(|y - p| / max(|y|, 1e-7)). */
export class MeanAbsolutePercentageError extends DenseLoss {
  static override readonly className = 'MeanAbsolutePercentageError'
  protected override dense(t: Value, p: Value): Value {
    return mul(
      meanOfLast(t, p, (a, b) => E.abs(E.div(E.sub(a, b), E.max(E.abs(a), EPSILON)))),
      100,
    )
  }
}

/** mean((log(y + 1) - log(p + 1))^2), both at least 1e-7. */
export class MeanSquaredLogarithmicError extends DenseLoss {
  static override readonly className = 'MeanSquaredLogarithmicError'
  protected override dense(t: Value, p: Value): Value {
    return meanOfLast(t, p, (a, b) => E.square(E.sub(E.log1p(E.max(b, EPSILON)), E.log1p(E.max(a, EPSILON)))))
  }
}

/** mean(log(cosh(p - y))), written without overflow. */
export class LogCosh extends DenseLoss {
  static override readonly className = 'LogCosh'
  protected override dense(t: Value, p: Value): Value {
    return meanOfLast(t, p, (a, b) => {
      const x = E.abs(E.sub(b, a))
      return E.sub(E.add(x, E.log1p(E.exp(E.mul(x, -2)))), Math.LN2)
    })
  }
}

export interface HuberOptions extends LossOptions {
  /** Where the square becomes a line. */
  readonly delta?: number
}
/** mean(e^2 / 2) while |e| <= delta, a line of slope delta beyond (Huber 1964). */
export class Huber extends DenseLoss {
  static override readonly className = 'Huber'
  readonly delta: number
  constructor(options: HuberOptions = {}) {
    super(options, ['delta'])
    this.delta = checkPositive(this.className, 'delta', options.delta ?? 1)
  }
  protected override dense(t: Value, p: Value): Value {
    const d = this.delta
    return meanOfLast(t, p, (a, b) => {
      const e = E.sub(b, a)
      const size = E.abs(e)
      return E.select(E.le(size, d), E.mul(E.square(e), 0.5), E.sub(E.mul(size, d), 0.5 * d * d))
    })
  }
  override getConfig(): Config {
    return { ...super.getConfig(), delta: this.delta }
  }
}

/** sum(y log(y / p)), both clipped to [1e-7, 1]. */
export class KLDivergence extends DenseLoss {
  static override readonly className = 'KLDivergence'
  protected override dense(t: Value, p: Value): Value {
    return reduceMap(
      'sum',
      [t, p],
      (a, b) => {
        const y = E.clip(a, EPSILON, 1)
        return [E.mul(y, E.log(E.div(y, E.clip(b, EPSILON, 1))))]
      },
      -1,
      false,
    )[0]
  }
}

/** mean(p - y log(p + 1e-7)). */
export class Poisson extends DenseLoss {
  static override readonly className = 'Poisson'
  protected override dense(t: Value, p: Value): Value {
    return meanOfLast(t, p, (a, b) => E.sub(b, E.mul(a, E.log(E.add(b, EPSILON)))))
  }
}

/** The cosine of the angle between targets and predictions along an axis; 0 for a vector of zeros. */
export function cosine(t: Value, p: Value, axis: number): Value {
  // max(|x|^2, eps^2) under the root instead of Keras's min(1/|x|, 1/eps) outside: equal, and its gradient is finite at 0.
  const inverse = (v: Value): Value =>
    rsqrt(
      elementwise(reduceMap('sum', [v], x => [E.square(x)], axis, true) as [Value], s => E.max(s, EPSILON * EPSILON)),
    )
  return reduceMap(
    'sum',
    [t, inverse(t), p, inverse(p)],
    (a, ia, b, ib) => [E.mul(E.mul(a, ia), E.mul(b, ib))],
    axis,
    false,
  )[0]
}

export interface CosineSimilarityOptions extends LossOptions {
  readonly axis?: number
}
/** The negated cosine between targets and predictions: -1 where they point the same way. */
export class CosineSimilarity extends DenseLoss {
  static override readonly className = 'CosineSimilarity'
  readonly axis: number
  constructor(options: CosineSimilarityOptions = {}) {
    super(options, ['axis'])
    this.axis = checkInteger(this.className, 'axis', options.axis ?? -1, Number.NEGATIVE_INFINITY)
  }
  protected override dense(t: Value, p: Value): Value {
    return neg(cosine(t, p, this.axis))
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis }
  }
}
