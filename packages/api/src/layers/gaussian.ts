// Normal random numbers in a graph.
import * as E from '../expr/expr.js'
import { elementwise } from '../graph/ops.js'
import type { Value } from '../graph/value.js'

/**
 * Standard normal numbers from two tensors of uniform ones in [0, 1), by Box and Muller. 1 - u is exact and above 0; its
 * least value 2^-24 bounds the result by 5.8.
 */
export const gaussian = (u: Value, v: Value): Value =>
  elementwise([u, v], (a, b) => E.mul(E.sqrt(E.mul(-2, E.log(E.sub(1, a)))), E.cos(E.mul(2 * Math.PI, b))))
