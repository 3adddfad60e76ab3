// Binary cross-entropies. A prediction that is a sigmoid output is traced back to its logits.
// Formulas: Keras 3, keras/src/losses/losses.py.

import type { Expr } from '../expr/expr.js'
import * as E from '../expr/expr.js'
import { div, reduceMap, sigmoidLogits } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import type { Config } from '../layers/layer.js'
import { checkFraction, checkInteger, checkNonNegative } from '../optimizers/numbers.js'
import { resolveAxis } from '../tensor-spec.js'
import { DenseLoss, type LossOptions } from './loss.js'
import { EPSILON } from './regression.js'

/** -y log(sigmoid(x)) - (1 - y) log(1 - sigmoid(x)), without overflow; the gradient at x = 0 is 1/2 - y. */
const fromLogit = (y: Expr, x: Expr): Expr => E.add(E.sub(E.max(x, 0), E.mul(x, y)), E.log1p(E.exp(E.neg(E.abs(x)))))
/**
 * -y log(p) - (1 - y) log(1 - p), both p and 1 - p clipped to [1e-7, 1 - 1e-7].
 * @param rest 1 - p, clipped by itself: in float32 1 - (1 - 1e-7) would be 1.19e-7
 */
function fromProbability(y: Expr, p: Expr, rest: Expr = E.sub(1, p)): Expr {
  const q = E.clip(p, EPSILON, 1 - EPSILON)
  // The lower bound is that of Keras's float64 arithmetic, 1.0000000005838672e-7.
  const other = E.clip(rest, 1 - (1 - EPSILON), 1 - EPSILON)
  return E.neg(E.add(E.mul(y, E.log(q)), E.mul(E.sub(1, y), E.log(other))))
}

export interface BinaryCrossentropyOptions extends LossOptions {
  /** Whether predictions are logits (default: probabilities). */
  readonly fromLogits?: boolean
  /** In [0, 1]: targets 0 and 1 move this far towards each other. */
  readonly labelSmoothing?: number
  /** The axis that the loss of a sample is the mean over. */
  readonly axis?: number
}
const BINARY = ['fromLogits', 'labelSmoothing', 'axis'] as const

abstract class BinaryLoss extends DenseLoss {
  readonly fromLogits: boolean
  readonly labelSmoothing: number
  readonly axis: number
  constructor(options: BinaryCrossentropyOptions = {}, known: readonly string[] = []) {
    super(options, [...BINARY, ...known])
    this.fromLogits = options.fromLogits ?? false
    this.labelSmoothing = checkFraction(this.className, 'labelSmoothing', options.labelSmoothing ?? 0)
    this.axis = checkInteger(this.className, 'axis', options.axis ?? -1, Number.NEGATIVE_INFINITY)
  }
  /** The mean over the axis of a function of each smoothed target and prediction. */
  protected meanOver(t: Value, p: Value, f: (y: Expr, p: Expr) => Expr): Value {
    const a = resolveAxis(this.name, this.axis, p.rank)
    const s = this.labelSmoothing
    const smooth = (y: Expr): Expr => (s === 0 ? y : E.add(E.mul(y, 1 - s), s / 2))
    return div(reduceMap('sum', [t, p], (y, v) => [f(smooth(y), v)], a, false)[0], Math.max(1, p.shape[a]))
  }
  override getConfig(): Config {
    const { fromLogits, labelSmoothing, axis } = this
    return { ...super.getConfig(), fromLogits, labelSmoothing, axis }
  }
}

/**
 * mean(-y log(p) - (1 - y) log(1 - p)).
 * @example new BinaryCrossentropy({ fromLogits: true })
 */
export class BinaryCrossentropy extends BinaryLoss {
  static override readonly className = 'BinaryCrossentropy'
  protected override dense(t: Value, p: Value): Value {
    const logits = this.fromLogits ? p : sigmoidLogits(p)
    return logits === null ? this.meanOver(t, p, fromProbability) : this.meanOver(t, logits, fromLogit)
  }
}

export interface BinaryFocalCrossentropyOptions extends BinaryCrossentropyOptions {
  /** Whether targets of 1 weigh alpha and those of 0 weigh 1 - alpha. */
  readonly applyClassBalancing?: boolean
  readonly alpha?: number
  /** How much well-classified samples count less. */
  readonly gamma?: number
}
/** mean((1 - p_t)^gamma times the binary cross-entropy), p_t the probability of the target (Lin et al. 2017). */
export class BinaryFocalCrossentropy extends BinaryLoss {
  static override readonly className = 'BinaryFocalCrossentropy'
  readonly applyClassBalancing: boolean
  readonly alpha: number
  readonly gamma: number
  constructor(options: BinaryFocalCrossentropyOptions = {}) {
    super(options, ['applyClassBalancing', 'alpha', 'gamma'])
    this.applyClassBalancing = options.applyClassBalancing ?? false
    this.alpha = checkFraction(this.className, 'alpha', options.alpha ?? 0.25)
    this.gamma = checkNonNegative(this.className, 'gamma', options.gamma ?? 2)
  }
  protected override dense(t: Value, p: Value): Value {
    return this.meanOver(t, p, (y, x) => {
      const v = this.fromLogits ? E.sigmoid(x) : x
      const target = E.add(E.mul(y, v), E.mul(E.sub(1, y), E.sub(1, v)))
      const rest = this.fromLogits ? E.sigmoid(E.neg(x)) : E.sub(1, x)
      const focal = E.mul(E.pow(E.sub(1, target), this.gamma), fromProbability(y, v, rest))
      if (!this.applyClassBalancing) return focal
      return E.mul(E.add(E.mul(y, this.alpha), E.mul(E.sub(1, y), 1 - this.alpha)), focal)
    })
  }
  override getConfig(): Config {
    const { applyClassBalancing, alpha, gamma } = this
    return { ...super.getConfig(), applyClassBalancing, alpha, gamma }
  }
}
