// Losses of overlap, for segmentation. Formulas: Keras 3, keras/src/losses/losses.py.
import * as E from '../expr/expr.js'
import { elementwise, reduceMap } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import type { Config } from '../layers/layer.js'
import { checkNonNegative } from '../optimizers/numbers.js'
import { DenseLoss, type LossOptions } from './loss.js'
import { EPSILON } from './regression.js'

export interface DiceOptions extends LossOptions {
  /** The axes that overlaps are summed over; null: all, so that the batch has one loss. */
  readonly axis?: number | readonly number[] | null
}

/** 1 - 2 sum(y p) / (sum(y) + sum(p)) (Milletari et al. 2016). */
export class Dice extends DenseLoss {
  static override readonly className = 'Dice'
  readonly axis: number | readonly number[] | null
  constructor(options: DiceOptions = {}) {
    super(options, ['axis'])
    this.axis = options.axis ?? null
  }
  protected override dense(t: Value, p: Value): Value {
    const sums = reduceMap('sum', [t, p], (y, v) => [E.mul(y, v), y, v], this.axis, false)
    return elementwise(sums, (both, y, v) => E.sub(1, E.div(E.mul(both, 2), E.add(E.add(y, v), EPSILON))))
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis }
  }
}

export interface TverskyOptions extends DiceOptions {
  /** Weight of what the targets have and the predictions lack. */
  readonly alpha?: number
  /** Weight of what the predictions have and the targets lack. */
  readonly beta?: number
}

/** 1 - sum(y p) / (sum(y p) + alpha sum(y (1 - p)) + beta sum((1 - y) p)) (Salehi et al. 2017). */
export class Tversky extends DenseLoss {
  static override readonly className = 'Tversky'
  readonly axis: number | readonly number[] | null
  readonly alpha: number
  readonly beta: number
  constructor(options: TverskyOptions = {}) {
    super(options, ['axis', 'alpha', 'beta'])
    this.axis = options.axis ?? null
    this.alpha = checkNonNegative(this.className, 'alpha', options.alpha ?? 0.5)
    this.beta = checkNonNegative(this.className, 'beta', options.beta ?? 0.5)
  }
  protected override dense(t: Value, p: Value): Value {
    const sums = reduceMap(
      'sum',
      [t, p],
      (y, v) => [E.mul(y, v), E.mul(E.sub(1, v), y), E.mul(v, E.sub(1, y))],
      this.axis,
      false,
    )
    return elementwise(sums, (both, missed, extra) =>
      E.sub(1, E.div(both, E.add(E.add(E.add(both, E.mul(missed, this.alpha)), E.mul(extra, this.beta)), EPSILON))),
    )
  }
  override getConfig(): Config {
    const { axis, alpha, beta } = this
    return { ...super.getConfig(), axis, alpha, beta }
  }
}
