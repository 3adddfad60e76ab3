// Activations by name: Keras's functions with Keras's default arguments, as values that can be called and saved.
import { ArgumentError, checkOptions } from '../errors.js'
import * as E from '../expr/expr.js'
import { elementwise } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import { anyInteger, axes, finite, flag } from '../layers/arguments.js'
import type { Config, Json } from '../layers/layer.js'
import { isSerialized, Registry, type Serialized } from '../layers/serialized.js'
import * as scalar from './scalar.js'
import * as tensor from './tensor.js'

/** A function of values with a name: what `activation: 'relu'` stands for. */
export interface Activation {
  readonly name: string
  call(x: Value): Value
  /** The name, with the arguments if they differ from the defaults. @throws ArgumentError for a function without a registered name */
  serialize(): Json
}
/** A name (camelCase or Keras's snake_case), its JSON, a function, or an Activation; null: the identity. */
export type ActivationOption = string | ((x: Value) => Value) | Activation | Serialized | null

type Check<T> = (where: string, what: string, value: unknown) => T
/** Arguments of an activation: the default (undefined: it must be given) and the check of each. */
type Arguments<A> = { readonly [K in keyof A]: readonly [fallback: A[K] | undefined, check: Check<A[K]>] }

function define<A extends object>(name: string, args: Arguments<A>, f: (x: Value, a: A) => Value) {
  const known = Object.keys(args) as (keyof A & string)[]
  return (config: Config): Activation => {
    checkOptions(name, config, known)
    const resolved = {} as A
    const given: Record<string, Json> = {}
    for (const key of known) {
      const [fallback, check] = args[key]
      const value = config[key]
      resolved[key] = value === undefined && fallback !== undefined ? fallback : check(name, key, value)
      if (value !== undefined && value !== fallback) given[key] = value
    }
    const json = Object.keys(given).length === 0 ? name : { className: name, config: given }
    return { name, call: x => f(x, resolved), serialize: () => json }
  }
}
const defineScalar = <A extends object>(name: string, args: Arguments<A>, f: (x: E.Expr, a: A) => E.Expr) =>
  define<A>(name, args, (x, a) => elementwise([x], v => f(v, a)))

const number = finite
const atLeast0: Check<number> = (where, what, v) => finite(where, what, v, 0)
const positive: Check<number> = (where, what, v) => finite(where, what, v, Number.MIN_VALUE)
const orNull =
  <T>(check: Check<T>): Check<T | null> =>
  (where, what, v) =>
    v === null ? null : check(where, what, v)
