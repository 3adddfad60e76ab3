// softmaxCrossEntropy: cross-entropy from logits without forming log(0): logsumexp(x) - x, weighted by the target.

import { ShapeError } from '../errors.js'
import * as E from '../expr/expr.js'
import { elementwise, exp, expandDims, log, mul, reduceMap, reduceMax, softmax, sub, sum } from '../graph/ops.js'
import type { Node, Value } from '../graph/value.js'
import { f32, sameShape, sizeOf } from '../tensor-spec.js'
import { checkArity, checkDType, type KernelSpec } from './spec.js'

export const softmaxCrossEntropy: KernelSpec<'softmaxCrossEntropy'> = {
  name: 'softmaxCrossEntropy',
  infer(ins) {
    checkArity('softmaxCrossEntropy', ins, 2)
    const [logits, target] = ins
    checkDType('softmaxCrossEntropy', 'logits', logits, 'float32')
    checkDType('softmaxCrossEntropy', 'target', target, 'float32')
    if (!sameShape(logits.shape, target.shape) || logits.shape.length === 0) {
      throw new ShapeError({
        where: 'softmaxCrossEntropy',
        what: 'shape of target',
        expected: [...logits.shape],
        got: [...target.shape],
      })
    }
    return [f32(logits.shape.slice(0, -1))]
  },
  flops: ([x]) => 7 * sizeOf(x.shape),
  decompose([x, t]) {
    const shifted = sub(x, reduceMax(x, -1, true))
    const logSum = log(sum(exp(shifted), -1, true))
    return reduceMap('sum', [logSum, shifted, t], (l, s, y) => [E.mul(y, E.sub(l, s))], -1, false)
  },
  vjp(node: Node<'softmaxCrossEntropy'>, [d], needs) {
    if (d === null) return [null, null]
    const [x, t] = node.ins
    const column = expandDims(d, -1)
    // d/dx = softmax(x) * sum(t) - t; targets need not sum to 1.
    const dx = (): Value =>
      elementwise([column, softmax(x), sum(t, -1, true), t], (g, p, s, y) => E.mul(g, E.sub(E.mul(p, s), y)))
    const dt = (): Value => {
      const shifted = sub(x, reduceMax(x, -1, true))
      return mul(column, sub(log(sum(exp(shifted), -1, true)), shifted))
    }
    return [needs[0] ? dx() : null, needs[1] ? dt() : null]
  },
}
