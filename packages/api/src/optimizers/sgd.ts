// Stochastic gradient descent with momentum.

import type { Expr } from '../expr/expr.js'
import * as E from '../expr/expr.js'
import type { Config } from '../layers/layer.js'
import { checkFraction } from './numbers.js'
import { type Exprs, Optimizer, type OptimizerOptions, type SlotSpec, type Update } from './optimizer.js'

export interface SGDOptions extends OptimizerOptions {
  readonly momentum?: number
  /** Whether to use Nesterov's momentum: the gradient of where the momentum leads. */
  readonly nesterov?: boolean
}

/**
 * w -= lr g. With momentum: v = momentum v - lr g; w += v, or with `nesterov` w += momentum v - lr g.
 * The velocity contains the learning rate, as in Keras (not as in PyTorch). Default learning rate 0.01.
 */
export class SGD extends Optimizer {
  static override readonly className = 'SGD'
  readonly momentum: number
  readonly nesterov: boolean
  constructor(options: SGDOptions = {}) {
    super(options, ['momentum', 'nesterov'], 0.01)
    this.momentum = checkFraction(this.className, 'momentum', options.momentum ?? 0)
    this.nesterov = options.nesterov ?? false
  }
  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return this.momentum === 0 ? [] : [[{ name: 'momentum' }]]
  }
  override updateOne(param: Expr, grad: Expr, slots: Exprs, scalar: (name: string) => Expr): Update {
    const step = E.mul(grad, scalar('learningRate'))
    if (this.momentum === 0) return { param: E.sub(param, step), slots: {} }
    const momentum = E.sub(E.mul(slots.momentum, this.momentum), step)
    const move = this.nesterov ? E.sub(E.mul(momentum, this.momentum), step) : momentum
    return { param: E.add(param, move), slots: { momentum } }
  }
  override getConfig(): Config {
    return { ...super.getConfig(), momentum: this.momentum, nesterov: this.nesterov }
  }
}
