// Float64 references of windowed kernels, and the window shapes that their tests run through.
import type { ConvAttrs } from '@strata/api/backend'
import { type Data, Sums } from './compare.test.util.js'

/** A convolution: x [N, H, W, C], window size, filters; `multiplier` for depthwise ones. */
export interface Case {
  readonly x: readonly [number, number, number, number]
  readonly size: readonly [number, number]
  readonly filters: number
  readonly attrs: ConvAttrs
}

const window = (x: Case['x'], size: Case['size'], filters: number, a: Partial<ConvAttrs> = {}): Case => ({
  x,
  size,
  filters,
  attrs: { strides: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1, ...a },
})

/** Windows at the edges of what the attributes allow. For depthwise kernels `filters` is ignored, groups too. */
export const CASES: readonly Case[] = [
  window([0, 4, 4, 2], [3, 3], 4),
  window([0, 5, 4, 4], [3, 3], 4, { padding: [1, 1, 1, 1] }),
  window([1, 5, 4, 0], [3, 3], 4, { padding: [1, 1, 1, 1] }),
  window([1, 5, 4, 3], [2, 2], 0),
  window([1, 1, 1, 1], [1, 1], 1),
  window([2, 7, 5, 3], [1, 1], 5),
  window([3, 8, 9, 8], [1, 1], 12),
  window([1, 9, 11, 4], [3, 3], 8),
  window([2, 12, 13, 3], [3, 3], 7, { padding: [1, 1, 1, 1] }),
  window([2, 10, 9, 5], [3, 3], 4, { padding: [0, 1, 0, 1], strides: [2, 2] }),
  window([1, 11, 10, 8], [3, 2], 6, { strides: [1, 2], padding: [2, 0, 1, 3] }),
  window([2, 13, 12, 4], [2, 2], 4, { strides: [3, 3] }),
  window([1, 10, 13, 12], [1, 1], 8, { strides: [2, 3] }),
  window([1, 13, 14, 6], [3, 3], 5, { dilation: [2, 3] }),
  window([1, 14, 15, 4], [3, 3], 8, { dilation: [2, 2], padding: [2, 2, 2, 2] }),
  window([1, 15, 16, 4], [3, 2], 4, { dilation: [2, 3], strides: [3, 2], padding: [1, 2, 0, 1] }),
  window([1, 16, 9, 4], [2, 3], 4, { dilation: [4, 2], strides: [2, 4], padding: [3, 3, 1, 2] }),
  window([2, 8, 1, 6], [4, 2], 1, { strides: [1, 3], padding: [0, 5, 0, 2] }),
  window([1, 7, 1, 18], [4, 1], 3, { groups: 3, strides: [4, 4], dilation: [2, 4], padding: [2, 5, 0, 3] }),
  window([1, 2, 3, 4], [3, 3], 4, { padding: [4, 5, 3, 4] }),
  window([1, 3, 2, 1], [5, 5], 2, { padding: [2, 2, 2, 2] }),
  window([2, 9, 8, 6], [3, 3], 9, { groups: 3, padding: [1, 1, 1, 1] }),
  window([1, 8, 8, 8], [3, 3], 16, { groups: 2, strides: [2, 2] }),
  window([1, 6, 7, 5], [2, 2], 10, { groups: 5 }),
  window([1, 6, 7, 5], [2, 2], 35, { groups: 5 }),
  window([2, 9, 10, 8], [3, 3], 8, { groups: 8, padding: [1, 1, 1, 1], strides: [2, 1] }),
  window([1, 20, 17, 1], [7, 7], 3, { strides: [2, 2], padding: [3, 2, 2, 3] }),
  window([1, 24, 5, 2], [11, 3], 4),
  window([1, 24, 6, 8], [12, 2], 4, { padding: [3, 2, 0, 1] }),
  window([1, 4, 30, 67], [1, 3], 4),
  window([1, 3, 40, 4], [2, 17], 3, { padding: [0, 1, 5, 6] }),
  window([2, 40, 38, 3], [3, 3], 32),
  window([1, 12, 12, 40], [3, 3], 24, { padding: [1, 1, 1, 1] }),
]

