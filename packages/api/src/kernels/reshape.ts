// reshape: the same elements in another shape.
import { ShapeError } from '../errors.js'
import { reshape as reshaped } from '../graph/ops.js'
import type { Node } from '../graph/value.js'
import { sizeOf } from '../tensor-spec.js'
import { checkArity, type KernelSpec } from './spec.js'

export const reshape: KernelSpec<'reshape'> = {
  name: 'reshape',
  infer(ins, { shape }) {
    checkArity('reshape', ins, 1)
    if (sizeOf(shape) !== sizeOf(ins[0].shape)) {
      throw new ShapeError({
        where: 'reshape',
        what: 'number of elements',
        expected: [...ins[0].shape],
        got: [...shape],
      })
    }
    return [{ shape, dtype: ins[0].dtype }]
  },
  flops: () => 0,
  vjp: (node: Node<'reshape'>, [d]) => [d === null ? null : reshaped(d, node.ins[0].shape)],
  inplace: () => [[0, 0]],
}
