// Adagrad (Duchi et al. 2011) and Adadelta (Zeiler 2012).

import type { Expr } from '../expr/expr.js'
import * as E from '../expr/expr.js'
import type { Config } from '../layers/layer.js'
import { checkFraction, checkNonNegative } from './numbers.js'
import { type Exprs, Optimizer, type OptimizerOptions, type SlotSpec, type Update } from './optimizer.js'

export interface AdagradOptions extends OptimizerOptions {
  /** What the sums of squares start at (default 0.1). */
  readonly initialAccumulatorValue?: number
  /** Inside the root (default 1e-7). */
  readonly epsilon?: number
}

/** a += g^2; w -= lr g / sqrt(a + epsilon). */
export class Adagrad extends Optimizer {
  static override readonly className = 'Adagrad'
  readonly initialAccumulatorValue: number
  readonly epsilon: number
  constructor(options: AdagradOptions = {}) {
    super(options, ['initialAccumulatorValue', 'epsilon'])
    this.initialAccumulatorValue = checkNonNegative(
      this.className,
      'initialAccumulatorValue',
      options.initialAccumulatorValue ?? 0.1,
    )
    this.epsilon = checkNonNegative(this.className, 'epsilon', options.epsilon ?? 1e-7)
  }
  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return [[{ name: 'accumulator', initial: this.initialAccumulatorValue }]]
  }
  override updateOne(param: Expr, grad: Expr, slots: Exprs, scalar: (name: string) => Expr): Update {
    const accumulator = E.add(slots.accumulator, E.square(grad))
    const step = E.div(E.mul(grad, scalar('learningRate')), E.sqrt(E.add(accumulator, this.epsilon)))
    return { param: E.sub(param, step), slots: { accumulator } }
  }
  override getConfig(): Config {
    const { initialAccumulatorValue, epsilon } = this
    return { ...super.getConfig(), initialAccumulatorValue, epsilon }
  }
}

export interface AdadeltaOptions extends OptimizerOptions {
  /** How much of the old mean squares stays at each step (default 0.95). */
  readonly rho?: number
  /** Inside the roots (default 1e-7). */
  readonly epsilon?: number
}

/** d = -rms(earlier d) / rms(g) g; w += lr d. */
export class Adadelta extends Optimizer {
  static override readonly className = 'Adadelta'
  readonly rho: number
  readonly epsilon: number
  constructor(options: AdadeltaOptions = {}) {
    super(options, ['rho', 'epsilon'])
    this.rho = checkFraction(this.className, 'rho', options.rho ?? 0.95)
    this.epsilon = checkNonNegative(this.className, 'epsilon', options.epsilon ?? 1e-7)
  }
  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return [[{ name: 'accumulated_grad' }, { name: 'accumulated_delta_var' }]]
  }
  override updateOne(param: Expr, grad: Expr, slots: Exprs, scalar: (name: string) => Expr): Update {
    const blend = (old: Expr, x: Expr): Expr => E.add(E.mul(old, this.rho), E.mul(E.square(x), 1 - this.rho))
    const rms = (meanSquare: Expr): Expr => E.sqrt(E.add(meanSquare, this.epsilon))
    const squares = blend(slots.accumulated_grad, grad)
    const delta = E.neg(E.div(E.mul(rms(slots.accumulated_delta_var), grad), rms(squares)))
    return {
      param: E.add(param, E.mul(delta, scalar('learningRate'))),
      slots: { accumulated_grad: squares, accumulated_delta_var: blend(slots.accumulated_delta_var, delta) },
    }
  }
  override getConfig(): Config {
    return { ...super.getConfig(), rho: this.rho, epsilon: this.epsilon }
  }
}
