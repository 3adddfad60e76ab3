// argmax: index of the first maximum along an axis.
import { ArgumentError } from '../errors.js'
import { i32, sizeOf } from '../tensor-spec.js'
import { checkArity, checkDType, type KernelSpec } from './spec.js'

export const argmax: KernelSpec<'argmax'> = {
  name: 'argmax',
  infer(ins, { axis }) {
    checkArity('argmax', ins, 1)
    checkDType('argmax', 'x', ins[0], 'float32')
    const { shape } = ins[0]
    if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length || shape[axis] === 0) {
      throw new ArgumentError({
        where: 'argmax',
        what: `axis of a non-empty dimension of [${shape.join(', ')}]`,
        got: axis,
      })
    }
    return [i32(shape.filter((_, i) => i !== axis))]
  },
  flops: ([x]) => sizeOf(x.shape),
}
