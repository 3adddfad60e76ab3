// depthwiseConv2dFilterGrad: sums over all pixels for each tap and channel. A multiplier above 1 repeats the input's
// channels first.
import { covered, imagesOf } from '../gemm/border.js'
import { prepareDepthwiseInput } from '../gemm/depthwise-input.js'
import { prepareDepthwiseSums } from '../gemm/depthwise-sums.js'
import type { CpuImpl } from './context.js'

export const depthwiseConv2dFilterGrad: CpuImpl<'depthwiseConv2dFilterGrad'> = {
  prepare(ctx, { ins: [x, dy], attrs }) {
    const { strides, dilation, padding, filterShape } = attrs
    const [kh, kw, , multiplier] = filterShape
    const [n, oh, ow, channels] = dy.shape
    const frame = {
      top: padding[0],
      left: padding[2],
      height: covered(oh, kh, strides[0], dilation[0]),
      width: covered(ow, kw, strides[1], dilation[1]),
    }
    const input = prepareDepthwiseInput(ctx, imagesOf(x.shape), frame, kh, multiplier)
    const { x: walk, taps, bounds } = input.place({ start: [0, 0], step: strides, tapStep: dilation })
    const record = prepareDepthwiseSums(ctx, {
      n,
      rows: oh,
      columns: ow,
      channels,
      x: walk,
      taps: [
        { count: kh, x: taps[0] },
        { count: kw, x: taps[1] },
      ],
      bounds,
    })
    return ([x, dy], [dw]) => record(input.record(x), dy, dw)
  },
}
