// Maximum-margin losses. Formulas: Keras 3, keras/src/losses/losses.py.
import * as E from '../expr/expr.js'
import { elementwise, reduceMap } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import { DenseLoss } from './loss.js'
import { meanOfLast } from './regression.js'

/** Labels -1 and 1: labels that are all 0 or 1 are converted, others stay. */
function signedLabels(t: Value): Value {
  const [binary] = reduceMap('min', [t], y => [E.or(E.eq(y, 0), E.eq(y, 1))], null, false)
  return elementwise([t, binary], (y, is) => E.select(is, E.sub(E.mul(y, 2), 1), y))
}

/** mean(max(1 - y p, 0)); labels -1 and 1, or 0 and 1. */
export class Hinge extends DenseLoss {
  static override readonly className = 'Hinge'
  protected override dense(t: Value, p: Value): Value {
    return meanOfLast(signedLabels(t), p, (y, v) => E.max(E.sub(1, E.mul(y, v)), 0))
  }
}

/** mean(max(1 - y p, 0)^2); labels -1 and 1, or 0 and 1. */
export class SquaredHinge extends DenseLoss {
  static override readonly className = 'SquaredHinge'
  protected override dense(t: Value, p: Value): Value {
    return meanOfLast(signedLabels(t), p, (y, v) => E.square(E.max(E.sub(1, E.mul(y, v)), 0)))
  }
}

/** max(max((1 - y) p) - sum(y p) + 1, 0); labels one-hot. */
export class CategoricalHinge extends DenseLoss {
  static override readonly className = 'CategoricalHinge'
  protected override dense(t: Value, p: Value): Value {
    const [positive] = reduceMap('sum', [t, p], (y, v) => [E.mul(y, v)], -1, false)
    const [negative] = reduceMap('max', [t, p], (y, v) => [E.mul(E.sub(1, y), v)], -1, false)
    return elementwise([negative, positive], (n, s) => E.max(E.add(E.sub(n, s), 1), 0))
  }
}
