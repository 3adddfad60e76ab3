// Metrics of regression that are no mean of a loss. Keras 3: metrics/regression_metrics.py.
import { ShapeError, StateError } from '../errors.js'
import * as E from '../expr/expr.js'
import { elementwise, expandDims, fill, reduceMap } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import type { Variable } from '../graph/variable.js'
import type { Config } from '../layers/layer.js'
import { alignRanks, checkSameShape } from '../losses/align.js'
import { cosine } from '../losses/regression.js'
import { checkChoice, checkInteger } from '../optimizers/numbers.js'
import { type Shape, sizeOf } from '../tensor-spec.js'
import { MeanMetric } from './mean.js'
import { Metric, type MetricOptions, type MetricState } from './metric.js'

/** The root of the mean squared error over all elements. */
export class RootMeanSquaredError extends MeanMetric {
  static override readonly className = 'RootMeanSquaredError'
  static override readonly direction = 'down'
  override values(yTrue: Value, yPred: Value): Value {
    const [t, p] = alignRanks(yTrue, yPred)
    checkSameShape(this.name, t, p)
    return elementwise([t, p], (a, b) => E.square(E.sub(b, a)))
  }
  override result(state: MetricState): number {
    return Math.sqrt(super.result(state))
  }
}

export interface CosineMetricOptions extends MetricOptions {
  readonly axis?: number
}
/** The mean cosine of the angle between targets and predictions; not negated, unlike the loss. */
export class CosineSimilarity extends MeanMetric {
  static override readonly className = 'CosineSimilarity'
  static override readonly direction = 'up'
  readonly axis: number
  constructor(options: CosineMetricOptions = {}) {
    super(options, ['axis'])
    this.axis = checkInteger(this.className, 'axis', options.axis ?? -1, Number.NEGATIVE_INFINITY)
  }
  override values(yTrue: Value, yPred: Value): Value {
    const [t, p] = alignRanks(yTrue, yPred)
    checkSameShape(this.name, t, p)
    return cosine(t, p, this.axis)
  }
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis }
  }
}

export interface R2ScoreOptions extends MetricOptions {
  /** How the scores of outputs become one; null: they do not, the result is a list. */
  readonly classAggregation?: 'uniformAverage' | 'varianceWeightedAverage' | null
  /** Number of independent regressors, for the adjusted score; 0: not adjusted. */
  readonly numRegressors?: number
}

/**
 * The coefficient of determination, 1 - residual / total sum of squares, for targets [N, K].
 * Its sums are of squares of the targets themselves: centre targets whose mean is large beside their spread.
 */
export class R2Score extends Metric {
  static override readonly className = 'R2Score'
  static override readonly direction = 'up'
  readonly classAggregation: 'uniformAverage' | 'varianceWeightedAverage' | null
  readonly numRegressors: number
  #sums: { readonly samples: Variable; readonly perOutput: readonly Variable[] } | null = null
  constructor(options: R2ScoreOptions = {}) {
    super(options, ['classAggregation', 'numRegressors'])
    const aggregation = options.classAggregation === undefined ? 'uniformAverage' : options.classAggregation
    this.classAggregation = checkChoice(this.className, 'classAggregation', aggregation, [
      'uniformAverage',
      'varianceWeightedAverage',
      null,
    ])
    this.numRegressors = checkInteger(this.className, 'numRegressors', options.numRegressors ?? 0, 0)
  }
  override build(_yTrueShape: Shape, yPredShape: Shape): void {
    if (yPredShape.length !== 2) {
      throw new ShapeError({ where: this.name, what: 'predictions', expected: '[N, outputs]', got: [...yPredShape] })
    }
    const outputs = [yPredShape[1]]
    this.#sums = {
      samples: this.addVariable('num_samples', []),
      perOutput: ['squared_sum', 'sum', 'residual', 'count'].map(n => this.addVariable(n, outputs)),
    }
  }
  override update(ctx: CallContext, yTrue: Value, yPred: Value, sampleWeight: Value | null): void {
    const [t, p] = alignRanks(yTrue, yPred)
    checkSameShape(this.name, t, p)
    const sums = this.#sums
    if (sums === null) throw new StateError({ where: this.name, what: 'update before build' })
    const w =
      sampleWeight === null ? fill([1, 1], 1) : sampleWeight.rank === 1 ? expandDims(sampleWeight, 1) : sampleWeight
    const terms = reduceMap(
      'sum',
      [t, p, w],
      (y, v, s) => [E.mul(E.square(y), s), E.mul(y, s), E.mul(E.square(E.sub(y, v)), s), s],
      0,
      false,
    )
    sums.perOutput.forEach((v, i) => {
      this.accumulate(ctx, v, terms[i])
    })
    this.accumulate(ctx, sums.samples, fill([], sizeOf(t.shape)))
  }
  override result([samples, squares, sums, residual, count]: MetricState): number | readonly number[] {
    const total = Array.from(squares).map((q, i) => q - sums[i] * (sums[i] / count[i]))
    const raw = total.map((t, i) => {
      const r = 1 - residual[i] / t
      return Math.abs(r) === Number.POSITIVE_INFINITY ? 0 : r
    })
    const adjust = (score: number): number => {
      const n = samples[0]
      const p = this.numRegressors
      // With as many regressors as samples the adjusted score does not exist: Keras falls back to the plain one.
      return p === 0 || p >= n - 1 ? score : 1 - ((1 - score) * (n - 1)) / (n - p - 1)
    }
    if (this.classAggregation === null) return raw.map(adjust)
    const weights = this.classAggregation === 'uniformAverage' ? raw.map(() => 1) : total
    const sumOf = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0)
    return adjust(sumOf(raw.map((r, i) => r * weights[i])) / sumOf(weights))
  }
  override getConfig(): Config {
    return { ...super.getConfig(), classAggregation: this.classAggregation, numRegressors: this.numRegressors }
  }
}
