// scatterAdd: adds rows into a table of zeros by index; the transpose of gather. Equal indices add up in ascending order.

import { ArgumentError } from '../errors.js'
import * as E from '../expr/expr.js'
import { elementwise, reshape } from '../graph/ops.js'
import { apply1, type Node } from '../graph/value.js'
import { f32, sizeOf } from '../tensor-spec.js'
import { checkArity, checkDim, checkDType, checkRank, type KernelSpec } from './spec.js'

export const scatterAdd: KernelSpec<'scatterAdd'> = {
  name: 'scatterAdd',
  infer(ins, { size }) {
    checkArity('scatterAdd', ins, 2)
    const [indices, updates] = ins
    checkRank('scatterAdd', 'indices', indices, 1)
    checkDType('scatterAdd', 'indices', indices, 'int32')
    checkDType('scatterAdd', 'updates', updates, 'float32')
    checkDim('scatterAdd', 'first dimension of updates', indices.shape[0], updates.shape[0])
    if (!Number.isInteger(size) || size < 0) {
      throw new ArgumentError({ where: 'scatterAdd', what: 'size', expected: 'an integer of at least 0', got: size })
    }
    return [f32([size, ...updates.shape.slice(1)])]
  },
  flops: ([, updates]) => sizeOf(updates.shape),
  vjp(node: Node<'scatterAdd'>, [d], needs) {
    if (d === null || !needs[1]) return [null, null]
    const [indices, updates] = node.ins
    const { size } = node.attrs
    const rows = apply1('gather', [d, indices], { axis: 0 })
    const column = reshape(
      indices,
      updates.shape.map((n, i) => (i === 0 ? n : 1)),
    )
    // What was dropped has no gradient; gather gives NaN there.
    const inside = (i: E.Expr): E.Expr => E.and(E.ge(i, 0), E.lt(i, size))
    return [null, elementwise([rows, column], (g, i) => E.select(inside(i), g, 0), updates.shape)]
  },
}
