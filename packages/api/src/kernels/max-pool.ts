// maxPool: the largest element of each window; padding never wins, NaN wins.
import { apply1, type Node } from '../graph/value.js'
import { f32, sizeOf, type TensorSpec } from '../tensor-spec.js'
import type { KernelName, PoolAttrs } from './attrs.js'
import { checkArity, checkDType, checkRank, type KernelSpec } from './spec.js'
import { poolOutput } from './window.js'

/** Output spec of a pooling kernel of one input. @throws ShapeError, DTypeError, ArgumentError */
export function poolSpec(kernel: KernelName, x: TensorSpec, attrs: PoolAttrs): TensorSpec {
  checkRank(kernel, 'x', x, 4)
  checkDType(kernel, 'x', x, 'float32')
  const [oh, ow] = poolOutput(kernel, x.shape, attrs)
  return f32([x.shape[0], oh, ow, x.shape[3]])
}

export const maxPool: KernelSpec<'maxPool'> = {
  name: 'maxPool',
  infer(ins, attrs) {
    checkArity('maxPool', ins, 1)
    return [poolSpec('maxPool', ins[0], attrs)]
  },
  flops: ([x], attrs) => sizeOf(poolSpec('maxPool', x, attrs).shape) * attrs.size[0] * attrs.size[1],
  vjp: (node: Node<'maxPool'>, [d]) => [d === null ? null : apply1('maxPoolGrad', [node.ins[0], d], node.attrs)],
}
