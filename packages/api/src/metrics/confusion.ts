// Counts of right and wrong decisions at thresholds, and what is computed from them.
// Keras 3: metrics/confusion_metrics.py, metrics/metrics_utils.py.
import { ShapeError } from '../errors.js'
import type { Expr } from '../expr/expr.js'
import * as E from '../expr/expr.js'
import { constant, elementwise, expandDims, reduceMap, reshape, sliceAxis, squeeze } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import type { Variable } from '../graph/variable.js'
import type { Config } from '../layers/layer.js'
import { alignRanks, checkSameShape } from '../losses/align.js'
import { checkFraction, checkInteger } from '../optimizers/numbers.js'
import { broadcastsTo, f32, showSpec } from '../tensor-spec.js'
import { Metric, type MetricOptions, type MetricState, ratio } from './metric.js'

/** The four kinds of decision: on the right or wrong side (true, false), said to be positive or negative. */
export type Count = 'truePositives' | 'falsePositives' | 'trueNegatives' | 'falseNegatives'

export interface CountOptions {
  /** Only the k largest predictions of each row can be positive. */
  readonly topK?: number | null
  /** Only this class counts. */
  readonly classId?: number | null
}

/** Predictions outside the k largest of their row become `below`; of equal ones the first are kept. */
function keepTopK(p: Value, k: number, below: number): Value {
  const classes = p.shape[p.rank - 1]
  const ids = constant([...Array(classes).keys()], f32([classes]))
  // Rank of each prediction: how many are larger, or equal and earlier.
  const [ranks] = reduceMap(
    'sum',
    [expandDims(p, -1), expandDims(p, -2), expandDims(ids, -1), ids],
    (own, other, i, j) => [E.or(E.gt(other, own), E.and(E.eq(other, own), E.lt(j, i)))],
    -1,
    false,
  )
  return elementwise([p, ranks], (v, r) => E.select(E.lt(r, k), v, below))
}

// What Keras takes for minus infinity.
const NEGATIVE = -1e10

const COUNTS: Readonly<Record<Count, (label: Expr, positive: Expr) => Expr>> = {
  truePositives: (l, p) => E.and(l, p),
  falsePositives: (l, p) => E.and(E.not(l), p),
  trueNegatives: (l, p) => E.and(E.not(l), E.not(p)),
  falseNegatives: (l, p) => E.and(l, E.not(p)),
}

/** Targets, predictions and weights (null: all 1) of one shape, before thresholds. */
export function decisions(
  where: string,
  yTrue: Value,
  yPred: Value,
  sampleWeight: Value | null,
  { topK = null, classId = null }: CountOptions,
): { t: Value; p: Value; w: Value | null } {
  let [p, t] = alignRanks(yPred, yTrue)
  checkSameShape(where, t, p)
  let w = sampleWeight === null ? null : expandDims(sampleWeight, -1)
  if (w !== null && w.rank === t.rank + 1) w = squeeze(w, -1)
  if (topK !== null) p = keepTopK(p, topK, NEGATIVE)
  if (classId !== null) {
    if (p.rank < 2 || classId >= p.shape[p.rank - 1]) {
      throw new ShapeError({
        where,
        what: `predictions for classId ${classId}`,
        expected: `[N, classes] with more than ${classId} classes`,
        got: showSpec(p.spec),
      })
    }
    t = sliceAxis(t, -1, classId, 1)
    p = sliceAxis(p, -1, classId, 1)
  }
  if (w !== null && !broadcastsTo(w.shape, p.shape)) {
    throw new ShapeError({
      where,
      what: 'shape of the sample weights',
      expected: `one weight for each row of ${showSpec(p.spec)}`,
      got: showSpec(w.spec),
    })
  }
  return { t, p, w }
}

/**
 * Weighted counts at thresholds: [thresholds], or with `perLabel` [thresholds, labels] for predictions [N, labels].
 * A prediction is positive if it is above the threshold, a target if it is not 0.
 */
export function countAt(
  { t, p, w }: { readonly t: Value; readonly p: Value; readonly w: Value | null },
  thresholds: readonly number[],
  counts: readonly Count[],
  perLabel = false,
): readonly Value[] {
  const lay = (x: Value): Value =>
    perLabel
      ? expandDims(x, 0)
      : reshape(
          elementwise([x], v => v, p.shape),
          [1, -1],
        )
  const levels = constant(thresholds, f32([thresholds.length, 1, ...(perLabel ? [1] : [])]))
  const ins = [lay(t), lay(p), levels, ...(w === null ? [] : [lay(w)])]
  return reduceMap(
    'sum',
    ins,
    (y, v, level, weight) =>
      counts.map(c => {
        const hit = COUNTS[c](E.ne(y, 0), E.gt(v, level))
        return weight === undefined ? hit : E.select(hit, weight, 0)
      }),
    1,
    false,
  )
}

