// FTRL-proximal (McMahan et al. 2013).

import type { Expr } from '../expr/expr.js'
import * as E from '../expr/expr.js'
import type { Config } from '../layers/layer.js'
import { checkNonNegative, checkNumber } from './numbers.js'
import { type Exprs, Optimizer, type OptimizerOptions, type SlotSpec, type Update } from './optimizer.js'

export interface FtrlOptions extends OptimizerOptions {
  /** How fast the rate falls with the sum of squares: 0 not at all, -0.5 (default) with its root. */
  readonly learningRatePower?: number
  /** What the sums of squares start at (default 0.1). */
  readonly initialAccumulatorValue?: number
  readonly l1RegularizationStrength?: number
  readonly l2RegularizationStrength?: number
  /** An L2 penalty on the value instead of on the step. */
  readonly l2ShrinkageRegularizationStrength?: number
  readonly beta?: number
}

/** Follow the regularised leader: sparse weights under l1. */
export class Ftrl extends Optimizer {
  static override readonly className = 'Ftrl'
  readonly learningRatePower: number
  readonly initialAccumulatorValue: number
  readonly l1RegularizationStrength: number
  readonly l2RegularizationStrength: number
  readonly l2ShrinkageRegularizationStrength: number
  readonly beta: number
  constructor(options: FtrlOptions = {}) {
    super(options, [
      'learningRatePower',
      'initialAccumulatorValue',
      'l1RegularizationStrength',
      'l2RegularizationStrength',
      'l2ShrinkageRegularizationStrength',
      'beta',
    ])
    const where = this.className
    const power = options.learningRatePower ?? -0.5
    this.learningRatePower = checkNumber(where, 'learningRatePower', power, v => v <= 0, 'a number of at most 0')
    const at0 = (name: string, v: number): number => checkNonNegative(where, name, v)
    this.initialAccumulatorValue = at0('initialAccumulatorValue', options.initialAccumulatorValue ?? 0.1)
    this.l1RegularizationStrength = at0('l1RegularizationStrength', options.l1RegularizationStrength ?? 0)
    this.l2RegularizationStrength = at0('l2RegularizationStrength', options.l2RegularizationStrength ?? 0)
    this.l2ShrinkageRegularizationStrength = at0(
      'l2ShrinkageRegularizationStrength',
      options.l2ShrinkageRegularizationStrength ?? 0,
    )
    this.beta = at0('beta', options.beta ?? 0)
  }
  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return [[{ name: 'accumulator', initial: this.initialAccumulatorValue }, { name: 'linear' }]]
  }
  protected override stepScalars(_updates: number, learningRate: number) {
    return { l2: 2 * (this.l2RegularizationStrength + this.beta / (2 * learningRate)) }
  }
  override updateOne(param: Expr, grad: Expr, slots: Exprs, scalar: (name: string) => Expr): Update {
    const lr = scalar('learningRate')
    const power = (a: Expr): Expr => E.pow(a, -this.learningRatePower)
    const accumulator = E.add(slots.accumulator, E.square(grad))
    const shrunk = E.add(grad, E.mul(param, 2 * this.l2ShrinkageRegularizationStrength))
    const sigma = E.div(E.sub(power(accumulator), power(slots.accumulator)), lr)
    const linear = E.add(slots.linear, E.sub(shrunk, E.mul(sigma, param)))
    const quadratic = E.add(E.div(power(accumulator), lr), scalar('l2'))
    const l1 = this.l1RegularizationStrength
    return {
      param: E.div(E.sub(E.clip(linear, -l1, l1), linear), quadratic),
      slots: { accumulator, linear },
    }
  }
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      learningRatePower: this.learningRatePower,
      initialAccumulatorValue: this.initialAccumulatorValue,
      l1RegularizationStrength: this.l1RegularizationStrength,
      l2RegularizationStrength: this.l2RegularizationStrength,
      l2ShrinkageRegularizationStrength: this.l2ShrinkageRegularizationStrength,
      beta: this.beta,
    }
  }
}
