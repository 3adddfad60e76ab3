// concat: joins tensors along one axis.
import { DTypeError, ShapeError } from '../errors.js'
import { sliceAxis } from '../graph/ops.js'
import type { Node } from '../graph/value.js'
import type { KernelSpec } from './spec.js'

export const concat: KernelSpec<'concat'> = {
  name: 'concat',
  infer(ins, { axis }) {
    if (ins.length === 0)
      throw new ShapeError({ where: 'concat', what: 'number of inputs', expected: 'at least 1', got: 0 })
    const [first] = ins
    if (!Number.isInteger(axis) || axis < 0 || axis >= first.shape.length) {
      throw new ShapeError({ where: 'concat', what: 'axis', expected: `in [0, ${first.shape.length - 1}]`, got: axis })
    }
    ins.forEach((s, i) => {
      if (s.dtype !== first.dtype)
        throw new DTypeError({ where: 'concat', what: `dtype of input ${i}`, expected: first.dtype, got: s.dtype })
      if (s.shape.length !== first.shape.length || s.shape.some((d, j) => j !== axis && d !== first.shape[j])) {
        throw new ShapeError({
          where: 'concat',
          what: `shape of input ${i} off axis ${axis}`,
          expected: [...first.shape],
          got: [...s.shape],
        })
      }
    })
    const total = ins.reduce((n, s) => n + s.shape[axis], 0)
    return [{ shape: first.shape.map((d, i) => (i === axis ? total : d)), dtype: first.dtype }]
  },
  flops: () => 0,
  vjp(node: Node<'concat'>, [d], needs) {
    let at = 0
    return node.ins.map((x, i) => {
      const n = x.shape[node.attrs.axis]
      at += n
      return d !== null && needs[i] ? sliceAxis(d, node.attrs.axis, at - n, n) : null
    })
  },
}