const thresholdList = (where: string, t: number | readonly number[] | null | undefined, standard: number): number[] =>
  t === null || t === undefined
    ? [standard]
    : (typeof t === 'number' ? [t] : [...t]).map((v, i) => checkFraction(where, `thresholds[${i}]`, v))

const single = (values: readonly number[]): number | readonly number[] => (values.length === 1 ? values[0] : values)

export interface ThresholdOptions extends MetricOptions {
  /** In [0, 1]; several give a list of results (default 0.5). */
  readonly thresholds?: number | readonly number[] | null
}
const configOf = (t: ThresholdOptions['thresholds']): Config => ({ thresholds: t ?? null })

abstract class CountMetric extends Metric {
  readonly thresholds: readonly number[]
  readonly #given: ThresholdOptions['thresholds']
  readonly #sum: Variable
  constructor(
    readonly count: Count,
    options: ThresholdOptions,
  ) {
    super(options, ['thresholds'])
    this.#given = options.thresholds
    this.thresholds = thresholdList(this.className, options.thresholds, 0.5)
    this.#sum = this.addVariable('accumulator', [this.thresholds.length])
  }
  override update(ctx: CallContext, yTrue: Value, yPred: Value, sampleWeight: Value | null): void {
    const d = decisions(this.name, yTrue, yPred, sampleWeight, {})
    this.accumulate(ctx, this.#sum, countAt(d, this.thresholds, [this.count])[0])
  }
  override result([sum]: MetricState): number | readonly number[] {
    return single(Array.from(sum))
  }
  override getConfig(): Config {
    return { ...super.getConfig(), ...configOf(this.#given) }
  }
}
/** The weight of positives that were found. */
export class TruePositives extends CountMetric {
  static override readonly className = 'TruePositives'
  static override readonly direction = 'up'
  constructor(options: ThresholdOptions = {}) {
    super('truePositives', options)
  }
}
/** The weight of negatives that were taken for positives. */
export class FalsePositives extends CountMetric {
  static override readonly className = 'FalsePositives'
  static override readonly direction = 'down'
  constructor(options: ThresholdOptions = {}) {
    super('falsePositives', options)
  }
}
/** The weight of negatives that were found. */
export class TrueNegatives extends CountMetric {
  static override readonly className = 'TrueNegatives'
  static override readonly direction = 'up'
  constructor(options: ThresholdOptions = {}) {
    super('trueNegatives', options)
  }
}
/** The weight of positives that were missed. */
export class FalseNegatives extends CountMetric {
  static override readonly className = 'FalseNegatives'
  static override readonly direction = 'down'
  constructor(options: ThresholdOptions = {}) {
    super('falseNegatives', options)
  }
}

/** `topK` compares each prediction with all of its row: classes^2 work. */
export interface PrecisionOptions extends ThresholdOptions, CountOptions {}

abstract class RatioMetric extends Metric {
  readonly thresholds: readonly number[]
  readonly topK: number | null
  readonly classId: number | null
  readonly #given: ThresholdOptions['thresholds']
  readonly #sums: readonly Variable[]
  constructor(
    readonly counts: readonly [Count, Count],
    names: readonly [string, string],
    options: PrecisionOptions,
  ) {
    super(options, ['thresholds', 'topK', 'classId'])
    this.#given = options.thresholds
    const { topK = null, classId = null } = options
    this.topK = topK === null ? null : checkInteger(this.className, 'topK', topK, 1)
    this.classId = classId === null ? null : checkInteger(this.className, 'classId', classId, 0)
    this.thresholds = thresholdList(this.className, options.thresholds, topK === null ? 0.5 : NEGATIVE)
    this.#sums = names.map(n => this.addVariable(n, [this.thresholds.length]))
  }
  override update(ctx: CallContext, yTrue: Value, yPred: Value, sampleWeight: Value | null): void {
    const terms = countAt(decisions(this.name, yTrue, yPred, sampleWeight, this), this.thresholds, this.counts)
    this.#sums.forEach((v, i) => {
      this.accumulate(ctx, v, terms[i])
    })
  }
  override result([hits, misses]: MetricState): number | readonly number[] {
    return single(Array.from(hits).map((h, i) => ratio(h, h + misses[i])))
  }
  override getConfig(): Config {
    return { ...super.getConfig(), ...configOf(this.#given), topK: this.topK, classId: this.classId }
  }
}
/** The share of what was taken for positive that is; 0 if nothing was. */
export class Precision extends RatioMetric {
  static override readonly className = 'Precision'
  static override readonly direction = 'up'
  constructor(options: PrecisionOptions = {}) {
    super(['truePositives', 'falsePositives'], ['true_positives', 'false_positives'], options)
  }
}
/** The share of positives that was found; 0 if there are none. */
export class Recall extends RatioMetric {
  static override readonly className = 'Recall'
  static override readonly direction = 'up'
  constructor(options: PrecisionOptions = {}) {
    super(['truePositives', 'falseNegatives'], ['true_positives', 'false_negatives'], options)
  }
}
