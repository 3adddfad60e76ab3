// Constraints: projections applied to a weight after each optimizer step.
import { ArgumentError, checkOptions } from '../errors.js'
import * as E from '../expr/expr.js'
import { elementwise, reduceMap } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import type { Constraint as ConstraintContract } from '../graph/variable.js'
import { axes, finite } from '../layers/arguments.js'
import type { Config } from '../layers/layer.js'
import { isSerialized, Part, Registry, type Serialized } from '../layers/serialized.js'

/** A projection of a weight. */
export abstract class Constraint extends Part implements ConstraintContract {
  static override readonly className: string = 'Constraint'
  abstract call(x: Value): Value
}
/** A constraint's name, its JSON, or an object of a class derived from `Constraint`; null: none. */
export type ConstraintOption = string | Constraint | Serialized | null

type Axis = number | readonly number[]
const EPSILON = 1e-7

/** x scaled so that its Euclidean norm along `axis` becomes `desired(norm)`. */
function rescale(x: Value, axis: Axis, desired: (norm: E.Expr) => E.Expr): Value {
  const [squares] = reduceMap('sum', [x], v => [E.square(v)], axis, true)
  return elementwise([x, squares], (v, s) => {
    const norm = E.sqrt(s)
    return E.mul(v, E.div(desired(norm), E.add(EPSILON, norm)))
  })
}

/** Norms along `axis` (default 0: the inputs of each unit) of at most `maxValue` (default 2). Srivastava et al. 2014. */
export class MaxNorm extends Constraint {
  static override readonly className = 'MaxNorm'
  readonly maxValue: number
  readonly axis: Axis
  constructor(options: { readonly maxValue?: number; readonly axis?: Axis } = {}) {
    super()
    checkOptions('MaxNorm', options, ['maxValue', 'axis'])
    this.maxValue = finite('MaxNorm', 'maxValue', options.maxValue ?? 2, 0)
    this.axis = axes('MaxNorm', 'axis', options.axis ?? 0)
  }
  override call(x: Value): Value {
    return rescale(x, this.axis, norm => E.clip(norm, 0, this.maxValue))
  }
  override getConfig(): Config {
    return { maxValue: this.maxValue, axis: this.axis }
  }
}

/** Negative weights become 0. */
export class NonNeg extends Constraint {
  static override readonly className = 'NonNeg'
  constructor(options: Record<never, never> = {}) {
    super()
    checkOptions('NonNeg', options, [])
  }
  override call(x: Value): Value {
    return elementwise([x], E.relu)
  }
  override getConfig(): Config {
    return {}
  }
}

/** Norms along `axis` (default 0) of 1. */
export class UnitNorm extends Constraint {
  static override readonly className = 'UnitNorm'
  readonly axis: Axis
  constructor(options: { readonly axis?: Axis } = {}) {
    super()
    checkOptions('UnitNorm', options, ['axis'])
    this.axis = axes('UnitNorm', 'axis', options.axis ?? 0)
  }
  override call(x: Value): Value {
    return rescale(x, this.axis, () => E.constant(1))
  }
  override getConfig(): Config {
    return { axis: this.axis }
  }
}

/** Norms along `axis` (default 0) moved by `rate` (default 1) into [minValue, maxValue] (default [0, 1]). */
export class MinMaxNorm extends Constraint {
  static override readonly className = 'MinMaxNorm'
  readonly minValue: number
  readonly maxValue: number
  readonly rate: number
  readonly axis: Axis
  constructor(
    options: {
      readonly minValue?: number
      readonly maxValue?: number
      readonly rate?: number
      readonly axis?: Axis
    } = {},
  ) {
    super()
    checkOptions('MinMaxNorm', options, ['minValue', 'maxValue', 'rate', 'axis'])
    this.minValue = finite('MinMaxNorm', 'minValue', options.minValue ?? 0, 0)
    this.maxValue = finite('MinMaxNorm', 'maxValue', options.maxValue ?? 1, this.minValue)
    this.rate = finite('MinMaxNorm', 'rate', options.rate ?? 1, 0, 1)
    this.axis = axes('MinMaxNorm', 'axis', options.axis ?? 0)
  }
  override call(x: Value): Value {
    const { minValue, maxValue, rate } = this
    return rescale(x, this.axis, n => E.add(E.mul(rate, E.clip(n, minValue, maxValue)), E.mul(1 - rate, n)))
  }
  override getConfig(): Config {
    return { minValue: this.minValue, maxValue: this.maxValue, rate: this.rate, axis: this.axis }
  }
}

const registry = new Registry<Constraint>('constraint', {
  maxNorm: c => new MaxNorm(c),
  nonNeg: c => new NonNeg(c),
  unitNorm: c => new UnitNorm(c),
  minMaxNorm: c => new MinMaxNorm(c),
})

/** Makes an own constraint known by its class name, so that saved models that use it load. @throws ArgumentError */
export const registerConstraint = (cls: { readonly className: string; new (config: Config): Constraint }): void =>
  registry.register(cls.className, c => new cls(c))

/** The constraint of an option. @throws ArgumentError for an unknown name (the error lists the known ones) or argument */
export function getConstraint(option: ConstraintOption): Constraint | null {
  if (option === null || option instanceof Constraint) return option
  if (isSerialized(option)) return registry.create(option)
  throw new ArgumentError({
    where: 'getConstraint',
    what: 'constraint',
    expected: 'a name, {className, config} or a Constraint',
    got: option,
  })
}
