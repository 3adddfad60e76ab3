// Trace: records what layers, losses, metrics and optimizers do while a graph is built: which variables are read, what they
// become, which losses are added, which random numbers are drawn.
import { ShapeError } from '../errors.js'
import { streamOf } from '../random/philox.js'
import { i32, type Shape, sameShape, showSpec } from '../tensor-spec.js'
import { apply1, input, type Value } from './value.js'
import type { Variable } from './variable.js'

/** What `call` of a layer, loss, metric or optimizer sees of the graph under construction. */
export interface CallContext {
  /** Whether layers that behave differently in training (dropout, batch statistics) do so. */
  readonly training: boolean
  /** The variable's value: at the start of the run, or what it was assigned since. */
  read(variable: Variable): Value
  /** The variable's value after this point, and after the run. @throws ShapeError */
  assign(variable: Variable, value: Value): void
  /** Adds a scalar to the loss that training minimises. @throws ShapeError */
  addLoss(loss: Value): void
  /**
   * Uniform numbers in [0, 1), new ones at every step. `key` names the consumer (a layer's name): its numbers depend on
   * (seed, key, number of earlier calls with this key) alone. `seed` defaults to the trace's.
   */
  random(shape: Shape, key: string, seed?: number | null): Value
}

/** The name that the step counter is bound by: int32 scalar, the number of training steps before this one. */
export const STEP = '$step'

export class Trace implements CallContext {
  /** Leaves of the variables that were read or assigned, in order of first use. */
  readonly leaves = new Map<Variable, Value>()
  /** New values of assigned variables. */
  readonly updates = new Map<Variable, Value>()
  readonly losses: Value[] = []
  readonly #draws = new Map<string, number>()
  #step: Value | null = null

  constructor(
    readonly training: boolean,
    /** Seed of random numbers whose consumer has none of its own. */
    readonly seed: number = 0,
  ) {}

  /** The binding name of a variable. */
  static bindingOf(v: Variable): string {
    return `${v.path}#${v.id}`
  }
  /** The step counter's leaf, if random numbers were drawn or it was asked for. */
  get step(): Value {
    this.#step ??= input(STEP, i32([]))
    return this.#step
  }
  get usesStep(): boolean {
    return this.#step !== null
  }
  leaf(v: Variable): Value {
    let leaf = this.leaves.get(v)
    if (leaf === undefined) {
      leaf = input(Trace.bindingOf(v), v.spec)
      this.leaves.set(v, leaf)
    }
    return leaf
  }
  read(v: Variable): Value {
    return this.updates.get(v) ?? this.leaf(v)
  }
  assign(v: Variable, value: Value): void {
    if (!sameShape(v.shape, value.shape) || value.spec.dtype !== v.spec.dtype) {
      throw new ShapeError({
        where: v.path,
        what: 'assigned value',
        expected: showSpec(v.spec),
        got: showSpec(value.spec),
      })
    }
    this.leaf(v)
    this.updates.set(v, value)
  }
  addLoss(loss: Value): void {
    if (loss.rank !== 0)
      throw new ShapeError({ where: 'addLoss', what: 'loss', expected: 'a scalar', got: showSpec(loss.spec) })
    this.losses.push(loss)
  }
  random(shape: Shape, key: string, seed?: number | null): Value {
    const n = this.#draws.get(key) ?? 0
    this.#draws.set(key, n + 1)
    const s = seed ?? this.seed
    return apply1('random', [this.step], {
      shape,
      seed: [s % 2 ** 32, Math.floor(s / 2 ** 32)],
      stream: streamOf(`${key}:${n}`),
    })
  }
}
