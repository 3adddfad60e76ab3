// Convolutions, pooling and resampling of images in other layouts, around our kernels for [N, H, W, C].
import { apply1, ops, type Value } from '@strata/api'
import { samplePosition } from '@strata/api/backend'
import { Unmapped } from './case.js'

type Pair = readonly [number, number]
/** [top, bottom, left, right], as the kernels take it. */
type Padding = readonly [number, number, number, number]

/** `layout` names the dimensions in order, 'nchw' or 'oihw'; the result has them in the order of `wanted`. */
export function relayout(x: Value, layout: string, wanted: string): Value {
  if (x.rank !== layout.length) throw new Unmapped(`rank ${x.rank} instead of ${layout.length}`)
  const perm = [...wanted].map(d => layout.indexOf(d))
  if (perm.includes(-1)) throw new Unmapped(`layout ${layout}`)
  return ops.transpose(x, perm)
}

/** f of the image in our layout, its result in the given one. */
const inLayout = (x: Value, layout: string, f: (x: Value) => Value): Value =>
  relayout(f(relayout(x, layout, 'nhwc')), 'nhwc', layout)

export interface Convolution {
  readonly layout: string
  /** Of the filter: o outputs, i inputs of a group, h, w. */
  readonly filterLayout: string
  readonly strides: Pair
  readonly dilation: Pair
  readonly padding: Padding
  readonly groups: number
}

export function convolution(x: Value, w: Value, bias: Value | null, c: Convolution): Value {
  const { groups, ...window } = c
  const { strides, dilation, padding } = window
  return inLayout(x, c.layout, image => {
    const filter = relayout(w, c.filterLayout, 'hwio')
    const [kh, kw, perGroup, filters] = filter.shape
    // One channel a group is what the depthwise kernel is for: output channel c * M + m is filter c * M + m.
    const depthwise = groups > 1 && perGroup === 1 && groups === image.shape[3]
    const y = depthwise
      ? apply1('depthwiseConv2d', [image, ops.reshape(filter, [kh, kw, groups, filters / groups])], {
          strides,
          dilation,
          padding,
        })
      : apply1('conv2d', [image, filter], { strides, dilation, padding, groups })
    return bias === null ? y : ops.add(y, bias)
  })
}

/** Transposed convolution: the input gradient of the convolution that takes its output. filterLayout: i inputs of it, o outputs of a group. */
export function transposedConvolution(
  x: Value,
  w: Value,
  bias: Value | null,
  c: Convolution & { readonly size: Pair },
): Value {
  return inLayout(x, c.layout, image => {
    // Its outputs are the inputs of the convolution, and the other way round.
    const filter = relayout(w, c.filterLayout, 'hwoi')
    const { strides, dilation, padding, groups } = c
    const inputShape = [image.shape[0], ...c.size, filter.shape[2] * groups]
    const y = apply1('conv2dInputGrad', [image, filter], { strides, dilation, padding, groups, inputShape })
    return bias === null ? y : ops.add(y, bias)
  })
}

export interface Pooling {
  readonly layout: string
  readonly size: Pair
  readonly strides: Pair
  readonly padding: Padding
  /** Whether an average divides by padding too. */
  readonly countPadding: boolean
  /** Whether windows that begin inside but end outside count too. */
  readonly ceil: boolean
}

/** Padding after the end such that the last window begins inside: what rounding up adds. */
function padUp(n: number, k: number, stride: number, before: number, after: number): number {
  const windows = Math.ceil((n + before + after - k) / stride) + 1
  // A window that begins in the padding after the end is left out.
  const kept = (windows - 1) * stride >= n + before ? windows - 1 : windows
  return Math.max(after, (kept - 1) * stride + k - n - before)
}

export function pooling(x: Value, kind: 'max' | 'average', p: Pooling): Value {
  return inLayout(x, p.layout, image => {
    const [, h, w] = image.shape
    const [top, bottom, left, right] = p.padding
    const { size, strides } = p
    const padding: Padding = p.ceil
      ? [top, padUp(h, size[0], strides[0], top, bottom), left, padUp(w, size[1], strides[1], left, right)]
      : p.padding
    if (kind === 'max') return apply1('maxPool', [image], { size, strides, padding })
    if (!p.countPadding || padding.every(n => n === 0)) return apply1('avgPool', [image], { size, strides, padding })
    if (p.ceil) throw new Unmapped('averages over padding with sizes rounded up')
    const border = [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ] as const
    return apply1('avgPool', [ops.pad(image, border)], { size, strides, padding: [0, 0, 0, 0] })
  })
}

/** Where output i samples the input, before clamping; for nearest, the index itself. */
export type Position = (i: number, dimension: 0 | 1) => number

/**
 * Resampling, if the other side samples where we do.
 * @throws Unmapped if it samples elsewhere
 */
export function resampling(
  x: Value,
  layout: string,
  size: Pair,
  interpolation: 'nearest' | 'bilinear',
  at: Position,
): Value {
  return inLayout(x, layout, image => {
    for (const d of [0, 1] as const) {
      const n = image.shape[1 + d]
      for (let i = 0; i < size[d]; i++) {
        const [low, high, weight] = samplePosition(i, size[d], n, interpolation)
        const theirs = Math.min(n - 1, Math.max(0, at(i, d)))
        if (Math.abs(low + (high - low) * weight - theirs) > 1e-9) throw new Unmapped('samples at other positions')
      }
    }
    return apply1('resize', [image], { size, interpolation })
  })
}
