// moments: mean and population variance by the two-pass formula (the one-pass E[x^2] - E[x]^2 cancels: at mean 10,000 and
// variance 1.25 it gives 0 in float32).

import * as E from '../expr/expr.js'
import { add, elementwise, mean, reduceMap } from '../graph/ops.js'
import type { Node, Value } from '../graph/value.js'
import { f32, sizeOf } from '../tensor-spec.js'
import { reducedShape } from './reduce.js'
import { checkArity, checkDType, type KernelSpec } from './spec.js'

export const moments: KernelSpec<'moments'> = {
  name: 'moments',
  infer(ins, { axes }) {
    checkArity('moments', ins, 1)
    checkDType('moments', 'x', ins[0], 'float32')
    const kept = f32(reducedShape(ins[0].shape, axes, true))
    return [kept, kept]
  },
  flops: ([x]) => 4 * sizeOf(x.shape),
  decompose([x], { axes }) {
    const m = mean(x, axes, true)
    const n = sizeOf(x.shape) / sizeOf(m.shape)
    const [s] = reduceMap('sum', [x, m], (v, mu) => [E.square(E.sub(v, mu))], axes, true)
    return [m, elementwise([s], v => E.div(v, n))]
  },
  vjp(node: Node<'moments'>, [dMean, dVariance]) {
    const [x] = node.ins
    const [m] = node.outs
    const n = sizeOf(x.shape) / sizeOf(m.shape)
    const parts: Value[] = []
    if (dMean !== null) parts.push(elementwise([dMean, x], d => E.div(d, n), x.shape))
    if (dVariance !== null) {
      parts.push(elementwise([dVariance, x, m], (d, v, mu) => E.mul(E.mul(d, 2 / n), E.sub(v, mu))))
    }
    return [parts.length === 0 ? null : parts.reduce(add)]
  },
}
