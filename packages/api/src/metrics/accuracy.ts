// Accuracies: the share of samples whose prediction is right. Keras 3: metrics/accuracy_metrics.py.
import * as E from '../expr/expr.js'
import { argmax, constant, elementwise, expandDims, reduceMap } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import type { Config } from '../layers/layer.js'
import { alignRanks, checkSameShape } from '../losses/align.js'
import { labelsOf } from '../losses/crossentropy.js'
import { checkInteger, checkNumber } from '../optimizers/numbers.js'
import { f32 } from '../tensor-spec.js'
import { MeanMetric } from './mean.js'
import type { MetricOptions } from './metric.js'

/** Where predictions equal targets. */
export class Accuracy extends MeanMetric {
  static override readonly className = 'Accuracy'
  static override readonly direction = 'up'
  override values(yTrue: Value, yPred: Value): Value {
    const [t, p] = alignRanks(yTrue, yPred)
    checkSameShape(this.name, t, p)
    return elementwise([t, p], E.eq)
  }
}

export interface BinaryAccuracyOptions extends MetricOptions {
  /** Predictions above it count as 1 (default 0.5). */
  readonly threshold?: number
}
/** Where predictions are on the targets' side of the threshold. */
export class BinaryAccuracy extends MeanMetric {
  static override readonly className = 'BinaryAccuracy'
  static override readonly direction = 'up'
  readonly threshold: number
  constructor(options: BinaryAccuracyOptions = {}) {
    super(options, ['threshold'])
    this.threshold = checkNumber(this.className, 'threshold', options.threshold ?? 0.5, () => true, 'a number')
  }
  override values(yTrue: Value, yPred: Value): Value {
    const [t, p] = alignRanks(yTrue, yPred)
    checkSameShape(this.name, t, p)
    return elementwise([t, p], (y, v) => E.eq(y, E.gt(v, this.threshold)))
  }
  override getConfig(): Config {
    return { ...super.getConfig(), threshold: this.threshold }
  }
}

/** Where the largest prediction (the first of equal ones) is the largest target; targets one-hot. */
export class CategoricalAccuracy extends MeanMetric {
  static override readonly className = 'CategoricalAccuracy'
  static override readonly direction = 'up'
  override values(yTrue: Value, yPred: Value): Value {
    checkSameShape(this.name, yTrue, yPred)
    return elementwise([argmax(yTrue, -1), argmax(yPred, -1)], E.eq)
  }
}

/** Where the largest prediction (the first of equal ones) is the label; targets [N, ...] or [N, ..., 1]. */
export class SparseCategoricalAccuracy extends MeanMetric {
  static override readonly className = 'SparseCategoricalAccuracy'
  static override readonly direction = 'up'
  override values(yTrue: Value, yPred: Value): Value {
    return elementwise([labelsOf(this.name, yTrue, yPred), argmax(yPred, -1)], E.eq)
  }
}

// Below every score: what a missing or NaN score counts as. Finite, because not every backend keeps infinities.
const LOWEST = -3e38

/** Where fewer than k predictions are larger than that of the label: equal ones do not push it out. */
function inTopK(labels: Value, predictions: Value, k: number): Value {
  const classes = predictions.shape[predictions.rank - 1]
  const ids = constant([...Array(classes).keys()], f32([classes]))
  const [own] = reduceMap(
    'max',
    [expandDims(labels, -1), ids, predictions],
    (l, i, p) => [E.select(E.and(E.eq(l, i), E.eq(p, p)), p, LOWEST)],
    -1,
    true,
  )
  const [larger] = reduceMap('sum', [predictions, own], (p, o) => [E.gt(p, o)], -1, false)
  return elementwise([larger], n => E.lt(n, k))
}

export interface TopKOptions extends MetricOptions {
  /** How many of the largest predictions count (default 5). */
  readonly k?: number
}

/** Where the class of the target is among the k largest predictions; targets one-hot. */
export class TopKCategoricalAccuracy extends MeanMetric {
  static override readonly className = 'TopKCategoricalAccuracy'
  static override readonly direction = 'up'
  readonly k: number
  constructor(options: TopKOptions = {}) {
    super(options, ['k'])
    this.k = checkInteger(this.className, 'k', options.k ?? 5, 1)
  }
  override values(yTrue: Value, yPred: Value): Value {
    checkSameShape(this.name, yTrue, yPred)
    return inTopK(argmax(yTrue, -1), yPred, this.k)
  }
  override getConfig(): Config {
    return { ...super.getConfig(), k: this.k }
  }
}

/** Where the label is among the k largest predictions; targets [N, ...] or [N, ..., 1]. */
export class SparseTopKCategoricalAccuracy extends MeanMetric {
  static override readonly className = 'SparseTopKCategoricalAccuracy'
  static override readonly direction = 'up'
  readonly k: number
  constructor(options: TopKOptions = {}) {
    super(options, ['k'])
    this.k = checkInteger(this.className, 'k', options.k ?? 5, 1)
  }
  override values(yTrue: Value, yPred: Value): Value {
    return inTopK(labelsOf(this.name, yTrue, yPred), yPred, this.k)
  }
  override getConfig(): Config {
    return { ...super.getConfig(), k: this.k }
  }
}
