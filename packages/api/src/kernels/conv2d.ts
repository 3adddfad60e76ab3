// conv2d: grouped, dilated 2D convolution (cross-correlation), NHWC.

import { ArgumentError } from '../errors.js'
import { apply1, type Node } from '../graph/value.js'
import { f32, sizeOf, type TensorSpec } from '../tensor-spec.js'
import type { ConvAttrs, KernelName } from './attrs.js'
import { checkArity, checkDim, checkDType, checkRank, type KernelSpec } from './spec.js'
import { convFlops, convOutput } from './window.js'

/** Output shape of a convolution of x by w. @throws ShapeError, ArgumentError */
export function conv2dShape(kernel: KernelName, x: readonly number[], w: readonly number[], a: ConvAttrs): number[] {
  const [, , , c] = x
  const [, , cg, f] = w
  if (!Number.isInteger(a.groups) || a.groups < 1 || c % a.groups !== 0 || f % a.groups !== 0) {
    throw new ArgumentError({ where: kernel, what: `groups must divide channels ${c} and filters ${f}`, got: a.groups })
  }
  checkDim(kernel, `filter's input channels (${c} channels / ${a.groups} groups)`, c / a.groups, cg)
  const [oh, ow] = convOutput(kernel, x, w, a)
  return [x[0], oh, ow, f]
}

export function checkConvInputs(
  kernel: KernelName,
  ins: readonly TensorSpec[],
  names: readonly [string, string],
): void {
  checkArity(kernel, ins, 2)
  ins.forEach((s, i) => {
    checkRank(kernel, names[i], s, 4)
    checkDType(kernel, names[i], s, 'float32')
  })
}
export const checkSameDims = (
  kernel: KernelName,
  what: string,
  expected: readonly number[],
  got: readonly number[],
): void =>
  expected.forEach((d, i) => {
    checkDim(kernel, `dimension ${i} of ${what}`, d, got[i])
  })

export const conv2d: KernelSpec<'conv2d'> = {
  name: 'conv2d',
  infer(ins, attrs) {
    checkConvInputs('conv2d', ins, ['x', 'filter'])
    return [f32(conv2dShape('conv2d', ins[0].shape, ins[1].shape, attrs))]
  },
  flops: ([x, w], attrs) => convFlops(sizeOf(conv2dShape('conv2d', x.shape, w.shape, attrs)), w.shape),
  vjp(node: Node<'conv2d'>, [d], needs) {
    if (d === null) return [null, null]
    const [x, w] = node.ins
    const window = node.attrs
    return [
      needs[0] ? apply1('conv2dInputGrad', [d, w], { ...window, inputShape: x.shape }) : null,
      needs[1] ? apply1('conv2dFilterGrad', [x, d], { ...window, filterShape: w.shape }) : null,
    ]
  },
}
