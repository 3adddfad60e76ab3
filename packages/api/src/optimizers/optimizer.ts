// Optimizer: the base class of all optimizers. It clips gradients, decays weights, accumulates gradients, averages
// parameters and applies constraints; a subclass says how one parameter element changes. Semantics: Keras 3.
import { ArgumentError, checkOptions, StateError } from '../errors.js'
import type { Expr } from '../expr/expr.js'
import * as E from '../expr/expr.js'
import { elementwiseAll, reduceMap } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import { Variable } from '../graph/variable.js'
import type { Config } from '../layers/layer.js'
import { sizeOf } from '../tensor-spec.js'
import { clipScales } from './clip-scales.js'
import { checkNonNegative } from './numbers.js'
import { BASE_OPTIONS, type CheckedOptions, checkedOptions, type OptimizerOptions } from './options.js'
import { LearningRateSchedule } from './schedule.js'
import { getSchedule } from './schedules.js'

export type { OptimizerOptions } from './options.js'

/** A state tensor beside each variable. */
export interface SlotSpec {
  /** e.g. 'momentum': part of the variable's path. */
  readonly name: string
  /** What every element starts at (default 0). */
  readonly initial?: number
}
/** Scalar expressions by name. */
export type Exprs = Readonly<Record<string, Expr>>
/** New values of a parameter's element and of its slots. */
export interface Update {
  readonly param: Expr
  readonly slots: Exprs
}
/** A variable and the gradient of the loss with respect to it. */
export interface GradientPair {
  readonly variable: Variable
  readonly gradient: Value
}

/** The name that a per-step scalar of the optimizer is bound by (float32, shape []). */
export const optimizerBinding = (scalar: string): string => `$opt/${scalar}`

const AVERAGE = 'average'
const ACCUMULATOR = 'gradient_accumulator'

/**
 * An optimizer. Per step: mean of accumulated gradients, clipping, weight decay, `updateOne`, moving average, constraint.
 * All but the norms and the constraint is one pass over each variable.
 *
 * @example
 * class SignSGD extends Optimizer {
 *   static override readonly className = 'SignSGD'
 *   override updateOne(param: Expr, grad: Expr, _slots: Exprs, scalar: (name: string) => Expr): Update {
 *     return { param: E.sub(param, E.mul(scalar('learningRate'), E.sign(grad))), slots: {} }
 *   }
 * }
 */
export abstract class Optimizer {
  /** Keras's class name: the key in saved models. */
  static readonly className: string = 'Optimizer'
  readonly name: string
  /** The arguments that every optimizer has, with their defaults. */
  readonly options: CheckedOptions
  /** Number of steps so far, those that only accumulate included. The owner of the training loop counts it up. */
  iterations = 0
  #learningRate: number | LearningRateSchedule
  readonly #slots = new Map<Variable, ReadonlyMap<string, Variable>>()
  readonly #undecayed: { readonly variables: ReadonlySet<Variable>; readonly names: readonly string[] }[] = []

  /**
   * @param options the arguments given by the user
   * @param known names of the subclass's own arguments: others are refused
   * @param defaultLearningRate used where the options have none
   */
  constructor(options: OptimizerOptions = {}, known: readonly string[] = [], defaultLearningRate = 0.001) {
    checkOptions(this.className, options, [...BASE_OPTIONS, ...known])
    this.options = checkedOptions(this.className, options)
    this.name = options.name ?? this.className.toLowerCase()
    const rate = options.learningRate ?? defaultLearningRate
    this.#learningRate =
      typeof rate === 'number' ? checkNonNegative(this.className, 'learningRate', rate) : getSchedule(rate)
  }
  get className(): string {
    return (this.constructor as typeof Optimizer).className
  }

  get learningRate(): number | LearningRateSchedule {
    return this.#learningRate
  }
  /** Takes effect at the next step. @throws StateError if a schedule sets the rate and the new one is a number */
  set learningRate(value: number | LearningRateSchedule) {
    if (value instanceof LearningRateSchedule) this.#learningRate = value
    else if (this.#learningRate instanceof LearningRateSchedule) {
      throw new StateError({
        where: this.name,
        what: 'learningRate is set by a schedule',
        expected: 'another schedule',
        got: value,
      })
    } else this.#learningRate = checkNonNegative(this.className, 'learningRate', value)
  }
  /** The learning rate of the step that follows `iteration` earlier ones. */
  learningRateAt(iteration: number = this.iterations): number {
    return typeof this.#learningRate === 'number' ? this.#learningRate : this.#learningRate.at(iteration)
  }

