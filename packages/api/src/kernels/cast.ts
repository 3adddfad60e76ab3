// cast: converts between float32 and int32.
import { cast as converted } from '../graph/ops.js'
import type { Node } from '../graph/value.js'
import { sizeOf } from '../tensor-spec.js'
import { checkArity, type KernelSpec } from './spec.js'

export const cast: KernelSpec<'cast'> = {
  name: 'cast',
  infer(ins, { dtype }) {
    checkArity('cast', ins, 1)
    return [{ shape: ins[0].shape, dtype }]
  },
  flops: ([x]) => sizeOf(x.shape),
  vjp(node: Node<'cast'>, [d]) {
    const to = node.attrs.dtype
    // No gradient passes through integers.
    return [d === null || to === 'int32' || node.ins[0].spec.dtype === 'int32' ? null : converted(d, to)]
  },
  inplace: () => [[0, 0]],
}
