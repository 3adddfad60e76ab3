// Metrics, and how one is found by name.
import { ArgumentError } from '../errors.js'
import type { Value } from '../graph/value.js'
import { getLoss, isLossName, Loss } from '../losses/index.js'
import { ByName, type Serialized } from '../optimizers/by-name.js'
import type { Shape } from '../tensor-spec.js'
import {
  Accuracy,
  BinaryAccuracy,
  CategoricalAccuracy,
  SparseCategoricalAccuracy,
  SparseTopKCategoricalAccuracy,
  TopKCategoricalAccuracy,
} from './accuracy.js'
import { AUC } from './auc.js'
import { FalseNegatives, FalsePositives, Precision, Recall, TrueNegatives, TruePositives } from './confusion.js'
import { F1Score, FBetaScore } from './f-score.js'
import {
  BinaryCrossentropy,
  CategoricalCrossentropy,
  CategoricalHinge,
  Hinge,
  KLDivergence,
  LogCoshError,
  LossMetric,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
  Poisson,
  SparseCategoricalCrossentropy,
  SquaredHinge,
} from './from-losses.js'
import { Mean, MeanMetric, MeanMetricWrapper, Sum } from './mean.js'
import { Metric } from './metric.js'
import { CosineSimilarity, R2Score, RootMeanSquaredError } from './regression.js'

export type { BinaryAccuracyOptions, TopKOptions } from './accuracy.js'
export type { AUCOptions } from './auc.js'
export type { PrecisionOptions, ThresholdOptions } from './confusion.js'
export type { F1ScoreOptions, FBetaScoreOptions } from './f-score.js'
export type { MetricOptions, MetricState } from './metric.js'
export type { CosineMetricOptions, R2ScoreOptions } from './regression.js'

/** What `getMetric` understands. */
export type MetricOption = string | Metric | Loss | Serialized | ((yTrue: Value, yPred: Value) => Value)

const CLASSES = [
  Accuracy,
  AUC,
  BinaryAccuracy,
  BinaryCrossentropy,
  CategoricalAccuracy,
  CategoricalCrossentropy,
  CategoricalHinge,
  CosineSimilarity,
  F1Score,
  FalseNegatives,
  FalsePositives,
  FBetaScore,
  Hinge,
  KLDivergence,
  LogCoshError,
  Mean,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
  Poisson,
  Precision,
  R2Score,
  Recall,
  RootMeanSquaredError,
  SparseCategoricalAccuracy,
  SparseCategoricalCrossentropy,
  SparseTopKCategoricalAccuracy,
  SquaredHinge,
  Sum,
  TopKCategoricalAccuracy,
  TrueNegatives,
  TruePositives,
]
const METRICS = new ByName<Metric>('metric', CLASSES, {
  mse: MeanSquaredError,
  mae: MeanAbsoluteError,
  mape: MeanAbsolutePercentageError,
  msle: MeanSquaredLogarithmicError,
  rmse: RootMeanSquaredError,
  bce: BinaryCrossentropy,
  kld: KLDivergence,
  logcosh: LogCoshError,
})

/** Shapes of a model's target and output, batch included. */
export interface MetricShapes {
  readonly yTrueShape: Shape
  readonly yPredShape: Shape
}

/** 'binary' for one output, 'sparse' for targets that are class numbers, else 'categorical'. */
function kindOf({ yTrueShape, yPredShape }: MetricShapes): 'Binary' | 'SparseCategorical' | 'Categorical' {
  if (yPredShape[yPredShape.length - 1] === 1) return 'Binary'
  const sparse = yTrueShape.length < yPredShape.length || yTrueShape[yTrueShape.length - 1] === 1
  return sparse ? 'SparseCategorical' : 'Categorical'
}
const BY_SHAPE: ReadonlyMap<string, 'Accuracy' | 'Crossentropy'> = new Map([
  ['accuracy', 'Accuracy'],
  ['acc', 'Accuracy'],
  ['crossentropy', 'Crossentropy'],
  ['ce', 'Crossentropy'],
])

/**
 * A metric from itself, its name, its serialised form, a loss or a function of targets and predictions (their mean).
 *
 * 'accuracy' (or 'acc') and 'crossentropy' (or 'ce') become the binary, sparse or categorical one by the shapes. A metric
 * made from a name keeps that name: it is the key in the history.
 *
 * @throws ArgumentError for an unknown name or argument, listing the known ones
 * @example getMetric('accuracy', { yTrueShape: [32], yPredShape: [32, 10] }) // SparseCategoricalAccuracy
 */
export function getMetric(option: MetricOption, shapes: MetricShapes): Metric {
  if (option instanceof Metric) return option
  if (option instanceof Loss) return new LossMetric(option)
  if (typeof option === 'function') return new MeanMetricWrapper(option)
  if (typeof option === 'object' && option !== null) return METRICS.make(option)
  if (typeof option !== 'string') {
    throw new ArgumentError({
      where: 'metric',
      what: 'metric',
      expected: 'a name, a Metric or a function',
      got: option,
    })
  }
  const family = BY_SHAPE.get(option)
  if (family !== undefined) {
    return METRICS.make({
      className: `${kindOf(shapes)}${family}`,
      config: { name: option === 'acc' ? 'accuracy' : option },
    })
  }
  if (METRICS.has(option)) return METRICS.make({ className: option, config: { name: option } })
  // Losses that are no metric class (huber, dice) are metrics all the same.
  if (isLossName(option)) return new LossMetric(getLoss(option), option)
  return METRICS.make(option)
}

export {
  Accuracy,
  AUC,
  BinaryAccuracy,
  BinaryCrossentropy,
  CategoricalAccuracy,
  CategoricalCrossentropy,
  CategoricalHinge,
  CosineSimilarity,
  F1Score,
  FalseNegatives,
  FalsePositives,
  FBetaScore,
  Hinge,
  KLDivergence,
  LogCoshError,
  LossMetric,
  Mean,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanMetric,
  MeanMetricWrapper,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
  Metric,
  Poisson,
  Precision,
  R2Score,
  Recall,
  RootMeanSquaredError,
  SparseCategoricalAccuracy,
  SparseCategoricalCrossentropy,
  SparseTopKCategoricalAccuracy,
  SquaredHinge,
  Sum,
  TopKCategoricalAccuracy,
  TrueNegatives,
  TruePositives,
}