  /**
   * State beside each variable, in groups: of each group, the file order is variable by variable, of the groups one after
   * the other. `[[{name: 'momentum'}, {name: 'velocity'}], [{name: 'velocity_hat'}]]`
   */
  protected slotGroups(): readonly (readonly SlotSpec[])[] {
    return []
  }
  /**
   * Numbers that change from step to step, beside 'learningRate': bias corrections and the like.
   * @param updates number of earlier updates
   */
  protected stepScalars(_updates: number, _learningRate: number): Readonly<Record<string, number>> {
    return {}
  }
  /**
   * The new value of one element of a parameter and of its slots (all of them), as expressions of the old ones.
   * @param scalar expressions of 'learningRate' and of `stepScalars`
   */
  abstract updateOne(param: Expr, grad: Expr, slots: Exprs, scalar: (name: string) => Expr): Update

  /** The scalars of the step that follows `iteration` earlier ones; bind each as float32 by `optimizerBinding`. */
  scalars(iteration: number = this.iterations): Readonly<Record<string, number>> {
    const every = this.options.gradientAccumulationSteps ?? 1
    const updates = Math.floor(iteration / every)
    const learningRate = this.learningRateAt(iteration)
    return {
      learningRate,
      ...(this.options.weightDecay === null ? {} : { weightDecay: this.options.weightDecay * learningRate }),
      ...(every === 1 ? {} : { isUpdate: (iteration + 1) % every === 0 ? 1 : 0 }),
      // The first average is the variable itself.
      ...(this.options.useEma ? { emaMomentum: updates === 0 ? 0 : this.options.emaMomentum } : {}),
      ...(this.options.useEma && this.options.emaOverwriteFrequency !== null
        ? { emaOverwrite: (updates + 1) % this.options.emaOverwriteFrequency === 0 ? 1 : 0 }
        : {}),
      ...this.stepScalars(updates, learningRate),
    }
  }

