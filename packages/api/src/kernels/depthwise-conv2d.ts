// depthwiseConv2d: one set of M filters per input channel, NHWC.
import { apply1, type Node } from '../graph/value.js'
import { f32, sizeOf } from '../tensor-spec.js'
import type { KernelName, Window } from './attrs.js'
import { checkConvInputs } from './conv2d.js'
import { checkDim, type KernelSpec } from './spec.js'
import { convOutput } from './window.js'

/** Output shape of a depthwise convolution of x by w. @throws ShapeError, ArgumentError */
export function depthwiseShape(kernel: KernelName, x: readonly number[], w: readonly number[], a: Window): number[] {
  checkDim(kernel, "filter's channels", x[3], w[2])
  const [oh, ow] = convOutput(kernel, x, w, a)
  return [x[0], oh, ow, w[2] * w[3]]
}
export const depthwiseFlops = (outputSize: number, filter: readonly number[]): number =>
  2 * outputSize * filter[0] * filter[1]

export const depthwiseConv2d: KernelSpec<'depthwiseConv2d'> = {
  name: 'depthwiseConv2d',
  infer(ins, attrs) {
    checkConvInputs('depthwiseConv2d', ins, ['x', 'filter'])
    return [f32(depthwiseShape('depthwiseConv2d', ins[0].shape, ins[1].shape, attrs))]
  },
  flops: ([x, w], attrs) => depthwiseFlops(sizeOf(depthwiseShape('depthwiseConv2d', x.shape, w.shape, attrs)), w.shape),
  vjp(node: Node<'depthwiseConv2d'>, [d], needs) {
    if (d === null) return [null, null]
    const [x, w] = node.ins
    const window = node.attrs
    return [
      needs[0] ? apply1('depthwiseConv2dInputGrad', [d, w], { ...window, inputShape: x.shape }) : null,
      needs[1] ? apply1('depthwiseConv2dFilterGrad', [x, d], { ...window, filterShape: w.shape }) : null,
    ]
  },
}
