// Golden loss cases as graphs: value, gradient with respect to the prediction, and loss of each sample.
import { grad, losses, type Value } from '@strata/api'
import { type Feeds, leafOf } from './check.js'
import type { Golden, LossCase } from './data.js'
import { fromKeras } from './keras.js'

type GoldenData = Parameters<typeof leafOf>[1]

/** A golden case, ready to run. */
export interface GoldenGraph {
  readonly outputs: Readonly<Record<string, Value>>
  readonly feeds: Feeds
  readonly expected: Readonly<Record<string, Float64Array>>
  /** For outputs whose bound the oracle cannot tell: the number of roundings to allow. */
  readonly roundings: Readonly<Record<string, number>>
}

/** Gradients that are a convention, where Strata's differs from JAX's: what the golden gradient becomes, and why. */
export const LOSS_TIES: Readonly<
  Record<string, { why: string; gradient: (golden: number, prediction: number) => number }>
> = {
  kldivergence_007: {
    why: 'the gradient of clip at its bounds is 1 (JAX: 1/2)',
    gradient: (g, p) => (p === 1 ? 2 * g : g),
  },
  meanabsoluteerror_009: { why: "abs'(0) is 0 (JAX: 1)", gradient: () => 0 },
  huber_021: { why: 'both sides of delta have the slope delta', gradient: g => g },
}

/**
 * The gradient of a maximum compares it with what it is the maximum of: intervals do not know that these are the same number.
 * The gradient itself is (y - 1) or y times a weight over a count, or 0: fewer than eight roundings.
 */
const roundingsOf = (c: LossCase): Record<string, number> => (c.layer === 'CategoricalHinge' ? { gradient: 8 } : {})

/** The graph of a loss case. */
export function lossGraph(golden: Golden<'losses'>, c: LossCase): GoldenGraph {
  const feeds: Record<string, Feeds[string]> = {}
  const leaf = (name: string, key: string): Value => {
    const t = golden.tensor(key)
    feeds[name] = t.data as Float32Array
    return leafOf(name, t as GoldenData)
  }
  const yTrue = leaf('t', c.inputs[0])
  const yPred = leaf('p', c.inputs[1])
  const config = fromKeras(c.config)
  const make = (more: object): losses.Loss =>
    losses.getLoss({ className: c.layer, config: { ...config, ...more } as never })
  const weight = c.sample_weight === undefined ? null : leaf('w', c.sample_weight)
  const value = make({}).call(yTrue, yPred, weight)
  const upstream = c.upstream === undefined ? undefined : leaf('dy', c.upstream)
  const tie = LOSS_TIES[c.id]
  const data = (key: string): Float64Array => golden.tensor(key).data as Float64Array
  const gradient = data(c.expected.grad_pred)
  const predictions = feeds.p as Float32Array
  return {
    outputs: {
      value,
      gradient: grad(value, [yPred], upstream)[0],
      perSample: make({ reduction: 'none' }).call(yTrue, yPred),
    },
    feeds,
    expected: {
      value: data(c.expected.value),
      gradient: tie === undefined ? gradient : gradient.map((g, i) => tie.gradient(g, predictions[i])),
      perSample: data(c.expected.per_sample),
    },
    roundings: roundingsOf(c),
  }
}
