// depthwiseConv2dFilterGrad: the gradient of depthwiseConv2d with respect to its filter.
import { apply1, type Node } from '../graph/value.js'
import { f32, sizeOf } from '../tensor-spec.js'
import { checkConvInputs, checkSameDims } from './conv2d.js'
import { depthwiseFlops, depthwiseShape } from './depthwise-conv2d.js'
import type { KernelSpec } from './spec.js'

export const depthwiseConv2dFilterGrad: KernelSpec<'depthwiseConv2dFilterGrad'> = {
  name: 'depthwiseConv2dFilterGrad',
  infer(ins, attrs) {
    const kernel = 'depthwiseConv2dFilterGrad'
    checkConvInputs(kernel, ins, ['x', 'dy'])
    checkSameDims(kernel, 'dy', depthwiseShape(kernel, ins[0].shape, attrs.filterShape, attrs), ins[1].shape)
    return [f32(attrs.filterShape)]
  },
  flops: ([, dy], { filterShape }) => depthwiseFlops(sizeOf(dy.shape), filterShape),
  vjp(node: Node<'depthwiseConv2dFilterGrad'>, [d], needs) {
    if (d === null) return [null, null]
    const [x, dy] = node.ins
    const { filterShape: _, ...window } = node.attrs
    return [
      needs[0] ? apply1('depthwiseConv2dInputGrad', [dy, d], { ...window, inputShape: x.shape }) : null,
      needs[1] ? apply1('depthwiseConv2d', [x, d], window) : null,
    ]
  },
}
