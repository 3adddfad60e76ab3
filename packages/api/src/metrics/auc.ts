// The area under a curve of decisions at many thresholds. Keras 3: metrics/confusion_metrics.py.
import { ArgumentError, ShapeError, StateError } from '../errors.js'
import * as E from '../expr/expr.js'
import { constant, elementwise } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import type { Variable } from '../graph/variable.js'
import type { Config } from '../layers/layer.js'
import { EPSILON } from '../losses/regression.js'
import { checkChoice, checkFraction, checkInteger, checkNonNegative } from '../optimizers/numbers.js'
import { f32, type Shape } from '../tensor-spec.js'
import { type Count, countAt, decisions } from './confusion.js'
import { Metric, type MetricOptions, type MetricState, ratio } from './metric.js'

export interface AUCOptions extends MetricOptions {
  /** How many thresholds, evenly spaced over [0, 1] (default 200). */
  readonly numThresholds?: number
  /** True against false positive rate (default), precision against recall, or their gains. */
  readonly curve?: 'ROC' | 'PR' | 'PRGAIN'
  /** Trapezoids (for PR: Davis and Goadrich 2006), or the larger or the smaller side of each. */
  readonly summationMethod?: 'interpolation' | 'majoring' | 'minoring'
  /** Thresholds of your own, in [0, 1]; one below and one above are added. */
  readonly thresholds?: readonly number[] | null
  /** Whether each label of predictions [N, labels] has its own curve; the result is the mean of their areas. */
  readonly multiLabel?: boolean
  readonly numLabels?: number | null
  readonly labelWeights?: readonly number[] | null
  /** Whether predictions are logits (default: probabilities). */
  readonly fromLogits?: boolean
}

const SUMS: readonly (readonly [Count, string])[] = [
  ['truePositives', 'true_positives'],
  ['falsePositives', 'false_positives'],
  ['trueNegatives', 'true_negatives'],
  ['falseNegatives', 'false_negatives'],
]

/**
 * The area under the ROC or the precision-recall curve.
 * @example new AUC({ curve: 'PR', numThresholds: 100 })
 */
export class AUC extends Metric {
  static override readonly className = 'AUC'
  static override readonly direction = 'up'
  readonly curve: 'ROC' | 'PR' | 'PRGAIN'
  readonly summationMethod: 'interpolation' | 'majoring' | 'minoring'
  readonly multiLabel: boolean
  readonly labelWeights: readonly number[] | null
  readonly fromLogits: boolean
  /** All thresholds, from just below 0 to just above 1. */
  readonly thresholds: readonly number[]
  readonly #given: AUCOptions
  #labels: number | null
  #sums: readonly Variable[] = []

  constructor(options: AUCOptions = {}) {
    super(options, [
      'numThresholds',
      'curve',
      'summationMethod',
      'thresholds',
      'multiLabel',
      'numLabels',
      'labelWeights',
      'fromLogits',
    ])
    const where = this.className
    this.#given = options
    this.curve = checkChoice(where, 'curve', options.curve ?? 'ROC', ['ROC', 'PR', 'PRGAIN'])
    this.summationMethod = checkChoice(where, 'summationMethod', options.summationMethod ?? 'interpolation', [
      'interpolation',
      'majoring',
      'minoring',
    ])
    this.multiLabel = options.multiLabel ?? false
    this.fromLogits = options.fromLogits ?? false
    const labels = options.numLabels ?? null
    if (labels !== null && !this.multiLabel) {
      throw new ArgumentError({ where, what: 'numLabels', expected: 'multiLabel to be true', got: labels })
    }
    this.#labels = labels === null ? null : checkInteger(where, 'numLabels', labels, 1)
    const weights = options.labelWeights ?? null
    this.labelWeights =
      weights === null ? null : weights.map((w, i) => checkNonNegative(where, `labelWeights[${i}]`, w))
    const n = checkInteger(where, 'numThresholds', options.numThresholds ?? 200, 2)
    const inner =
      options.thresholds?.map((t, i) => checkFraction(where, `thresholds[${i}]`, t)).sort((a, b) => a - b) ??
      Array.from({ length: n - 2 }, (_, i) => (i + 1) / (n - 1))
    this.thresholds = [-EPSILON, ...inner, 1 + EPSILON]
  }

