// resize: nearest or bilinear resampling of images at half-pixel centres, edges clamped.
import { ArgumentError } from '../errors.js'
import { apply1, type Node } from '../graph/value.js'
import { f32, sizeOf } from '../tensor-spec.js'
import type { KernelName } from './attrs.js'
import { checkArity, checkDType, checkRank, type KernelSpec } from './spec.js'

export function checkSize(kernel: KernelName, what: string, size: readonly number[]): void {
  if (size.some(n => !Number.isInteger(n) || n < 1)) {
    throw new ArgumentError({ where: kernel, what, expected: 'integers of at least 1', got: [...size] })
  }
}

/** Where output `i` of `out` samples `n` inputs: index of the lower neighbour, of the upper one, and the upper's weight. */
export function samplePosition(
  i: number,
  out: number,
  n: number,
  interpolation: 'nearest' | 'bilinear',
): [number, number, number] {
  if (interpolation === 'nearest') {
    const at = Math.min(n - 1, Math.floor(((i + 0.5) * n) / out))
    return [at, at, 0]
  }
  const at = ((i + 0.5) * n) / out - 0.5
  const low = Math.floor(at)
  const clamp = (j: number): number => Math.min(n - 1, Math.max(0, j))
  return [clamp(low), clamp(low + 1), at - low]
}

export const resize: KernelSpec<'resize'> = {
  name: 'resize',
  infer(ins, { size }) {
    checkArity('resize', ins, 1)
    checkRank('resize', 'x', ins[0], 4)
    checkDType('resize', 'x', ins[0], 'float32')
    checkSize('resize', 'size', size)
    const [n, h, w, c] = ins[0].shape
    checkSize('resize', 'size of x', [h, w])
    return [f32([n, size[0], size[1], c])]
  },
  flops: ([x], { size, interpolation }) =>
    interpolation === 'nearest' ? 0 : 7 * x.shape[0] * x.shape[3] * sizeOf(size),
  vjp: (node: Node<'resize'>, [d]) => {
    const [, h, w] = node.ins[0].shape
    const { interpolation } = node.attrs
    return [d === null ? null : apply1('resizeGrad', [d], { inputSize: [h, w], interpolation })]
  },
}
