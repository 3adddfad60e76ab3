// The six convolution kernels. A convolution is the form sum over taps of dy * w * x: the forward pass and both gradients walk
// the same taps and accumulate the product of two of the three tensors into the third.
import type { ConvAttrs, Window } from '@strata/api/backend'
import { Accumulator } from '../accumulator.js'
import { impl } from './impl.js'
import { forEachWindowPosition } from './windows.js'

type Shape = readonly number[]
type Visit = (x: number, w: number, y: number) => void

/** Offsets of every tap in x [N,H,W,C], w [kh,kw,C/groups,F] and y [N,OH,OW,F]. */
function forEachTap(x: Shape, w: Shape, y: Shape, attrs: ConvAttrs, visit: Visit): void {
  const channels = x[3]
  const [, , perGroup, filters] = w
  forEachWindowPosition(x, y, w, attrs, (pixel, position, outputPixel) => {
    for (let f = 0; f < filters; f++) {
      const group = Math.floor(f / (filters / attrs.groups))
      for (let c = 0; c < perGroup; c++) {
        visit(
          pixel * channels + group * perGroup + c,
          (position * perGroup + c) * filters + f,
          outputPixel * filters + f,
        )
      }
    }
  })
}

/** Offsets of every tap in x [N,H,W,C], w [kh,kw,C,M] and y [N,OH,OW,C*M]. */
function forEachDepthwiseTap(x: Shape, w: Shape, y: Shape, window: Window, visit: Visit): void {
  const [, , channels, multiplier] = w
  forEachWindowPosition(x, y, w, window, (pixel, position, outputPixel) => {
    for (let c = 0; c < channels; c++) {
      for (let m = 0; m < multiplier; m++) {
        const channel = c * multiplier + m
        visit(
          pixel * channels + c,
          position * channels * multiplier + channel,
          outputPixel * channels * multiplier + channel,
        )
      }
    }
  })
}

export const conv2d = impl<'conv2d'>((arithmetic, attrs, [x, w], [y]) => {
  const sum = new Accumulator(arithmetic, y)
  forEachTap(x.shape, w.shape, y.shape, attrs, (i, j, o) => sum.product(o, x, i, w, j))
  sum.finishProducts()
})
export const conv2dInputGrad = impl<'conv2dInputGrad'>((arithmetic, attrs, [dy, w], [dx]) => {
  const sum = new Accumulator(arithmetic, dx)
  forEachTap(dx.shape, w.shape, dy.shape, attrs, (i, j, o) => sum.product(i, dy, o, w, j))
  sum.finishProducts()
})
export const conv2dFilterGrad = impl<'conv2dFilterGrad'>((arithmetic, attrs, [x, dy], [dw]) => {
  const sum = new Accumulator(arithmetic, dw)
  forEachTap(x.shape, dw.shape, dy.shape, attrs, (i, j, o) => sum.product(j, x, i, dy, o))
  sum.finishProducts()
})

export const depthwiseConv2d = impl<'depthwiseConv2d'>((arithmetic, window, [x, w], [y]) => {
  const sum = new Accumulator(arithmetic, y)
  forEachDepthwiseTap(x.shape, w.shape, y.shape, window, (i, j, o) => sum.product(o, x, i, w, j))
  sum.finishProducts()
})
export const depthwiseConv2dInputGrad = impl<'depthwiseConv2dInputGrad'>((arithmetic, window, [dy, w], [dx]) => {
  const sum = new Accumulator(arithmetic, dx)
  forEachDepthwiseTap(dx.shape, w.shape, dy.shape, window, (i, j, o) => sum.product(i, dy, o, w, j))
  sum.finishProducts()
})
export const depthwiseConv2dFilterGrad = impl<'depthwiseConv2dFilterGrad'>((arithmetic, window, [x, dy], [dw]) => {
  const sum = new Accumulator(arithmetic, dw)
  forEachDepthwiseTap(x.shape, dw.shape, dy.shape, window, (i, j, o) => sum.product(j, x, i, dy, o))
  sum.finishProducts()
})
