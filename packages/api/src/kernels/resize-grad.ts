// resizeGrad: the transpose of resize: every output's gradient goes to the inputs it was sampled from.
import { apply1, type Node } from '../graph/value.js'
import { f32, sizeOf } from '../tensor-spec.js'
import { checkSize } from './resize.js'
import { checkArity, checkDType, checkRank, type KernelSpec } from './spec.js'

export const resizeGrad: KernelSpec<'resizeGrad'> = {
  name: 'resizeGrad',
  infer(ins, { inputSize }) {
    checkArity('resizeGrad', ins, 1)
    checkRank('resizeGrad', 'dy', ins[0], 4)
    checkDType('resizeGrad', 'dy', ins[0], 'float32')
    checkSize('resizeGrad', 'inputSize', inputSize)
    const [n, h, w, c] = ins[0].shape
    checkSize('resizeGrad', 'size of dy', [h, w])
    return [f32([n, inputSize[0], inputSize[1], c])]
  },
  flops: ([dy], { interpolation }) => sizeOf(dy.shape) * (interpolation === 'nearest' ? 1 : 8),
  vjp: (node: Node<'resizeGrad'>, [d]) => {
    const [, h, w] = node.ins[0].shape
    const { interpolation } = node.attrs
    return [d === null ? null : apply1('resize', [d], { size: [h, w], interpolation })]
  },
}