  #allGroups(): readonly (readonly SlotSpec[])[] {
    return [
      ...(this.options.useEma ? [[{ name: AVERAGE }]] : []),
      ...(this.options.gradientAccumulationSteps === null ? [] : [[{ name: ACCUMULATOR }]]),
      ...this.slotGroups(),
    ]
  }
  /** The state beside a variable, made on first use: name to variable. */
  slots(variable: Variable): ReadonlyMap<string, Variable> {
    const known = this.#slots.get(variable)
    if (known !== undefined) return known
    const made = new Map<string, Variable>()
    for (const { name, initial } of this.#allGroups().flat()) {
      const path = `${this.name}/${variable.path.replaceAll('/', '_')}_${name}`
      const data = new Float32Array(sizeOf(variable.shape)).fill(initial ?? 0)
      made.set(name, new Variable(name, path, variable.shape, data, { trainable: false }))
    }
    this.#slots.set(variable, made)
    return made
  }
  /** The state beside these variables in the order of Keras's files (after its iteration and learning rate). */
  variables(of: readonly Variable[]): readonly Variable[] {
    return this.#allGroups().flatMap(group => of.flatMap(v => group.map(s => this.slots(v).get(s.name)!)))
  }
  /** Forgets the state and the number of steps; its device memory is freed. */
  reset(): void {
    for (const slots of this.#slots.values()) for (const s of slots.values()) s.discardDevice()
    this.#slots.clear()
    this.iterations = 0
  }

  /**
   * Spares variables from weight decay, e.g. biases and batch-norm scales.
   * @param names parts of variable names
   */
  excludeFromWeightDecay(options: {
    readonly variables?: readonly Variable[]
    readonly names?: readonly string[]
  }): void {
    checkOptions(`${this.name}.excludeFromWeightDecay`, options, ['variables', 'names'])
    this.#undecayed.push({ variables: new Set(options.variables ?? []), names: options.names ?? [] })
  }
  #decays(v: Variable): boolean {
    if (this.options.weightDecay === null) return false
    return !this.#undecayed.some(u => u.variables.has(v) || u.names.some(n => v.name.includes(n)))
  }

  /**
   * Adds the update of all variables to the graph.
   * @param scalar the value bound to a name of `scalars`
   * @throws ArgumentError for a variable that comes twice or an update without one of its slots
   */
  apply(ctx: CallContext, pairs: readonly GradientPair[], scalar: (name: string) => Value): void {
    const seen = new Set<Variable>()
    for (const { variable } of pairs) {
      if (seen.has(variable)) throw new ArgumentError({ where: this.name, what: `variable ${variable.path} twice` })
      seen.add(variable)
    }
    const scalars = Object.keys(this.scalars(0)).map(n => [n, scalar(n)] as const)
    const squares = (p: GradientPair): Value => {
      const accumulated = this.slots(p.variable).get(ACCUMULATOR)
      const ins = accumulated === undefined ? [p.gradient] : [p.gradient, ctx.read(accumulated)]
      return reduceMap('sum', ins, (g, a) => [E.square(this.#meanGradient(g, a))], null, false)[0]
    }
    const scales = clipScales(this.options, pairs.length, i => squares(pairs[i]))
    pairs.forEach((p, i) => {
      this.#applyOne(ctx, p, scalars, scales[i])
    })
  }

  /** The gradient that the update uses, from this step's and the sum of the earlier ones. */
  #meanGradient(grad: Expr, accumulated: Expr | undefined): Expr {
    const steps = this.options.gradientAccumulationSteps
    return steps === null || accumulated === undefined ? grad : E.div(E.add(grad, accumulated), steps)
  }

  #applyOne(
    ctx: CallContext,
    { variable, gradient }: GradientPair,
    scalars: readonly (readonly [string, Value])[],
    scale: Value | null,
  ): void {
    const slots = [...this.slots(variable)]
    const ins = [
      ctx.read(variable),
      gradient,
      ...slots.map(([, v]) => ctx.read(v)),
      ...scalars.map(([, v]) => v),
      ...(scale === null ? [] : [scale]),
    ]
    const outs = elementwiseAll(
      ins,
      (param, grad, ...rest) => {
        const old = Object.fromEntries(slots.map(([name], i) => [name, rest[i]]))
        const byName = new Map(scalars.map(([name], i) => [name, rest[slots.length + i]]))
        const factor = scale === null ? null : rest[slots.length + scalars.length]
        const next = this.#elementUpdate(variable, param, grad, old, factor, name => this.#scalar(byName, name))
        return [next.param, ...slots.map(([name]) => this.#slotOf(next.slots, name))]
      },
      variable.shape,
    )
    ctx.assign(variable, variable.constraint === null ? outs[0] : variable.constraint.call(outs[0]))
    slots.forEach(([, v], i) => {
      ctx.assign(v, outs[i + 1])
    })
  }
  #scalar(byName: ReadonlyMap<string, Expr>, name: string): Expr {
    const e = byName.get(name)
    if (e === undefined) {
      throw new ArgumentError({
        where: this.name,
        what: 'scalar',
        expected: `one of ${[...byName.keys()].join(', ')}`,
        got: name,
      })
    }
    return e
  }
  #slotOf(slots: Exprs, name: string): Expr {
    const e = slots[name]
    if (e === undefined) throw new ArgumentError({ where: this.name, what: `update without the slot '${name}'` })
    return e
  }

  #elementUpdate(
    variable: Variable,
    param: Expr,
    grad: Expr,
    old: Exprs,
    factor: Expr | null,
    scalar: (name: string) => Expr,
  ): Update {
    const { [AVERAGE]: average, [ACCUMULATOR]: accumulated, ...own } = old
    let g = this.#meanGradient(grad, accumulated)
    if (factor !== null) g = E.mul(g, factor)
    if (this.options.clipValue !== null) g = E.clip(g, -this.options.clipValue, this.options.clipValue)
    const decayed = this.#decays(variable) ? E.sub(param, E.mul(param, scalar('weightDecay'))) : param
    const next = this.updateOne(decayed, g, own, scalar)
    let newParam = next.param
    const slots: Record<string, Expr> = { ...next.slots }
    if (accumulated !== undefined) {
      const now = scalar('isUpdate')
      newParam = E.select(now, newParam, param)
      for (const name of Object.keys(own)) slots[name] = E.select(now, this.#slotOf(slots, name), own[name])
      slots[ACCUMULATOR] = E.select(now, 0, E.add(grad, accumulated))
    }
    if (average !== undefined) {
      const m = scalar('emaMomentum')
      slots[AVERAGE] = E.add(E.mul(m, average), E.mul(E.sub(1, m), newParam))
      if (this.options.emaOverwriteFrequency !== null)
        newParam = E.select(scalar('emaOverwrite'), slots[AVERAGE], newParam)
    }
    return { param: newParam, slots }
  }

  /** Ends training: with useEma, the variables become their averages. */
  async finalize(variables: readonly Variable[]): Promise<void> {
    if (!this.options.useEma || this.iterations === 0) return
    for (const v of variables) {
      const average = this.#slots.get(v)?.get(AVERAGE)
      if (average !== undefined) v.write(await average.read())
    }
  }

  /** The constructor's arguments as JSON. */
  getConfig(): Config {
    const rate = this.#learningRate
    return {
      name: this.name,
      learningRate: typeof rate === 'number' ? rate : rate.serialize(),
      ...this.options,
    }
  }
  serialize(): { readonly className: string; readonly config: Config } {
    return { className: this.className, config: this.getConfig() }
  }
}
