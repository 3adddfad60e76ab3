// Loss: the base class of all losses.
import { ArgumentError, checkOptions } from '../errors.js'
import * as E from '../expr/expr.js'
import { elementwise } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import type { Config } from '../layers/layer.js'
import { snakeCase } from '../layers/names.js'
import { checkChoice } from '../optimizers/numbers.js'
import { alignRanks, checkSameShape, maskedWeight, REDUCTIONS, type Reduction, reduceWeighted } from './align.js'

export type { Reduction } from './align.js'

/** Arguments that every loss has. */
export interface LossOptions {
  readonly name?: string
  /** How the losses of samples become one (default 'sumOverBatchSize': their mean, sample weights not in the divisor). */
  readonly reduction?: Reduction
}

/**
 * A loss: a function of targets and predictions that training minimises.
 *
 * @example
 * class Quartic extends Loss {
 *   static override readonly className = 'Quartic'
 *   override perSample(yTrue: Value, yPred: Value): Value {
 *     return mean(square(square(sub(yTrue, yPred))), -1)
 *   }
 * }
 */
export abstract class Loss {
  /** Keras's class name: the key in saved models. */
  static readonly className: string = 'Loss'
  readonly name: string
  readonly reduction: Reduction

  /**
   * @param options the arguments given by the user
   * @param known names of the subclass's own arguments: others are refused
   */
  constructor(options: LossOptions = {}, known: readonly string[] = []) {
    checkOptions(this.className, options, ['name', 'reduction', ...known])
    this.name = options.name ?? snakeCase(this.className)
    this.reduction = checkChoice(this.className, 'reduction', options.reduction ?? 'sumOverBatchSize', REDUCTIONS)
  }
  get className(): string {
    return (this.constructor as typeof Loss).className
  }

  /** The loss of each sample, [N, ...] without the class or feature axis. */
  abstract perSample(yTrue: Value, yPred: Value): Value

  /**
   * The loss: a scalar, or with reduction 'none' that of each sample.
   *
   * @param yTrue targets [N, ...]
   * @param yPred predictions [N, ...]
   * @param sampleWeight [N], [N, 1] or one for each loss of `perSample`
   * @param mask 1 for what counts, 0 for what does not, in the shape of sample weights: means are over what counts
   * @throws ShapeError if the shapes do not fit
   */
  call(yTrue: Value, yPred: Value, sampleWeight: Value | null = null, mask: Value | null = null): Value {
    const own = this.maskOf(yTrue, yPred)
    const both = mask === null || own === null ? (mask ?? own) : elementwise([mask, own], E.and)
    const weight = maskedWeight(sampleWeight, both, this.reduction)
    return reduceWeighted(this.name, this.perSample(yTrue, yPred), weight, this.reduction)
  }
  /** Which samples the loss counts (1) and which not (0), from the targets; null: all. */
  protected maskOf(_yTrue: Value, _yPred: Value): Value | null {
    return null
  }

  /** The constructor's arguments as JSON. */
  getConfig(): Config {
    return { name: this.name, reduction: this.reduction }
  }
  serialize(): { readonly className: string; readonly config: Config } {
    return { className: this.className, config: this.getConfig() }
  }
}

/** A loss whose targets have the shape of the predictions. */
export abstract class DenseLoss extends Loss {
  override perSample(yTrue: Value, yPred: Value): Value {
    const [t, p] = alignRanks(yTrue, yPred)
    checkSameShape(this.name, t, p)
    return this.dense(t, p)
  }
  /** `perSample` for targets and predictions of one shape. */
  protected abstract dense(yTrue: Value, yPred: Value): Value
}

/** A user's function as a loss. */
export class FunctionLoss extends Loss {
  static override readonly className = 'FunctionLoss'
  readonly #f: (yTrue: Value, yPred: Value) => Value
  /** @param f gives the loss of each sample */
  constructor(f: (yTrue: Value, yPred: Value) => Value, options: LossOptions = {}) {
    super({ ...options, name: options.name ?? (f.name === '' ? 'loss' : f.name) })
    this.#f = f
  }
  override perSample(yTrue: Value, yPred: Value): Value {
    return this.#f(...alignRanks(yTrue, yPred))
  }
  /** @throws ArgumentError: a function cannot be written to a file */
  override getConfig(): Config {
    throw new ArgumentError({
      where: this.name,
      what: 'loss cannot be saved',
      expected: 'a Loss subclass instead of a function',
    })
  }
}
