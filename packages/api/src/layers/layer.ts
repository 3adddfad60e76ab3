// Layer: the base class of all layers, Strata's and the users'.

import { type ConstraintOption, getConstraint } from '../constraints/index.js'
import { ArgumentError, checkOptions, ShapeError, StateError } from '../errors.js'
import { type CallContext, Trace } from '../graph/trace.js'
import { input, Value } from '../graph/value.js'
import { Variable } from '../graph/variable.js'
import { getInitializer, type Initializer, type InitializerOption } from '../initializers/index.js'
import { getRegularizer, type RegularizerOption } from '../regularizers/index.js'
import type { Shape } from '../tensor-spec.js'
import { showSpec } from '../tensor-spec.js'
import { uniqueName } from './names.js'
import { type Call, PROBE_BATCH, SymbolicTensor, withBatch } from './symbolic.js'

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
/** Constructor arguments as JSON. */
export type Config = { readonly [key: string]: Json }

/** Arguments that every layer has. */
export interface LayerOptions {
  readonly name?: string
  readonly trainable?: boolean
  readonly activityRegularizer?: RegularizerOption
}
const BASE_OPTIONS = ['name', 'trainable', 'activityRegularizer'] as const

/** Arguments of `addWeight`. */
export interface WeightOptions {
  readonly initializer?: InitializerOption
  readonly regularizer?: RegularizerOption
  readonly constraint?: ConstraintOption
  readonly trainable?: boolean
}

/**
 * A layer: weights, and a function from values to values.
 *
 * Subclasses set `className`, create weights in `build` and describe the computation in `call`, which builds graph nodes
 * and runs nothing.
 *
 * @example
 * class Scale extends Layer {
 *   static override readonly className = 'Scale'
 *   #scale!: Variable
 *   override build([shape]: readonly Shape[]): void {
 *     this.#scale = this.addWeight('scale', [shape.at(-1)!], { initializer: 'ones' })
 *   }
 *   override call([x]: readonly Value[], ctx: CallContext): Value {
 *     return mul(x, ctx.read(this.#scale))
 *   }
 * }
 */
export abstract class Layer {
  /** Keras's class name: the key in saved models. */
  static readonly className: string = 'Layer'
  readonly name: string
  /** The calls on symbolic tensors, in order. */
  readonly calls: Call[] = []
  readonly activityRegularizer: ReturnType<typeof getRegularizer>
  #trainable: boolean
  #built = false
  readonly #weights: Variable[] = []

  /**
   * @param options the arguments given by the user
   * @param known names of the subclass's own arguments: others are refused
   */
  constructor(options: LayerOptions = {}, known: readonly string[] = []) {
    checkOptions(this.className, options, [...BASE_OPTIONS, ...known])
    this.name = options.name ?? uniqueName(this.className)
    if (typeof this.name !== 'string' || this.name === '' || this.name.includes('/')) {
      throw new ArgumentError({
        where: this.className,
        what: 'name',
        expected: "a non-empty string without '/'",
        got: this.name,
      })
    }
    this.#trainable = options.trainable ?? true
    this.activityRegularizer = getRegularizer(options.activityRegularizer ?? null)
  }
  get className(): string {
    return (this.constructor as typeof Layer).className
  }
  get trainable(): boolean {
    return this.#trainable
  }
  set trainable(value: boolean) {
    this.#trainable = value
    for (const l of this.sublayers()) l.trainable = value
  }
  get built(): boolean {
    return this.#built
  }
  /** Layers inside this one (models, wrappers). */
  sublayers(): readonly Layer[] {
    return []
  }

