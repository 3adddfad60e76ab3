// conv2dFilterGrad: the gradient of conv2d with respect to its filter.
import { apply1, type Node } from '../graph/value.js'
import { f32, sizeOf } from '../tensor-spec.js'
import { checkConvInputs, checkSameDims, conv2dShape } from './conv2d.js'
import type { KernelSpec } from './spec.js'
import { convFlops } from './window.js'

export const conv2dFilterGrad: KernelSpec<'conv2dFilterGrad'> = {
  name: 'conv2dFilterGrad',
  infer(ins, attrs) {
    checkConvInputs('conv2dFilterGrad', ins, ['x', 'dy'])
    checkSameDims(
      'conv2dFilterGrad',
      'dy',
      conv2dShape('conv2dFilterGrad', ins[0].shape, attrs.filterShape, attrs),
      ins[1].shape,
    )
    return [f32(attrs.filterShape)]
  },
  flops: ([, dy], { filterShape }) => convFlops(sizeOf(dy.shape), filterShape),
  vjp(node: Node<'conv2dFilterGrad'>, [d], needs) {
    if (d === null) return [null, null]
    const [x, dy] = node.ins
    const { filterShape: _, ...window } = node.attrs
    return [
      needs[0] ? apply1('conv2dInputGrad', [dy, d], { ...window, inputShape: x.shape }) : null,
      needs[1] ? apply1('conv2d', [x, d], window) : null,
    ]
  },
}
