// Objectives: the losses and metrics of each output, resolved from compile's arguments.
import { ArgumentError } from '../errors.js'
import { getLoss, Loss, type LossOption } from '../losses/index.js'
import { getMetric, type Metric, type MetricOption } from '../metrics/index.js'
import type { Shape } from '../tensor-spec.js'
import type { CompileOptions, MetricsOption, PerOutput } from './options.js'
import { perField } from './tensors.js'

/** A metric of an output, made when the shapes of targets and predictions are known. */
export interface OutputMetric {
  /** The output's index. */
  readonly output: number
  readonly option: MetricOption
  readonly weighted: boolean
}
/** A metric in use, with its key in logs. */
export interface LoggedMetric extends OutputMetric {
  readonly key: string
  readonly metric: Metric
}

/** What training minimises and what is measured. */
export class Objectives {
  readonly losses: readonly (Loss | null)[]
  readonly weights: readonly (number | null)[]
  readonly #options: readonly OutputMetric[]
  #metrics: readonly LoggedMetric[] | null = null

  constructor(
    readonly outputNames: readonly string[],
    readonly config: Pick<CompileOptions, 'loss' | 'metrics' | 'weightedMetrics' | 'lossWeights'>,
  ) {
    this.losses =
      config.loss === undefined
        ? outputNames.map(() => null)
        : forOutputs<LossOption>('loss', outputNames, config.loss, isLoss).map(l => (l === null ? null : getLoss(l)))
    this.weights =
      config.lossWeights === undefined
        ? outputNames.map(() => null)
        : forOutputs<number>('lossWeights', outputNames, config.lossWeights, v => typeof v === 'number')
    this.#options = [
      ...metricsOf('metrics', outputNames, config.metrics, false),
      ...metricsOf('weightedMetrics', outputNames, config.weightedMetrics, true),
    ]
  }
  /** Indices of the outputs that have metrics. */
  get measured(): readonly number[] {
    return this.#options.map(o => o.output)
  }
  /** The metrics in use; empty before the first step was built. */
  get metrics(): readonly LoggedMetric[] {
    return this.#metrics ?? []
  }
  /** The metrics, made for these shapes on the first call. Batch dimensions are included. */
  resolve(targets: readonly (Shape | null)[], predictions: readonly Shape[]): readonly LoggedMetric[] {
    if (this.#metrics !== null) return this.#metrics
    const used = new Map<string, number>()
    this.#metrics = this.#options.map(o => {
      const target = targets[o.output]
      if (target === null) {
        throw new ArgumentError({
          where: 'compile',
          what: `metrics of output '${this.outputNames[o.output]}'`,
          expected: 'targets for it',
        })
      }
      const metric = getMetric(o.option, { yTrueShape: target, yPredShape: predictions[o.output] })
      const name = this.outputNames.length > 1 ? `${this.outputNames[o.output]}_${metric.name}` : metric.name
      const n = used.get(name) ?? 0
      used.set(name, n + 1)
      return { ...o, metric, key: n === 0 ? name : `${name}_${n}` }
    })
    return this.#metrics
  }
}

const isLoss = (v: unknown): v is LossOption =>
  typeof v === 'string' || typeof v === 'function' || v instanceof Loss || isSerialized(v)
const isSerialized = (v: unknown): boolean => typeof v === 'object' && v !== null && 'className' in v

/** One value per output; null where an object leaves an output out. */
function forOutputs<T>(
  what: string,
  names: readonly string[],
  value: PerOutput<T>,
  isOne: (v: unknown) => v is T,
): (T | null)[] {
  if (isOne(value) && names.length > 1) return names.map(() => value)
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !isOne(value)) {
    for (const key of Object.keys(value)) {
      if (!names.includes(key)) {
        throw new ArgumentError({
          where: 'compile',
          what: `unknown output in ${what}`,
          expected: `one of ${names.join(', ')}`,
          got: key,
        })
      }
    }
    const byName = value as { readonly [output: string]: T | null }
    return names.map(n => byName[n] ?? null)
  }
  return perField<T | null>('compile', what, names, value as T | readonly T[], (v): v is T => isOne(v))
}

function metricsOf(
  what: string,
  names: readonly string[],
  value: MetricsOption | undefined,
  weighted: boolean,
): OutputMetric[] {
  if (value === undefined) return []
  const perOutput = (v: unknown, output: number): OutputMetric[] => {
    if (v === null || v === undefined) return []
    const list: readonly MetricOption[] = Array.isArray(v) ? v : [v as MetricOption]
    return list.map(option => ({ output, option, weighted }))
  }
  if (Array.isArray(value)) {
    if (names.length === 1) return perOutput(value.length === 1 && Array.isArray(value[0]) ? value[0] : value, 0)
    if (value.length !== names.length) {
      throw new ArgumentError({
        where: 'compile',
        what: `${what} for ${names.length} outputs`,
        expected: `one list for each of ${names.join(', ')}, or an object`,
        got: value.length,
      })
    }
    return value.flatMap(perOutput)
  }
  const isOne = typeof value !== 'object' || isSerialized(value) || 'update' in value
  if (isOne) {
    if (names.length > 1) {
      throw new ArgumentError({
        where: 'compile',
        what,
        expected: `an object or a list for ${names.join(', ')}`,
        got: value,
      })
    }
    return perOutput(value, 0)
  }
  return Object.entries(value).flatMap(([name, v]) => {
    const i = names.indexOf(name)
    if (i < 0) {
      throw new ArgumentError({
        where: 'compile',
        what: `unknown output in ${what}`,
        expected: `one of ${names.join(', ')}`,
        got: name,
      })
    }
    return perOutput(v, i)
  })
}
