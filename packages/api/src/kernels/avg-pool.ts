// avgPool: the mean of each window's valid (not padded) elements.
import { apply1, type Node } from '../graph/value.js'
import { sizeOf } from '../tensor-spec.js'
import { poolSpec } from './max-pool.js'
import { checkArity, type KernelSpec } from './spec.js'

export const avgPool: KernelSpec<'avgPool'> = {
  name: 'avgPool',
  infer(ins, attrs) {
    checkArity('avgPool', ins, 1)
    return [poolSpec('avgPool', ins[0], attrs)]
  },
  flops: ([x], attrs) => sizeOf(poolSpec('avgPool', x, attrs).shape) * attrs.size[0] * attrs.size[1],
  vjp: (node: Node<'avgPool'>, [d]) => [
    d === null ? null : apply1('avgPoolGrad', [d], { ...node.attrs, inputShape: node.ins[0].shape }),
  ],
}
