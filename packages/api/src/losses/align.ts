// How targets, predictions and sample weights of different ranks come together, and how weighted losses are reduced.
// Keras 3: losses/loss.py (squeeze_or_expand_to_same_rank, apply_mask, reduce_weighted_values).
import { ShapeError } from '../errors.js'
import * as E from '../expr/expr.js'
import { div, elementwise, expandDims, mul, reduceMap, squeeze, sum } from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import { broadcastsTo, sameShape, showSpec, sizeOf } from '../tensor-spec.js'

export type Reduction = 'sumOverBatchSize' | 'sum' | 'mean' | 'meanWithSampleWeight' | 'none'
export const REDUCTIONS: readonly Reduction[] = ['sumOverBatchSize', 'sum', 'mean', 'meanWithSampleWeight', 'none']

/**
 * Brings two values whose ranks differ by one, the longer ending in a dimension of 1, to one rank: a vector gains that
 * dimension, else it is dropped.
 */
export function alignRanks(a: Value, b: Value, expandVector = true): [Value, Value] {
  if (a.rank === b.rank + 1 && a.shape[a.rank - 1] === 1) {
    return b.rank === 1 && expandVector ? [a, expandDims(b, -1)] : [squeeze(a, -1), b]
  }
  if (b.rank === a.rank + 1 && b.shape[b.rank - 1] === 1) {
    return a.rank === 1 && expandVector ? [expandDims(a, -1), b] : [a, squeeze(b, -1)]
  }
  return [a, b]
}

/** @throws ShapeError unless targets and predictions have one shape (broadcasting here hides mistakes) */
export function checkSameShape(where: string, yTrue: Value, yPred: Value): void {
  if (!sameShape(yTrue.shape, yPred.shape)) {
    throw new ShapeError({
      where,
      what: 'shape of the targets',
      expected: `that of the predictions, ${showSpec(yPred.spec)}`,
      got: showSpec(yTrue.spec),
    })
  }
}

/** a / b, and 0 where b is 0. */
export const divNoNan = (a: Value, b: Value): Value =>
  elementwise([a, b], (x, y) => E.select(E.eq(y, 0), 0, E.div(x, E.select(E.eq(y, 0), 1, y))))

/** Merges a mask (1 valid, 0 not) into sample weights: a mean is then over the valid entries. */
export function maskedWeight(weight: Value | null, mask: Value | null, reduction: Reduction): Value | null {
  if (mask === null) return weight
  let m = elementwise([mask], v => E.ne(v, 0))
  if (reduction === 'mean' || reduction === 'sumOverBatchSize') {
    const valid = sum(m)
    const total = sizeOf(mask.shape)
    m = elementwise([m, valid], (v, n) => E.select(E.and(v, E.ne(n, 0)), E.div(total, E.select(E.ne(n, 0), n, 1)), 0))
  }
  if (weight === null) return m
  const [a, b] = alignRanks(m, weight)
  return mul(b, a)
}

/**
 * Weighs and reduces losses.
 *
 * @param values loss of each sample (or of each position of each sample)
 * @param weight broadcasts to `values`, after a trailing 1 was added or dropped
 * @throws ShapeError if it does not
 */
export function reduceWeighted(where: string, values: Value, weight: Value | null, reduction: Reduction): Value {
  let w = weight
  let v = values
  if (w !== null) {
    ;[v, w] = alignRanks(v, w)
    if (v.rank > 0 && !broadcastsTo(w.shape, v.shape)) {
      throw new ShapeError({
        where,
        what: 'shape of the sample weights',
        expected: `one that broadcasts to ${showSpec(v.spec)}`,
        got: showSpec(w.spec),
      })
    }
  }
  if (reduction === 'none' || v.rank === 0) return w === null ? v : mul(v, w)
  const total = w === null ? sum(v) : reduceMap('sum', [v, w], (x, y) => [E.mul(x, y)], null, false)[0]
  if (reduction === 'sum') return total
  if (reduction === 'meanWithSampleWeight' && w !== null) return divNoNan(total, sum(w))
  return div(total, Math.max(1, sizeOf(v.shape)))
}
