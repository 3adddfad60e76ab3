// Activations that look at more than one element.
import { ShapeError } from '../errors.js'
import * as E from '../expr/expr.js'
import {
  elementwise,
  expandDims,
  logSoftmax as logSoftmaxOf,
  reduceMap,
  sliceAxis,
  softmax as softmaxOf,
  transpose,
} from '../graph/ops.js'
import type { Value } from '../graph/value.js'
import { resolveAxis } from '../tensor-spec.js'

export const softmax = (x: Value, axis: number | readonly number[]): Value => softmaxOf(x, axis)
export const logSoftmax = (x: Value, axis: number): Value => logSoftmaxOf(x, axis)

/** The first half along `axis` times the sigmoid of the second. Dauphin et al. 2017. @throws ShapeError if it is odd */
export function glu(x: Value, axis: number): Value {
  const a = resolveAxis('glu', axis, x.rank)
  const n = x.shape[a]
  if (n % 2 !== 0) throw new ShapeError({ where: 'glu', what: `dimension ${a}`, expected: 'an even size', got: n })
  const half = (at: number): Value => sliceAxis(x, a, at, n / 2)
  return elementwise([half(0), half(n / 2)], (value, gate) => E.mul(value, E.sigmoid(gate)))
}

/**
 * The Euclidean projection onto the probability simplex. Martins & Astudillo 2016.
 *
 * Element i is in the support if 1 + sum over x_j >= x_i of (x_i - x_j) > 0: the paper's sorted condition without a sort,
 * K^2 comparisons for K elements.
 */
export function sparsemax(x: Value, axis: number): Value {
  const a = resolveAxis('sparsemax', axis, x.rank)
  const perm = x.shape.map((_, i) => i).filter(i => i !== a)
  perm.push(a)
  const rows = transpose(x, perm)
  const pair = [expandDims(rows, -1), expandDims(rows, -2)]
  const [deficit] = reduceMap('sum', pair, (xi, xj) => [E.select(E.ge(xj, xi), E.sub(xi, xj), 0)], -1, false)
  const inside = (s: E.Expr): E.Expr => E.gt(E.add(1, s), 0)
  const [total, count] = reduceMap(
    'sum',
    [rows, deficit],
    (v, s) => [E.select(inside(s), v, 0), E.select(inside(s), 1, 0)],
    -1,
    true,
  )
  const y = elementwise([rows, deficit, total, count], (v, s, t, n) =>
    E.select(inside(s), E.sub(v, E.div(E.sub(t, 1), n)), 0),
  )
  return transpose(
    y,
    perm.map((_, i) => perm.indexOf(i)),
  )
}
