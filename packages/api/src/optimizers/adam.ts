// Adam and its relatives (Kingma and Ba 2015; Loshchilov and Hutter 2019; Dozat 2016). Bias corrections are computed on the
// host in float64: beta2^t in float32 loses the digits that matter while t is small.
import { ArgumentError } from '../errors.js'
import type { Expr } from '../expr/expr.js'
import * as E from '../expr/expr.js'
import type { Config } from '../layers/layer.js'
import { checkFraction, checkNonNegative } from './numbers.js'
import { type Exprs, Optimizer, type OptimizerOptions, type SlotSpec, type Update } from './optimizer.js'

export interface AdamaxOptions extends OptimizerOptions {
  /** How much of the old mean gradient stays at each step (default 0.9). */
  readonly beta1?: number
  /** How much of the old mean square stays at each step (default 0.999). */
  readonly beta2?: number
  /** Added to the root (default 1e-7). */
  readonly epsilon?: number
}

/** old + (now - old) (1 - beta): Keras's form of the moving mean. */
const towards = (old: Expr, now: Expr, beta: number): Expr => E.add(old, E.mul(E.sub(now, old), 1 - beta))

/** What Adam, Adamax and Nadam share. */
abstract class MomentOptimizer extends Optimizer {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  constructor(options: AdamaxOptions = {}, known: readonly string[] = []) {
    super(options, ['beta1', 'beta2', 'epsilon', ...known])
    this.beta1 = checkFraction(this.className, 'beta1', options.beta1 ?? 0.9)
    this.beta2 = checkFraction(this.className, 'beta2', options.beta2 ?? 0.999)
    this.epsilon = checkNonNegative(this.className, 'epsilon', options.epsilon ?? 1e-7)
  }
  override getConfig(): Config {
    const { beta1, beta2, epsilon } = this
    return { ...super.getConfig(), beta1, beta2, epsilon }
  }
}

export interface AdamOptions extends AdamaxOptions {
  /** Whether to divide by the largest mean square so far (Reddi et al. 2018). */
  readonly amsgrad?: boolean
}

/**
 * m and v are moving means of g and g^2; w -= lr sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon): epsilon is the
 * paper's "epsilon hat".
 */
export class Adam extends MomentOptimizer {
  static override readonly className: string = 'Adam'
  readonly amsgrad: boolean
  constructor(options: AdamOptions = {}) {
    super(options, ['amsgrad'])
    this.amsgrad = options.amsgrad ?? false
  }
  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return [[{ name: 'momentum' }, { name: 'velocity' }], ...(this.amsgrad ? [[{ name: 'velocity_hat' }]] : [])]
  }
  protected override stepScalars(updates: number, learningRate: number) {
    const t = updates + 1
    return { alpha: (learningRate * Math.sqrt(1 - this.beta2 ** t)) / (1 - this.beta1 ** t) }
  }
  override updateOne(param: Expr, grad: Expr, slots: Exprs, scalar: (name: string) => Expr): Update {
    const momentum = towards(slots.momentum, grad, this.beta1)
    const velocity = towards(slots.velocity, E.square(grad), this.beta2)
    const next: Record<string, Expr> = { momentum, velocity }
    if (this.amsgrad) next.velocity_hat = E.max(slots.velocity_hat, velocity)
    const root = E.sqrt(next.velocity_hat ?? velocity)
    return { param: E.sub(param, E.div(E.mul(momentum, scalar('alpha')), E.add(root, this.epsilon))), slots: next }
  }
  override getConfig(): Config {
    return { ...super.getConfig(), amsgrad: this.amsgrad }
  }
}

/** Adam with weight decay (default 0.004). */
export class AdamW extends Adam {
  static override readonly className: string = 'AdamW'
  constructor(options: AdamOptions = {}) {
    super({ ...options, weightDecay: options.weightDecay === undefined ? 0.004 : options.weightDecay })
    if (this.options.weightDecay === null) {
      throw new ArgumentError({ where: 'AdamW', what: 'weightDecay', expected: 'a number', got: null })
    }
  }
}

/** Adam with the largest decayed gradient instead of the root mean square: w -= lr m / ((1 - beta1^t) (u + epsilon)). */
export class Adamax extends MomentOptimizer {
  static override readonly className = 'Adamax'
  constructor(options: AdamaxOptions = {}) {
    super(options)
  }
  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return [[{ name: 'momentum' }, { name: 'norm' }]]
  }
  protected override stepScalars(updates: number, learningRate: number) {
    return { alpha: learningRate / (1 - this.beta1 ** (updates + 1)) }
  }
  override updateOne(param: Expr, grad: Expr, slots: Exprs, scalar: (name: string) => Expr): Update {
    const momentum = towards(slots.momentum, grad, this.beta1)
    const norm = E.max(E.mul(slots.norm, this.beta2), E.abs(grad))
    const step = E.div(E.mul(momentum, scalar('alpha')), E.add(norm, this.epsilon))
    return { param: E.sub(param, step), slots: { momentum, norm } }
  }
}

/** Adam with Nesterov's momentum and Keras's momentum schedule u_t = beta1 (1 - 0.96^t / 2). */
export class Nadam extends MomentOptimizer {
  static override readonly className = 'Nadam'
  // Product of u_1 ... u_t: kept because a step would otherwise cost t multiplications.
  #product = { steps: 0, value: 1 }
  constructor(options: AdamaxOptions = {}) {
    super(options)
  }
  protected override slotGroups(): readonly (readonly SlotSpec[])[] {
    return [[{ name: 'momentum' }, { name: 'velocity' }]]
  }
  #u(t: number): number {
    return this.beta1 * (1 - 0.5 * 0.96 ** t)
  }
  #productTo(t: number): number {
    let { steps, value } = t < this.#product.steps ? { steps: 0, value: 1 } : this.#product
    while (steps < t) value *= this.#u(++steps)
    this.#product = { steps, value }
    return value
  }
  protected override stepScalars(updates: number, learningRate: number) {
    const t = updates + 1
    const product = this.#productTo(t)
    const next = this.#u(t + 1)
    return {
      momentumFactor: (learningRate * next) / (1 - product * next),
      gradientFactor: (learningRate * (1 - this.#u(t))) / (1 - product),
      velocityFactor: 1 / (1 - this.beta2 ** t),
    }
  }
  override updateOne(param: Expr, grad: Expr, slots: Exprs, scalar: (name: string) => Expr): Update {
    const momentum = towards(slots.momentum, grad, this.beta1)
    const velocity = towards(slots.velocity, E.square(grad), this.beta2)
    const step = E.add(E.mul(momentum, scalar('momentumFactor')), E.mul(grad, scalar('gradientFactor')))
    const root = E.sqrt(E.mul(velocity, scalar('velocityFactor')))
    return { param: E.sub(param, E.div(step, E.add(root, this.epsilon))), slots: { momentum, velocity } }
  }
}
