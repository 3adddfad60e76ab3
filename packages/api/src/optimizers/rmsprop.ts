// RMSprop (Tieleman and Hinton 2012).

import type { Expr } from '../expr/expr.js'
import * as E from '../expr/expr.js'
import type { Config } from '../layers/layer.js'
import { checkFraction, checkNonNegative } from './numbers.js'
import { type Exprs, Optimizer, type OptimizerOptions, type SlotSpec, type Update } from './optimizer.js'

export interface RMSpropOptions extends OptimizerOptions {
  /** How much of the old mean square stays at each step. */
  readonly rho?: number
  readonly momentum?: number
  /** Inside the root. */
  readonly epsilon?: number
  /** Whether to divide by the gradient's standard deviation instead of its root mean square. */
  readonly centered?: boolean
}

/** v = rho v + (1 - rho) g^2; w -= lr g / sqrt(v + epsilon). Default rho 0.9, epsilon 1e-7. */
export class RMSprop extends Optimizer {
  static override readonly className = 'RMSprop'
  readonly rho: number
  readonly momentum: number
  readonly epsilon: number
  readonly centered: boolean
  constructor(options: RMSpropOptions = {}) {
    super(options, ['rho', 'momentum', 'epsilon', 'centered'])
    this.rho = checkFraction(this.className, 'rho', options.rho ?? 0.9)
    this.momentum = checkFraction(this.className, 'momentum', options.momentum ?? 0)
    this.epsilon = checkNonNegative(this.className, 'epsilon', options.epsilon ?? 1e-7)
    this.centered = options.centered ?? false
  }
  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return [
      [{ name: 'velocity' }],
      ...(this.momentum > 0 ? [[{ name: 'momentum' }]] : []),
      ...(this.centered ? [[{ name: 'average_gradient' }]] : []),
    ]
  }
  override updateOne(param: Expr, grad: Expr, slots: Exprs, scalar: (name: string) => Expr): Update {
    const blend = (old: Expr, now: Expr): Expr => E.add(E.mul(old, this.rho), E.mul(now, 1 - this.rho))
    const next: Record<string, Expr> = { velocity: blend(slots.velocity, E.square(grad)) }
    let square = next.velocity
    if (this.centered) {
      next.average_gradient = blend(slots.average_gradient, grad)
      square = E.sub(square, E.square(next.average_gradient))
    }
    const step = E.div(E.mul(grad, scalar('learningRate')), E.sqrt(E.add(square, this.epsilon)))
    if (this.momentum > 0) next.momentum = E.add(E.mul(slots.momentum, this.momentum), step)
    return { param: E.sub(param, next.momentum ?? step), slots: next }
  }
  override getConfig(): Config {
    const { rho, momentum, epsilon, centered } = this
    return { ...super.getConfig(), rho, momentum, epsilon, centered }
  }
}
