// softmax over the last axis, shifted by the maximum.

import { ShapeError } from '../errors.js'
import { div, exp, mul, reduceMax, sub, sum } from '../graph/ops.js'
import type { Node } from '../graph/value.js'
import { f32, sizeOf } from '../tensor-spec.js'
import { checkArity, checkDType, type KernelSpec } from './spec.js'

export const softmax: KernelSpec<'softmax'> = {
  name: 'softmax',
  infer(ins) {
    checkArity('softmax', ins, 1)
    checkDType('softmax', 'x', ins[0], 'float32')
    if (ins[0].shape.length === 0 || ins[0].shape.at(-1) === 0) {
      throw new ShapeError({ where: 'softmax', what: 'last dimension', expected: 'at least 1', got: [...ins[0].shape] })
    }
    return [f32(ins[0].shape)]
  },
  flops: ([x]) => 5 * sizeOf(x.shape),
  decompose([x]) {
    const e = exp(sub(x, reduceMax(x, -1, true)))
    return [div(e, sum(e, -1, true))]
  },
  vjp(node: Node<'softmax'>, [d]) {
    if (d === null) return [null]
    const [y] = node.outs
    return [mul(sub(d, sum(mul(d, y), -1, true)), y)]
  },
  inplace: () => [[0, 0]],
}
