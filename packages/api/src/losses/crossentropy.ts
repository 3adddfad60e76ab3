// Cross-entropies over classes. A prediction that is a softmax output is traced back to its logits: log(softmax) loses its
// gradient once a probability rounds to 0 or 1, the fused form does not. Formulas: Keras 3, keras/src/losses/losses.py.
import { ShapeError } from '../errors.js'
import * as E from '../expr/expr.js'
import { elementwise, expandDims, oneHot, reduceMap, softmaxLogits, squeeze, transpose } from '../graph/ops.js'
import { apply1, type Value } from '../graph/value.js'
import type { Config } from '../layers/layer.js'
import { checkFraction, checkInteger, checkNonNegative } from '../optimizers/numbers.js'
import { resolveAxis, sameShape, showSpec } from '../tensor-spec.js'
import { DenseLoss, Loss, type LossOptions } from './loss.js'
import { EPSILON } from './regression.js'

/** x with `axis` moved to the end. */
function lastAxis(x: Value, axis: number): Value {
  const a = resolveAxis('crossentropy', axis, x.rank)
  return transpose(x, [...x.shape.keys()].filter(i => i !== a).concat(a))
}

/** Probabilities: divided by their sum over the last axis, clipped to [1e-7, 1 - 1e-7]. */
export function normalised(p: Value): Value {
  const [total] = reduceMap('sum', [p], v => [v], -1, true)
  return elementwise([p, total], (v, s) => E.clip(E.div(v, s), EPSILON, 1 - EPSILON))
}

/** -sum target log(prediction) over the last axis, from logits where there are some. */
function crossentropy(target: Value, prediction: Value, fromLogits: boolean): Value {
  const logits = fromLogits ? prediction : softmaxLogits(prediction)
  if (logits !== null) return apply1('softmaxCrossEntropy', [logits, target], {})
  return reduceMap('sum', [target, normalised(prediction)], (y, q) => [E.neg(E.mul(y, E.log(q)))], -1, false)[0]
}

/** Takes `smoothing` of each target and gives it to all classes alike. */
const smoothed = (t: Value, smoothing: number): Value =>
  smoothing === 0
    ? t
    : elementwise([t], y => E.add(E.mul(y, 1 - smoothing), smoothing / Math.max(1, t.shape[t.rank - 1])))

export interface CategoricalCrossentropyOptions extends LossOptions {
  /** Whether predictions are logits (default: probabilities). */
  readonly fromLogits?: boolean
  /** In [0, 1]: the share of each target that goes to all classes alike. */
  readonly labelSmoothing?: number
  /** The axis of the classes. */
  readonly axis?: number
}
const CATEGORICAL = ['fromLogits', 'labelSmoothing', 'axis'] as const

abstract class CategoricalLoss extends DenseLoss {
  readonly fromLogits: boolean
  readonly labelSmoothing: number
  readonly axis: number
  constructor(options: CategoricalCrossentropyOptions = {}, known: readonly string[] = []) {
    super(options, [...CATEGORICAL, ...known])
    this.fromLogits = options.fromLogits ?? false
    this.labelSmoothing = checkFraction(this.className, 'labelSmoothing', options.labelSmoothing ?? 0)
    this.axis = checkInteger(this.className, 'axis', options.axis ?? -1, Number.NEGATIVE_INFINITY)
  }
  protected override dense(t: Value, p: Value): Value {
    return this.overClasses(smoothed(lastAxis(t, this.axis), this.labelSmoothing), lastAxis(p, this.axis))
  }
  /** The loss of targets and predictions whose last axis is the classes. */
  protected abstract overClasses(t: Value, p: Value): Value
  override getConfig(): Config {
    const { fromLogits, labelSmoothing, axis } = this
    return { ...super.getConfig(), fromLogits, labelSmoothing, axis }
  }
}

/**
 * -sum(y log(p)) over the classes; targets one-hot or probabilities.
 * @example new CategoricalCrossentropy({ labelSmoothing: 0.1 })
 */
export class CategoricalCrossentropy extends CategoricalLoss {
  static override readonly className = 'CategoricalCrossentropy'
  protected override overClasses(t: Value, p: Value): Value {
    return crossentropy(t, p, this.fromLogits)
  }
}