export const title = (c: Case): string => JSON.stringify([c.x, c.size, c.filters, c.attrs])

/** Output shape of a case with `channels` output channels. */
export function outputShape({ x: [n, h, w], size, attrs: a }: Case, channels: number): number[] {
  const out = (length: number, i: 0 | 1): number =>
    Math.floor((length + a.padding[2 * i] + a.padding[2 * i + 1] - (size[i] - 1) * a.dilation[i] - 1) / a.strides[i]) +
    1
  return [n, out(h, 0), out(w, 1), channels]
}

/** Calls `each` for every pair of an output pixel and an input pixel under its window: flat pixel numbers, and the tap's. */
export function forTaps(c: Case, each: (output: number, input: number, tap: number) => void): void {
  const {
    x: [n, h, w],
    size,
    attrs: a,
  } = c
  const [, oh, ow] = outputShape(c, 1)
  for (let b = 0; b < n; b++)
    for (let oy = 0; oy < oh; oy++)
      for (let ox = 0; ox < ow; ox++)
        for (let ky = 0; ky < size[0]; ky++)
          for (let kx = 0; kx < size[1]; kx++) {
            const y = oy * a.strides[0] + ky * a.dilation[0] - a.padding[0]
            const x = ox * a.strides[1] + kx * a.dilation[1] - a.padding[2]
            if (y >= 0 && y < h && x >= 0 && x < w)
              each((b * oh + oy) * ow + ox, (b * h + y) * w + x, ky * size[1] + kx)
          }
}

type Which = 'y' | 'dx' | 'dw'
/** conv2d and its gradients: two of (x, w, dy) give the third. */
export function convReference(c: Case, which: Which, p: Data, q: Data): Sums {
  const channels = c.x[3]
  const { groups } = c.attrs
  const [cg, fg] = [channels / groups, c.filters / groups]
  const [, oh, ow] = outputShape(c, 1)
  const sizes = {
    y: c.x[0] * oh * ow * c.filters,
    dx: c.x[0] * c.x[1] * c.x[2] * channels,
    dw: c.size[0] * c.size[1] * cg * c.filters,
  }
  const sums = new Sums(sizes[which])
  forTaps(c, (o, i, t) => {
    for (let k = 0; k < cg; k++)
      for (let f = 0; f < c.filters; f++) {
        const x = i * channels + Math.floor(f / fg) * cg + k
        const w = (t * cg + k) * c.filters + f
        const y = o * c.filters + f
        if (which === 'y') sums.add(y, p.data[x], q.data[w])
        else if (which === 'dx') sums.add(x, p.data[y], q.data[w])
        else sums.add(w, p.data[x], q.data[y])
      }
  })
  return sums
}

/** depthwiseConv2d of `multiplier` filters a channel, and its gradients. */
export function depthwiseReference(c: Case, multiplier: number, which: Which, p: Data, q: Data): Sums {
  const channels = c.x[3]
  const out = channels * multiplier
  const [, oh, ow] = outputShape(c, 1)
  const sizes = { y: c.x[0] * oh * ow * out, dx: c.x[0] * c.x[1] * c.x[2] * channels, dw: c.size[0] * c.size[1] * out }
  const sums = new Sums(sizes[which])
  forTaps(c, (o, i, t) => {
    for (let f = 0; f < out; f++) {
      const x = i * channels + Math.floor(f / multiplier)
      const w = t * out + f
      const y = o * out + f
      if (which === 'y') sums.add(y, p.data[x], q.data[w])
      else if (which === 'dx') sums.add(x, p.data[y], q.data[w])
      else sums.add(w, p.data[x], q.data[y])
    }
  })
  return sums
}
