// scatterAdd: adds rows into a table of zeros by index; the transpose of gather. Equal indices add up in ascending order.

import { ArgumentError } from '../errors.js'
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
  vjp: (node: Node<'scatterAdd'>, [d]) => [null, d === null ? null : apply1('gather', [d, node.ins[0]], { axis: 0 })],
}
