// Means and sums of values over all batches, weighted by sample.
// Keras 3: metrics/reduction_metrics.py.
import { ArgumentError, ShapeError } from '../errors.js'
import { broadcastTo, fill, mean, mul, sum } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import type { Config } from '../layers/layer.js'
import { alignRanks } from '../losses/align.js'
import { broadcastsTo, showSpec } from '../tensor-spec.js'
import { Metric, type MetricOptions, type MetricState, ratio } from './metric.js'

/** Axes from `begin` to the last. */
const axesFrom = (begin: number, rank: number): number[] =>
  Array.from({ length: Math.max(0, rank - begin) }, (_, i) => begin + i)

/** The weighted value of each sample and the weight of each sample (null: all 1); `reduce` joins what a sample has several of. */
function samplewise(
  where: string,
  values: Value,
  weight: Value | null,
  reduce: (x: Value, axes: readonly number[]) => Value,
): { values: Value; weight: Value | null } {
  const over = (x: Value, begin: number): Value => (x.rank > begin ? reduce(x, axesFrom(begin, x.rank)) : x)
  if (weight === null) return { values: over(values, 1), weight: null }
  let [v, w] = alignRanks(values, weight)
  v = over(v, w.rank)
  if (!broadcastsTo(w.shape, v.shape)) {
    throw new ShapeError({
      where,
      what: 'shape of the sample weights',
      expected: `one that broadcasts to ${showSpec(v.spec)}`,
      got: showSpec(w.spec),
    })
  }
  w = broadcastTo(w, v.shape)
  return { values: over(mul(v, w), 1), weight: over(w, 1) }
}

/** The sum of values: each sample's values are added up. In a compiled model: of the predictions. */
export class Sum extends Metric {
  static override readonly className = 'Sum'
  readonly #total = this.addVariable('total', [])
  constructor(options: MetricOptions = {}) {
    super(options)
  }
  /** Adds values [N, ...]. */
  add(ctx: CallContext, values: Value, sampleWeight: Value | null = null): void {
    this.accumulate(ctx, this.#total, sum(samplewise(this.name, values, sampleWeight, sum).values))
  }
  override update(ctx: CallContext, _yTrue: Value, yPred: Value, sampleWeight: Value | null): void {
    this.add(ctx, yPred, sampleWeight)
  }
  override result([total]: MetricState): number {
    return total[0]
  }
}

/** The weighted mean of values, each sample's values averaged first. In a compiled model: of the predictions. */
export class Mean extends Metric {
  static override readonly className: string = 'Mean'
  readonly #total = this.addVariable('total', [])
  readonly #count = this.addVariable('count', [])

  /** Adds values [N, ...] or a scalar. */
  add(ctx: CallContext, values: Value, sampleWeight: Value | null = null): void {
    const { values: v, weight } = samplewise(this.name, values, sampleWeight, mean)
    this.accumulate(ctx, this.#total, sum(v))
    this.accumulate(ctx, this.#count, weight === null ? fill([], v.rank === 0 ? 1 : v.shape[0]) : sum(weight))
  }
  override update(ctx: CallContext, _yTrue: Value, yPred: Value, sampleWeight: Value | null): void {
    this.add(ctx, yPred, sampleWeight)
  }
  override result([total, count]: MetricState): number {
    return ratio(total[0], count[0])
  }
}

/**
 * The mean of a function of targets and predictions.
 * @example
 * class MaxError extends MeanMetric {
 *   static override readonly className = 'MaxError'
 *   override values(yTrue: Value, yPred: Value): Value { return reduceMax(abs(sub(yTrue, yPred)), -1) }
 * }
 */
export abstract class MeanMetric extends Mean {
  /** What the mean is of: [N, ...]. */
  abstract values(yTrue: Value, yPred: Value): Value
  override update(ctx: CallContext, yTrue: Value, yPred: Value, sampleWeight: Value | null): void {
    this.add(ctx, this.values(yTrue, yPred), sampleWeight)
  }
}

/** A user's function of targets and predictions as a metric: the mean of what it gives. */
export class MeanMetricWrapper extends MeanMetric {
  static override readonly className = 'MeanMetricWrapper'
  readonly #f: (yTrue: Value, yPred: Value) => Value
  constructor(f: (yTrue: Value, yPred: Value) => Value, options: MetricOptions = {}) {
    super({ ...options, name: options.name ?? (f.name === '' ? 'metric' : f.name) })
    this.#f = f
  }
  override values(yTrue: Value, yPred: Value): Value {
    return this.#f(...alignRanks(yTrue, yPred))
  }
  /** @throws ArgumentError: a function cannot be written to a file */
  override getConfig(): Config {
    throw new ArgumentError({
      where: this.name,
      what: 'metric cannot be saved',
      expected: 'a Metric subclass instead of a function',
    })
  }
}
