// transpose: reorders dimensions.
import { ArgumentError } from '../errors.js'
import { transpose as transposed } from '../graph/ops.js'
import type { Node } from '../graph/value.js'
import { checkArity, type KernelSpec } from './spec.js'

export const transpose: KernelSpec<'transpose'> = {
  name: 'transpose',
  infer(ins, { perm }) {
    checkArity('transpose', ins, 1)
    const rank = ins[0].shape.length
    if (perm.length !== rank || [...perm].sort((a, b) => a - b).some((p, i) => p !== i)) {
      throw new ArgumentError({
        where: 'transpose',
        what: 'perm',
        expected: `a permutation of ${rank} dimensions`,
        got: [...perm],
      })
    }
    return [{ shape: perm.map(p => ins[0].shape[p]), dtype: ins[0].dtype }]
  },
  flops: () => 0,
  vjp({ attrs: { perm } }: Node<'transpose'>, [d]) {
    return [
      d === null
        ? null
        : transposed(
            d,
            perm.map((_, i) => perm.indexOf(i)),
          ),
    ]
  },
}
