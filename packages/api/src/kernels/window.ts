// The arithmetic of sliding windows, shared by convolutions and pooling: the only place where padding is computed.
import { ArgumentError } from '../errors.js'
import { sizeOf } from '../tensor-spec.js'
import type { KernelName, PoolAttrs, Window } from './attrs.js'

/** Windows along one dimension: floor((n + before + after - ((k-1) d + 1)) / s) + 1, at least 0. */
export function windowCount(
  n: number,
  k: number,
  stride: number,
  dilation: number,
  before: number,
  after: number,
): number {
  return Math.max(0, Math.floor((n + before + after - ((k - 1) * dilation + 1)) / stride) + 1)
}

/** Output [OH, OW] of a convolution. @throws ArgumentError for a malformed window or an empty result */
export function convOutput(
  kernel: KernelName,
  input: readonly number[],
  filter: readonly number[],
  w: Window,
): [number, number] {
  checkWindow(kernel, [filter[0], filter[1]], w.strides, w.padding, w.dilation)
  const out = [0, 1].map(i =>
    windowCount(input[1 + i], filter[i], w.strides[i], w.dilation[i], w.padding[2 * i], w.padding[2 * i + 1]),
  )
  return nonEmpty(kernel, out, input, filter)
}
/** Output [OH, OW] of a pooling. @throws ArgumentError for a malformed window or an empty result */
export function poolOutput(kernel: KernelName, input: readonly number[], p: PoolAttrs): [number, number] {
  checkWindow(kernel, p.size, p.strides, p.padding, [1, 1])
  const out = [0, 1].map(i =>
    windowCount(input[1 + i], p.size[i], p.strides[i], 1, p.padding[2 * i], p.padding[2 * i + 1]),
  )
  for (const i of [0, 1]) {
    // A window of padding alone would have no maximum and no mean.
    if (p.padding[2 * i] >= p.size[i] || (out[i] - 1) * p.strides[i] - p.padding[2 * i] >= input[1 + i]) {
      throw new ArgumentError({
        where: kernel,
        what: 'a window that lies wholly in the padding',
        expected: `padding below the pool size ${p.size[i]}`,
        got: [...p.padding],
      })
    }
  }
  return nonEmpty(kernel, out, input, p.size)
}

function nonEmpty(
  kernel: KernelName,
  out: number[],
  input: readonly number[],
  size: readonly number[],
): [number, number] {
  if (out[0] < 1 || out[1] < 1) {
    throw new ArgumentError({
      where: kernel,
      what: `window ${size[0]}x${size[1]} is larger than the padded input`,
      expected: 'at least one output row and column',
      got: [input[1], input[2]],
    })
  }
  return [out[0], out[1]]
}

function checkWindow(
  where: KernelName,
  size: readonly number[],
  strides: readonly number[],
  padding: readonly number[],
  dilation: readonly number[],
): void {
  const check = (what: string, v: readonly number[], least: number): void => {
    if (v.some(x => !Number.isInteger(x) || x < least)) {
      throw new ArgumentError({ where, what, expected: `integers of at least ${least}`, got: [...v] })
    }
  }
  check('window size', size, 1)
  check('strides', strides, 1)
  check('padding', padding, 0)
  check('dilation', dilation, 1)
}

/** Multiply-adds of a convolution as flops (2 each), padding counted as work. */
export const convFlops = (outputSize: number, filter: readonly number[]): number =>
  2 * outputSize * sizeOf(filter.slice(0, 3))

/**
 * Padding [before, after] of one dimension: 'same' gives ceil(n / stride) outputs, the odd element after.
 * Source: TensorFlow's convolution guide; the rule of docs/architecture.md.
 */
export function resolvePadding(
  padding: 'valid' | 'same',
  n: number,
  k: number,
  stride: number,
  dilation: number,
): readonly [number, number] {
  if (padding === 'valid') return [0, 0]
  const out = Math.ceil(n / stride)
  const total = Math.max(0, (out - 1) * stride + (k - 1) * dilation + 1 - n)
  return [Math.floor(total / 2), Math.ceil(total / 2)]
}