  override build(_yTrueShape: Shape, yPredShape: Shape): void {
    const { length } = this.thresholds
    if (this.multiLabel) {
      const labels = yPredShape[1]
      if (yPredShape.length !== 2 || (this.#labels !== null && labels !== this.#labels)) {
        const expected = `[N, ${this.#labels ?? 'labels'}] with multiLabel`
        throw new ShapeError({ where: this.name, what: 'predictions', expected, got: [...yPredShape] })
      }
      this.#labels = labels
    }
    const labels = this.multiLabel ? this.#labels : (yPredShape[yPredShape.length - 1] ?? 1)
    if (this.labelWeights !== null && this.labelWeights.length !== labels) {
      const got = this.labelWeights.length
      throw new ShapeError({ where: this.name, what: 'number of labelWeights', expected: labels, got })
    }
    const shape = this.multiLabel ? [length, this.#labels as number] : [length]
    this.#sums = SUMS.map(([, name]) => this.addVariable(name, shape))
  }

  override update(ctx: CallContext, yTrue: Value, yPred: Value, sampleWeight: Value | null): void {
    if (this.#sums.length === 0) throw new StateError({ where: this.name, what: 'update before build' })
    // Predictions are clipped so that all of them lie between the first and the last threshold.
    const scores = elementwise([yPred], p => E.clip(this.fromLogits ? E.sigmoid(p) : p, 0, 1))
    const d = decisions(this.name, yTrue, scores, sampleWeight, {})
    let { w } = d
    if (this.labelWeights !== null && !this.multiLabel) {
      const labels = constant(this.labelWeights, f32([this.labelWeights.length]))
      w = w === null ? labels : elementwise([w, labels], E.mul)
    }
    const terms = countAt(
      { t: d.t, p: d.p, w },
      this.thresholds,
      SUMS.map(([count]) => count),
      this.multiLabel,
    )
    this.#sums.forEach((v, i) => {
      this.accumulate(ctx, v, terms[i])
    })
  }

  override result(state: MetricState): number {
    const labels = this.multiLabel ? (this.#labels ?? 1) : 1
    const areas = Array.from({ length: labels }, (_, l) => {
      const [tp, fp, tn, fn] = state.map(s => this.thresholds.map((_, i) => s[i * labels + l]))
      return this.curve === 'PR' && this.summationMethod === 'interpolation'
        ? interpolatedPr(tp, fp, fn)
        : this.#area(tp, fp, tn, fn)
    })
    if (!this.multiLabel) return areas[0]
    const weights = this.labelWeights ?? areas.map(() => 1)
    const total = weights.reduce((a, b) => a + b, 0)
    return ratio(
      areas.reduce((s, a, i) => s + a * weights[i], 0),
      total,
    )
  }
  #area(tp: number[], fp: number[], tn: number[], fn: number[]): number {
    const points = tp.map((_, i): [number, number] => {
      const recall = ratio(tp[i], tp[i] + fn[i])
      if (this.curve === 'ROC') return [ratio(fp[i], fp[i] + tn[i]), recall]
      if (this.curve === 'PR') return [recall, ratio(tp[i], tp[i] + fp[i])]
      if (tp[i] === 0) return [0, 1]
      const odds = ratio(tp[i] + fn[i], tn[i] + fp[i])
      return [Math.max(0, 1 - (odds * fn[i]) / tp[i]), 1 - (odds * fp[i]) / tp[i]]
    })
    let area = 0
    for (let i = 0; i + 1 < points.length; i++) {
      const [[x0, y0], [x1, y1]] = [points[i], points[i + 1]]
      const method = this.summationMethod
      const height =
        method === 'interpolation' ? (y0 + y1) / 2 : method === 'minoring' ? Math.min(y0, y1) : Math.max(y0, y1)
      area += (x0 - x1) * height
    }
    return area
  }

  override getConfig(): Config {
    const { curve, summationMethod, multiLabel, labelWeights, fromLogits } = this
    return {
      ...super.getConfig(),
      ...(this.#given.thresholds ? { thresholds: this.thresholds.slice(1, -1) } : {}),
      numThresholds: this.#given.numThresholds ?? 200,
      curve,
      summationMethod,
      multiLabel,
      numLabels: this.#given.numLabels ?? null,
      labelWeights,
      fromLogits,
    }
  }
}

/** Davis and Goadrich 2006: between two thresholds true positives grow linearly in positives, not precision. */
function interpolatedPr(tp: readonly number[], fp: readonly number[], fn: readonly number[]): number {
  let area = 0
  for (let i = 0; i + 1 < tp.length; i++) {
    const [p0, p1] = [tp[i] + fp[i], tp[i + 1] + fp[i + 1]]
    const gained = tp[i] - tp[i + 1]
    const slope = ratio(gained, Math.max(p0 - p1, 0))
    const intercept = tp[i + 1] - slope * p1
    const growth = p0 > 0 && p1 > 0 ? p0 / p1 : 1
    area += ratio(slope * (gained + intercept * Math.log(growth)), Math.max(tp[i + 1] + fn[i + 1], 0))
  }
  return area
}