export interface CategoricalFocalCrossentropyOptions extends CategoricalCrossentropyOptions {
  /** Weight of every class. */
  readonly alpha?: number
  /** How much well-classified samples count less. */
  readonly gamma?: number
}
/** -sum(alpha (1 - p)^gamma y log(p)) over the classes (Lin et al. 2017). */
export class CategoricalFocalCrossentropy extends CategoricalLoss {
  static override readonly className = 'CategoricalFocalCrossentropy'
  readonly alpha: number
  readonly gamma: number
  constructor(options: CategoricalFocalCrossentropyOptions = {}) {
    super(options, ['alpha', 'gamma'])
    this.alpha = checkNonNegative(this.className, 'alpha', options.alpha ?? 0.25)
    this.gamma = checkNonNegative(this.className, 'gamma', options.gamma ?? 2)
  }
  protected override overClasses(t: Value, p: Value): Value {
    const q = normalised(this.fromLogits ? apply1('softmax', [p], {}) : p)
    return reduceMap(
      'sum',
      [t, q],
      (y, v) => [E.neg(E.mul(E.mul(E.pow(E.sub(1, v), this.gamma), this.alpha), E.mul(y, E.log(v))))],
      -1,
      false,
    )[0]
  }
  override getConfig(): Config {
    return { ...super.getConfig(), alpha: this.alpha, gamma: this.gamma }
  }
}

/**
 * The labels of `prediction`'s rows, without the class axis.
 * @throws ShapeError unless labels are [N, ...] or [N, ..., 1] for predictions [N, ..., K]
 */
export function labelsOf(where: string, labels: Value, prediction: Value, axis = -1): Value {
  const a = resolveAxis(where, axis, prediction.rank)
  const rows = prediction.shape.filter((_, i) => i !== a)
  const l = labels.rank === prediction.rank && labels.shape[a] === 1 ? squeeze(labels, a) : labels
  if (!sameShape(l.shape, rows)) {
    throw new ShapeError({
      where,
      what: 'shape of the labels (one class number for each row of the predictions)',
      expected: `[${rows.join(', ')}] for predictions ${showSpec(prediction.spec)}`,
      got: showSpec(labels.spec),
    })
  }
  return l
}

export interface SparseCategoricalCrossentropyOptions extends LossOptions {
  readonly fromLogits?: boolean
  /** A label whose samples have no loss. */
  readonly ignoreClass?: number | null
  readonly axis?: number
}
/**
 * -log(p[label]); targets are class numbers, int32 or whole float32. A label out of range costs nothing.
 * @example new SparseCategoricalCrossentropy({ fromLogits: true, ignoreClass: 255 })
 */
export class SparseCategoricalCrossentropy extends Loss {
  static override readonly className = 'SparseCategoricalCrossentropy'
  readonly fromLogits: boolean
  readonly ignoreClass: number | null
  readonly axis: number
  constructor(options: SparseCategoricalCrossentropyOptions = {}) {
    super(options, ['fromLogits', 'ignoreClass', 'axis'])
    this.fromLogits = options.fromLogits ?? false
    const ignore = options.ignoreClass ?? null
    this.ignoreClass =
      ignore === null ? null : checkInteger(this.className, 'ignoreClass', ignore, Number.NEGATIVE_INFINITY)
    this.axis = checkInteger(this.className, 'axis', options.axis ?? -1, Number.NEGATIVE_INFINITY)
  }
  override perSample(yTrue: Value, yPred: Value): Value {
    const labels = labelsOf(this.name, yTrue, yPred, this.axis)
    const p = lastAxis(yPred, this.axis)
    const target = oneHot(labels, p.shape[p.rank - 1])
    if (this.ignoreClass === null) return crossentropy(target, p, this.fromLogits)
    // A row of zeros as target has no loss and no gradient.
    const ignored = this.ignoreClass
    const counted = elementwise([target, expandDims(labels, -1)], (y, l) => E.select(E.eq(l, ignored), 0, y))
    return crossentropy(counted, p, this.fromLogits)
  }
  /** Means are over the samples that are not ignored. */
  protected override maskOf(yTrue: Value, yPred: Value): Value | null {
    if (this.ignoreClass === null) return null
    const ignored = this.ignoreClass
    return elementwise([labelsOf(this.name, yTrue, yPred, this.axis)], l => E.ne(l, ignored))
  }
  override getConfig(): Config {
    const { fromLogits, ignoreClass, axis } = this
    return { ...super.getConfig(), fromLogits, ignoreClass, axis }
  }
}
