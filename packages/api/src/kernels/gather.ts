// gather: rows of a table by index. Embeddings, sparse labels.

import { ShapeError } from '../errors.js'
import { reshape, transpose } from '../graph/ops.js'
import { apply1, type Node } from '../graph/value.js'
import { sizeOf } from '../tensor-spec.js'
import { checkArity, checkDType, type KernelSpec } from './spec.js'

export const gather: KernelSpec<'gather'> = {
  name: 'gather',
  infer(ins, { axis }) {
    checkArity('gather', ins, 2)
    const [x, indices] = ins
    checkDType('gather', 'indices', indices, 'int32')
    if (!Number.isInteger(axis) || axis < 0 || axis >= x.shape.length) {
      throw new ShapeError({ where: 'gather', what: 'axis', expected: `in [0, ${x.shape.length - 1}]`, got: axis })
    }
    return [{ shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)], dtype: x.dtype }]
  },
  flops: () => 0,
  vjp(node: Node<'gather'>, [d]) {
    if (d === null) return [null, null]
    const [x, indices] = node.ins
    const { axis } = node.attrs
    const n = sizeOf(indices.shape)
    // Bring the gathered dimensions to the front, add up rows, and put the axis back.
    const lead = x.shape.slice(0, axis)
    const rest = x.shape.slice(axis + 1)
    const rows = reshape(d, [...lead, n, ...rest])
    const toFront = [axis, ...lead.map((_, i) => i), ...rest.map((_, i) => axis + 1 + i)]
    const table = apply1('scatterAdd', [reshape(indices, [n]), transpose(rows, toFront)], { size: x.shape[axis] })
    return [
      transpose(
        table,
        toFront.map((_, i) => toFront.indexOf(i)),
      ),
      null,
    ]
  },
}
