// depthwiseConv2dInputGrad: the gradient of depthwiseConv2d with respect to its input.
import { apply1, type Node } from '../graph/value.js'
import { f32, sizeOf } from '../tensor-spec.js'
import { checkConvInputs, checkSameDims } from './conv2d.js'
import { depthwiseFlops, depthwiseShape } from './depthwise-conv2d.js'
import type { KernelSpec } from './spec.js'

export const depthwiseConv2dInputGrad: KernelSpec<'depthwiseConv2dInputGrad'> = {
  name: 'depthwiseConv2dInputGrad',
  infer(ins, attrs) {
    const kernel = 'depthwiseConv2dInputGrad'
    checkConvInputs(kernel, ins, ['dy', 'filter'])
    checkSameDims(kernel, 'dy', depthwiseShape(kernel, attrs.inputShape, ins[1].shape, attrs), ins[0].shape)
    return [f32(attrs.inputShape)]
  },
  flops: ([dy, w]) => depthwiseFlops(sizeOf(dy.shape), w.shape),
  vjp(node: Node<'depthwiseConv2dInputGrad'>, [d], needs) {
    if (d === null) return [null, null]
    const [dy, w] = node.ins
    const { inputShape: _, ...window } = node.attrs
    return [
      needs[0] ? apply1('depthwiseConv2d', [d, w], window) : null,
      needs[1] ? apply1('depthwiseConv2dFilterGrad', [d, dy], { ...window, filterShape: w.shape }) : null,
    ]
  },
}
