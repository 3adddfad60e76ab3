// depthwiseConv2dFilterGrad: sums over all pixels for each tap and channel. A multiplier above 1 repeats the input's
// channels first.
import { prepareBorder } from '../gemm/border.js'
import { prepareDepthwiseSums } from '../gemm/depthwise-sums.js'
import type { CpuImpl } from './context.js'
import { covered, imagesOf } from './conv2d.js'

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
    const border = prepareBorder(ctx, imagesOf(x.shape), frame, multiplier)
    const { height, width } = border.images
    const row = width * channels
    const record = prepareDepthwiseSums(ctx, {
      n,
      rows: oh,
      columns: ow,
      channels,
      x: { image: height * row, row: strides[0] * row, pixel: strides[1] * channels, offset: 0 },
      taps: [
        { count: kh, x: dilation[0] * row },
        { count: kw, x: dilation[1] * channels },
      ],
    })
    return ([x, dy], [dw]) => record(border.record(x), dy, dw)
  },
}
