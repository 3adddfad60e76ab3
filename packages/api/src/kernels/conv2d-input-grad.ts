// conv2dInputGrad: the gradient of conv2d with respect to its input (a transposed convolution).
import { apply1, type Node } from '../graph/value.js'
import { f32, sizeOf } from '../tensor-spec.js'
import { checkConvInputs, checkSameDims, conv2dShape } from './conv2d.js'
import type { KernelSpec } from './spec.js'
import { convFlops } from './window.js'

export const conv2dInputGrad: KernelSpec<'conv2dInputGrad'> = {
  name: 'conv2dInputGrad',
  infer(ins, attrs) {
    checkConvInputs('conv2dInputGrad', ins, ['dy', 'filter'])
    checkSameDims(
      'conv2dInputGrad',
      'dy',
      conv2dShape('conv2dInputGrad', attrs.inputShape, ins[1].shape, attrs),
      ins[0].shape,
    )
    return [f32(attrs.inputShape)]
  },
  flops: ([dy, w]) => convFlops(sizeOf(dy.shape), w.shape),
  vjp(node: Node<'conv2dInputGrad'>, [d], needs) {
    if (d === null) return [null, null]
    const [dy, w] = node.ins
    const { inputShape: _, ...window } = node.attrs
    return [
      needs[0] ? apply1('conv2d', [d, w], window) : null,
      needs[1] ? apply1('conv2dFilterGrad', [d, dy], { ...window, filterShape: w.shape }) : null,
    ]
  },
}
