// F scores: the harmonic mean of precision and recall, per class. Keras 3: metrics/f_score_metrics.py.
import { checkOptions, ShapeError, StateError } from '../errors.js'
import * as E from '../expr/expr.js'
import { expandDims, reduceMap, reduceMax } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import type { Variable } from '../graph/variable.js'
import type { Config } from '../layers/layer.js'
import { checkSameShape } from '../losses/align.js'
import { EPSILON } from '../losses/regression.js'
import { checkChoice, checkNumber, checkPositive } from '../optimizers/numbers.js'
import type { Shape } from '../tensor-spec.js'
import { Metric, type MetricOptions, type MetricState } from './metric.js'

export interface F1ScoreOptions extends MetricOptions {
  /** null (default): a list of one score for each class; micro: over all decisions; macro: the mean; weighted: by targets. */
  readonly average?: 'micro' | 'macro' | 'weighted' | null
  /** Predictions above it are positive; null (default): the largest of each row is. */
  readonly threshold?: number | null
}
export interface FBetaScoreOptions extends F1ScoreOptions {
  /** How much more recall counts than precision (default 1). */
  readonly beta?: number
}

/** (1 + beta^2) precision recall / (beta^2 precision + recall), for targets and predictions [N, classes]. */
export class FBetaScore extends Metric {
  static override readonly className: string = 'FBetaScore'
  static override readonly direction = 'up'
  readonly average: 'micro' | 'macro' | 'weighted' | null
  readonly beta: number
  readonly threshold: number | null
  #sums: readonly Variable[] = []
  constructor(options: FBetaScoreOptions = {}) {
    super(options, ['average', 'beta', 'threshold'])
    this.average = checkChoice(this.className, 'average', options.average ?? null, ['micro', 'macro', 'weighted', null])
    this.beta = checkPositive(this.className, 'beta', options.beta ?? 1)
    const { threshold = null } = options
    this.threshold =
      threshold === null
        ? null
        : checkNumber(this.className, 'threshold', threshold, v => v > 0 && v <= 1, 'null or a number in (0, 1]')
  }
  override build(_yTrueShape: Shape, yPredShape: Shape): void {
    if (yPredShape.length !== 2) {
      throw new ShapeError({ where: this.name, what: 'predictions', expected: '[N, classes]', got: [...yPredShape] })
    }
    const shape = this.average === 'micro' ? [] : [yPredShape[1]]
    this.#sums = ['true_positives', 'false_positives', 'false_negatives', 'intermediate_weights'].map(n =>
      this.addVariable(n, shape),
    )
  }
  override update(ctx: CallContext, yTrue: Value, yPred: Value, sampleWeight: Value | null): void {
    checkSameShape(this.name, yTrue, yPred)
    if (this.#sums.length === 0) throw new StateError({ where: this.name, what: 'update before build' })
    const { threshold } = this
    const largest = reduceMax(yPred, -1, true)
    const ins = [yTrue, yPred, largest, ...(sampleWeight === null ? [] : [expandDims(sampleWeight, 1)])]
    const terms = reduceMap(
      'sum',
      ins,
      (y, p, max, w) => {
        const positive = threshold === null ? E.and(E.ge(p, max), E.gt(E.abs(p), 1e-9)) : E.gt(p, threshold)
        const counts = [E.mul(positive, y), E.mul(positive, E.sub(1, y)), E.mul(E.not(positive), y), y]
        return w === undefined ? counts : counts.map(c => E.mul(c, w))
      },
      this.average === 'micro' ? null : 0,
      false,
    )
    this.#sums.forEach((v, i) => {
      this.accumulate(ctx, v, terms[i])
    })
  }
  override result([tp, fp, fn, targets]: MetricState): number | readonly number[] {
    const square = this.beta ** 2
    const scores = Array.from(tp).map((hits, i) => {
      const precision = hits / (hits + fp[i] + EPSILON)
      const recall = hits / (hits + fn[i] + EPSILON)
      return ((precision * recall) / (square * precision + recall + EPSILON)) * (1 + square)
    })
    const sumOf = (xs: ArrayLike<number>): number => Array.from(xs).reduce((a, b) => a + b, 0)
    if (this.average === null) return scores
    if (this.average !== 'weighted') return sumOf(scores) / scores.length
    const total = sumOf(targets) + EPSILON
    return sumOf(scores.map((s, i) => s * (targets[i] / total)))
  }
  override getConfig(): Config {
    return { ...super.getConfig(), average: this.average, beta: this.beta, threshold: this.threshold }
  }
}

/** The F score with beta 1. */
export class F1Score extends FBetaScore {
  static override readonly className = 'F1Score'
  constructor(options: F1ScoreOptions = {}) {
    checkOptions('F1Score', options, ['name', 'average', 'threshold'])
    super(options)
  }
  override getConfig(): Config {
    const { beta: _, ...rest } = super.getConfig()
    return rest
  }
}
