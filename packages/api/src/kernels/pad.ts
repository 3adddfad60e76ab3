// pad: a constant border.
import { ArgumentError } from '../errors.js'
import { slice } from '../graph/ops.js'
import type { Node } from '../graph/value.js'
import { checkArity, checkDim, type KernelSpec } from './spec.js'

export const pad: KernelSpec<'pad'> = {
  name: 'pad',
  infer(ins, { padding }) {
    checkArity('pad', ins, 1)
    const { shape, dtype } = ins[0]
    checkDim('pad', 'number of padded dimensions', shape.length, padding.length)
    padding.forEach((p, i) => {
      if (p.some(n => !Number.isInteger(n) || n < 0)) {
        throw new ArgumentError({
          where: 'pad',
          what: `padding of dimension ${i}`,
          expected: 'integers of at least 0',
          got: [...p],
        })
      }
    })
    return [{ shape: shape.map((d, i) => d + padding[i][0] + padding[i][1]), dtype }]
  },
  flops: () => 0,
  vjp: (node: Node<'pad'>, [d]) => [
    d === null
      ? null
      : slice(
          d,
          node.attrs.padding.map(p => p[0]),
          node.ins[0].shape,
        ),
  ],
}