  /** All variables, trainable ones first, in order of creation. */
  get weights(): readonly Variable[] {
    return [...this.trainableWeights, ...this.nonTrainableWeights]
  }
  /** Variables that an optimizer changes: none while the layer is frozen. */
  get trainableWeights(): readonly Variable[] {
    if (!this.#trainable) return []
    return [...this.#weights.filter(w => w.trainable), ...this.sublayers().flatMap(l => l.trainableWeights)]
  }
  get nonTrainableWeights(): readonly Variable[] {
    const own = this.#trainable ? this.#weights.filter(w => !w.trainable) : this.#weights
    return [...own, ...this.sublayers().flatMap(l => (this.#trainable ? l.nonTrainableWeights : l.weights))]
  }
  countParams(): number {
    return this.weights.reduce((n, w) => n + w.size, 0)
  }
  /** Copies of all weights, in the order of `weights`. */
  getWeights(): Promise<Float32Array[]> {
    return Promise.all(this.weights.map(w => w.read()))
  }
  /** Sets all weights, in the order of `weights`. @throws ArgumentError, ShapeError */
  setWeights(values: readonly ArrayLike<number>[]): void {
    const { weights } = this
    if (values.length !== weights.length) {
      throw new ArgumentError({
        where: this.name,
        what: 'number of weights',
        expected: weights.length,
        got: values.length,
      })
    }
    weights.forEach((w, i) => {
      if (values[i].length !== w.size) {
        throw new ShapeError({
          where: this.name,
          what: `elements of weight ${w.path} [${w.shape.join(', ')}]`,
          expected: w.size,
          got: values[i].length,
        })
      }
    })
    weights.forEach((w, i) => {
      w.write(values[i])
    })
  }

  /** Creates a weight; call it from `build`. */
  protected addWeight(name: string, shape: Shape, options: WeightOptions = {}): Variable {
    const path = `${this.name}/${name}`
    const initializer: Initializer = getInitializer(options.initializer ?? 'glorotUniform')
    const variable = new Variable(name, path, shape, initializer.init(shape, path), {
      trainable: options.trainable ?? true,
      regularizer: getRegularizer(options.regularizer ?? null),
      constraint: getConstraint(options.constraint ?? null),
    })
    this.#weights.push(variable)
    return variable
  }

  /** Creates the weights for inputs of these shapes (batch dimension included, its size meaningless). */
  build(_inputShapes: readonly Shape[]): void {}
  /** The computation. Inputs and outputs have the batch as dimension 0. */
  abstract call(inputs: readonly Value[], ctx: CallContext, mask: Value | null): Value | readonly Value[]
  /** The constructor's arguments as JSON: `new (this.constructor)(config)` gives an equal layer with new weights. */
  getConfig(): Config {
    return {
      name: this.name,
      trainable: this.#trainable,
      ...(this.activityRegularizer === null ? {} : { activityRegularizer: this.activityRegularizer.serialize() }),
    }
  }

  /** Builds the weights unless that was done. */
  ensureBuilt(inputShapes: readonly Shape[]): void {
    if (this.#built) return
    this.build(inputShapes)
    this.#built = true
  }
  /** Calls the layer on values inside a graph: builds if needed, adds the activity regulariser's loss. */
  callOn(inputs: readonly Value[], ctx: CallContext, mask: Value | null = null): readonly Value[] {
    this.ensureBuilt(inputs.map(v => v.shape))
    const result = this.call(inputs, ctx, mask)
    const outs = result instanceof Value ? [result] : result
    if (this.activityRegularizer !== null) for (const o of outs) ctx.addLoss(this.activityRegularizer.call(o))
    return outs
  }

  /**
   * Calls the layer on symbolic tensors: the functional API.
   * @example const y = new Dense({ units: 10 }).apply(x)
   */
  apply(
    inputs: SymbolicTensor | readonly SymbolicTensor[],
    options?: { readonly mask?: SymbolicTensor },
  ): SymbolicTensor
  apply(
    inputs: SymbolicTensor | readonly SymbolicTensor[],
    options: { readonly mask?: SymbolicTensor } = {},
  ): SymbolicTensor {
    const outs = this.applyAll(inputs, options)
    if (outs.length !== 1)
      throw new StateError({ where: this.name, what: 'number of outputs; use applyAll', expected: 1, got: outs.length })
    return outs[0]
  }
  /** As `apply`, for layers and models with several outputs. */
  applyAll(
    inputs: SymbolicTensor | readonly SymbolicTensor[],
    options: { readonly mask?: SymbolicTensor } = {},
  ): readonly SymbolicTensor[] {
    checkOptions(`${this.name}.apply`, options, ['mask'])
    const ins = inputs instanceof SymbolicTensor ? [inputs] : inputs
    for (const t of ins) {
      if (!(t instanceof SymbolicTensor))
        throw new ArgumentError({
          where: this.name,
          what: 'input of apply',
          expected: 'a symbolic tensor (Input, or the result of apply)',
          got: t,
        })
    }
    const mask = options.mask ?? null
    const batch = ins.find(t => t.shape[0] !== null)?.shape[0] ?? null
    const probe = batch ?? PROBE_BATCH
    const leaf = (t: SymbolicTensor, i: number | string): Value => input(`${i}`, withBatch(t, probe))
    const values = this.callOn(ins.map(leaf), new Trace(false), mask === null ? null : leaf(mask, 'mask'))
    const outputs: SymbolicTensor[] = []
    const call: Call = { layer: this, inputs: ins, mask, outputs, index: this.calls.length }
    values.forEach((v, i) => {
      if (v.shape[0] !== probe) {
        throw new ShapeError({
          where: this.name,
          what: 'batch dimension of the output',
          expected: probe,
          got: showSpec(v.spec),
        })
      }
      const name = `${this.name}:${call.index}:${i}`
      outputs.push(new SymbolicTensor([batch, ...v.shape.slice(1)], v.spec.dtype, call, i, name))
    })
    this.calls.push(call)
    return outputs
  }
}
