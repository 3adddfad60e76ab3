// conv2dFilterGrad: a product whose rows are the window's elements and whose inner dimension is all output pixels.
import { covered, imagesOf, prepareBorder } from '../gemm/border.js'
import { prepareGemm } from '../gemm/gemm.js'
import type { CpuImpl } from './context.js'
import { asDepthwise } from './conv2d.js'
import { depthwiseConv2dFilterGrad } from './depthwise-conv2d-filter-grad.js'

export const conv2dFilterGrad: CpuImpl<'conv2dFilterGrad'> = {
  prepare(ctx, { ins, outs, attrs }) {
    const [x, dy] = ins
    const depthwise = asDepthwise(attrs.filterShape, attrs.groups)
    if (depthwise !== undefined) {
      const kernel = 'depthwiseConv2dFilterGrad'
      return depthwiseConv2dFilterGrad.prepare(ctx, { kernel, ins, outs, attrs: { ...attrs, filterShape: depthwise } })
    }
    const { strides, dilation, padding, groups, filterShape } = attrs
    const [kh, kw, cg, filters] = filterShape
    const [n, oh, ow] = dy.shape
    const border = prepareBorder(ctx, imagesOf(x.shape), {
      top: padding[0],
      left: padding[2],
      height: covered(oh, kh, strides[0], dilation[0]),
      width: covered(ow, kw, strides[1], dilation[1]),
    })
    const { height, width, channels } = border.images
    const row = width * channels
    const fg = filters / groups
    const record = prepareGemm(ctx, {
      batch: { count: groups, a: cg, b: fg, c: fg, channel: fg },
      rows: [
        { count: kh, a: dilation[0] * row, c: kw * cg * filters },
        { count: kw, a: dilation[1] * channels, c: cg * filters },
        { count: cg, a: 1, c: filters },
      ],
      inner: [
        { count: n, a: height * row, b: oh * ow * filters },
        { count: oh, a: strides[0] * row, b: ow * filters },
        { count: ow, a: strides[1] * channels, b: filters },
      ],
      n: fg,
      bn: 1,
      offset: { a: 0, b: 0, c: 0 },
    })
    return ([x, dy], [dw]) => record(border.record(x), dy, dw)
  },
}