const relu6 = { negativeSlope: 0, maxValue: 6, threshold: 0 }
const registry = new Registry<Activation>('activation', {
  linear: define('linear', {}, x => x),
  relu: defineScalar<scalar.ReluArgs>(
    'relu',
    { negativeSlope: [0, atLeast0], maxValue: [null, orNull(atLeast0)], threshold: [0, atLeast0] },
    scalar.relu,
  ),
  relu6: defineScalar('relu6', {}, x => scalar.relu(x, relu6)),
  leakyRelu: defineScalar('leakyRelu', { negativeSlope: [0.2, number] }, (x, a) =>
    scalar.leakyRelu(x, a.negativeSlope),
  ),
  elu: defineScalar('elu', { alpha: [1, number] }, (x, a) => scalar.elu(x, a.alpha)),
  selu: defineScalar('selu', {}, scalar.selu),
  celu: defineScalar('celu', { alpha: [1, positive] }, (x, a) => scalar.celu(x, a.alpha)),
  gelu: defineScalar('gelu', { approximate: [false as boolean, flag] }, (x, a) => scalar.gelu(x, a.approximate)),
  softmax: define<{ axis: number | readonly number[] }>('softmax', { axis: [-1, axes] }, (x, a) =>
    tensor.softmax(x, a.axis),
  ),
  logSoftmax: define('logSoftmax', { axis: [-1, anyInteger] }, (x, a) => tensor.logSoftmax(x, a.axis)),
  sparsemax: define('sparsemax', { axis: [-1, anyInteger] }, (x, a) => tensor.sparsemax(x, a.axis)),
  glu: define('glu', { axis: [-1, anyInteger] }, (x, a) => tensor.glu(x, a.axis)),
  sigmoid: defineScalar('sigmoid', {}, E.sigmoid),
  logSigmoid: defineScalar('logSigmoid', {}, scalar.logSigmoid),
  hardSigmoid: defineScalar('hardSigmoid', {}, scalar.hardSigmoid),
  sparseSigmoid: defineScalar('sparseSigmoid', {}, scalar.sparseSigmoid),
  silu: defineScalar('silu', {}, scalar.silu),
  swish: defineScalar('silu', {}, scalar.silu),
  hardSilu: defineScalar('hardSilu', {}, scalar.hardSilu),
  hardSwish: defineScalar('hardSilu', {}, scalar.hardSilu),
  tanh: defineScalar('tanh', {}, E.tanh),
  tanhShrink: defineScalar('tanhShrink', {}, scalar.tanhShrink),
  hardTanh: defineScalar('hardTanh', {}, scalar.hardTanh),
  softShrink: defineScalar('softShrink', { threshold: [0.5, atLeast0] }, (x, a) => scalar.softShrink(x, a.threshold)),
  hardShrink: defineScalar('hardShrink', { threshold: [0.5, atLeast0] }, (x, a) => scalar.hardShrink(x, a.threshold)),
  threshold: defineScalar<{ threshold: number; defaultValue: number }>(
    'threshold',
    { threshold: [undefined, number], defaultValue: [undefined, number] },
    (x, a) => scalar.threshold(x, a.threshold, a.defaultValue),
  ),
  softplus: defineScalar('softplus', {}, scalar.softplus),
  softsign: defineScalar('softsign', {}, scalar.softsign),
  exponential: defineScalar('exponential', {}, E.exp),
  mish: defineScalar('mish', {}, scalar.mish),
  squareplus: defineScalar('squareplus', { b: [4, atLeast0] }, (x, a) => scalar.squareplus(x, a.b)),
  sparsePlus: defineScalar('sparsePlus', {}, scalar.sparsePlus),
})

/** The names that `getActivation` knows, aliases and registered ones included. */
export const activationNames = (): string[] => registry.names

const registeredNames = new Map<(x: Value) => Value, string>()
/** Gives an own function a name, so that layers that use it can be saved and loaded. @throws ArgumentError if the name is taken */
export function registerActivation(name: string, f: (x: Value) => Value): void {
  registry.register(name, config => {
    checkOptions(name, config, [])
    return fromFunction(f)
  })
  registeredNames.set(f, name)
}

function fromFunction(f: (x: Value) => Value): Activation {
  return {
    name: registeredNames.get(f) ?? (f.name || 'function'),
    call: f,
    serialize() {
      const name = registeredNames.get(f)
      if (name !== undefined) return name
      throw new ArgumentError({
        where: 'serialize',
        what: 'activation is a function without a registered name',
        expected: 'a name given with registerActivation',
        got: f.name || 'an anonymous function',
      })
    },
  }
}

/**
 * The activation of an option; null gives 'linear'.
 * @throws ArgumentError for an unknown name (the error lists the known ones) or argument
 * @example getActivation('gelu'); getActivation({ className: 'relu', config: { maxValue: 6 } }); getActivation(x => mul(x, x))
 */
export function getActivation(option: ActivationOption): Activation {
  if (option === null) return registry.create('linear')
  if (typeof option === 'function') return fromFunction(option)
  if (isSerialized(option)) return registry.create(option)
  if (typeof option === 'object' && typeof option.call === 'function') return option
  throw new ArgumentError({
    where: 'getActivation',
    what: 'activation',
    expected: 'a name, {className, config}, a function of a Value or an Activation',
    got: option,
  })
}
