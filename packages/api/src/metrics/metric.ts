// Metric: the base class of all metrics. A metric keeps sums in variables on the device, adds to them in every step, and
// computes its result on the host from what they hold.
import { checkOptions, ShapeError, StateError } from '../errors.js'
import { add } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import { Variable } from '../graph/variable.js'
import type { Config } from '../layers/layer.js'
import { snakeCase } from '../layers/names.js'
import { type Shape, sameShape, sizeOf } from '../tensor-spec.js'

/** The contents of a metric's variables, in their order. */
export type MetricState = readonly ArrayLike<number>[]

/** Arguments that every metric has. */
export interface MetricOptions {
  readonly name?: string
}

/**
 * A metric over all batches since the last `reset`.
 *
 * Sums are float32 on the device: counts are exact up to 2^24 (16,777,216) samples per epoch, beyond which adding 1 to a
 * sum is lost; weighted sums carry float32 rounding. Results are computed in float64 from them.
 *
 * @example
 * class LargestError extends Metric {
 *   static override readonly className = 'LargestError'
 *   readonly #largest = this.addVariable('largest', [])
 *   override update(ctx: CallContext, yTrue: Value, yPred: Value): void {
 *     const error = reduceMax(abs(sub(yTrue, yPred)))
 *     ctx.assign(this.#largest, maximum(ctx.read(this.#largest), error))
 *   }
 *   override result([largest]: MetricState): number { return largest[0] }
 * }
 */
export abstract class Metric {
  /** Keras's class name. */
  static readonly className: string = 'Metric'
  /** Whether larger values are better: what callbacks with mode 'auto' go by; null where that is not known. */
  static readonly direction: 'up' | 'down' | null = null
  readonly name: string
  readonly #variables: Variable[] = []
  #built: { readonly yPred: Shape; readonly shaped: boolean } | null = null

  /**
   * @param options the arguments given by the user
   * @param known names of the subclass's own arguments: others are refused
   */
  constructor(options: MetricOptions = {}, known: readonly string[] = []) {
    checkOptions(this.className, options, ['name', ...known])
    this.name = options.name ?? snakeCase(this.className)
  }
  get className(): string {
    return (this.constructor as typeof Metric).className
  }
  get direction(): 'up' | 'down' | null {
    return (this.constructor as typeof Metric).direction
  }

  /** The state, in the order that `result` takes it. */
  get variables(): readonly Variable[] {
    return this.#variables
  }
  /** Creates a sum that starts at 0. */
  protected addVariable(name: string, shape: Shape): Variable {
    const v = new Variable(name, `${this.name}/${name}`, shape, new Float32Array(sizeOf(shape)), { trainable: false })
    this.#variables.push(v)
    return v
  }
  /** Adds to a sum. */
  protected accumulate(ctx: CallContext, sum: Variable, term: Value): void {
    ctx.assign(sum, add(ctx.read(sum), term))
  }

  /**
   * Creates the variables whose shapes depend on those of targets and predictions; called once, before `update`.
   * The batch dimension is included, its size meaningless.
   */
  build(_yTrueShape: Shape, _yPredShape: Shape): void {}
  /** Builds unless that was done. @throws ShapeError if built for others before */
  ensureBuilt(yTrueShape: Shape, yPredShape: Shape): void {
    if (this.#built === null) {
      const before = this.#variables.length
      this.build(yTrueShape, yPredShape)
      this.#built = { yPred: yPredShape, shaped: this.#variables.length > before }
    } else if (this.#built.shaped && !sameShape(this.#built.yPred.slice(1), yPredShape.slice(1))) {
      throw new ShapeError({
        where: this.name,
        what: 'shape of the predictions (metric in use for another)',
        expected: [...this.#built.yPred],
        got: [...yPredShape],
      })
    }
  }

  /** Adds a batch to the sums. @param sampleWeight null: all 1 */
  abstract update(ctx: CallContext, yTrue: Value, yPred: Value, sampleWeight: Value | null): void
  /** `update`, built first if need be. */
  updateOn(ctx: CallContext, yTrue: Value, yPred: Value, sampleWeight: Value | null = null): void {
    this.ensureBuilt(yTrue.shape, yPred.shape)
    this.update(ctx, yTrue, yPred, sampleWeight)
  }
  /** The metric's value from the contents of `variables`. */
  abstract result(state: MetricState): number | readonly number[]
  /** The metric's value now. @throws StateError before the first update */
  async read(): Promise<number | readonly number[]> {
    if (this.#variables.length === 0) throw new StateError({ where: this.name, what: 'metric has no state yet' })
    return this.result(await Promise.all(this.#variables.map(v => v.read())))
  }
  /** Starts again from 0. */
  reset(): void {
    for (const v of this.#variables) v.write(new Float32Array(v.size))
  }

  /** The constructor's arguments as JSON. */
  getConfig(): Config {
    return { name: this.name }
  }
  serialize(): { readonly className: string; readonly config: Config } {
    return { className: this.className, config: this.getConfig() }
  }
}

/** a / b, and 0 where b is 0. */
export const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b)
