// Lion (Chen et al. 2023).

import type { Expr } from '../expr/expr.js'
import * as E from '../expr/expr.js'
import type { Config } from '../layers/layer.js'
import { checkFraction, checkNumber } from './numbers.js'
import { type Exprs, Optimizer, type OptimizerOptions, type SlotSpec, type Update } from './optimizer.js'

export interface LionOptions extends OptimizerOptions {
  /** Share of the momentum in the direction of the step (default 0.9). */
  readonly beta1?: number
  /** How much of the old momentum stays at each step (default 0.99). */
  readonly beta2?: number
}

/** w -= lr sign(beta1 m + (1 - beta1) g); m = beta2 m + (1 - beta2) g. */
export class Lion extends Optimizer {
  static override readonly className = 'Lion'
  readonly beta1: number
  readonly beta2: number
  constructor(options: LionOptions = {}) {
    super(options, ['beta1', 'beta2'])
    const beta1 = options.beta1 ?? 0.9
    // beta1 = 0 would leave the sign of the gradient alone.
    this.beta1 = checkNumber(this.className, 'beta1', beta1, v => v > 0 && v <= 1, 'a number in (0, 1]')
    this.beta2 = checkFraction(this.className, 'beta2', options.beta2 ?? 0.99)
  }
  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return [[{ name: 'momentum' }]]
  }
  override updateOne(param: Expr, grad: Expr, { momentum }: Exprs, scalar: (name: string) => Expr): Update {
    const blend = (beta: number): Expr => E.add(E.mul(momentum, beta), E.mul(grad, 1 - beta))
    return {
      param: E.sub(param, E.mul(E.sign(blend(this.beta1)), scalar('learningRate'))),
      slots: { momentum: blend(this.beta2) },
    }
  }
  override getConfig(): Config {
    return { ...super.getConfig(), beta1: this.beta1, beta2: this.beta2 }
  }
}
