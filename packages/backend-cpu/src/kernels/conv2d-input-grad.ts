// conv2dInputGrad: for each phase of the stride a convolution of the output's gradient, with the taps that reach it.
import { f32 } from '@strata/api/backend'
import { imagesOf, prepareBorder } from '../gemm/border.js'
import { prepareGemm } from '../gemm/gemm.js'
import { inputGradPhases } from '../gemm/phases.js'
import type { CpuImpl } from './context.js'
import { asDepthwise } from './conv2d.js'
import { depthwiseConv2dInputGrad } from './depthwise-conv2d-input-grad.js'

export const conv2dInputGrad: CpuImpl<'conv2dInputGrad'> = {
  prepare(ctx, { ins: [dy, w], outs, attrs }) {
    const depthwise = asDepthwise(w.shape, attrs.groups)
    if (depthwise !== undefined) {
      const ins = [dy, f32(depthwise)]
      return depthwiseConv2dInputGrad.prepare(ctx, { kernel: 'depthwiseConv2dInputGrad', ins, outs, attrs })
    }
    const { strides, dilation, padding, groups, inputShape } = attrs
    const [kh, kw, cg, filters] = w.shape
    const [n, h, wd, c] = inputShape
    const ys = inputGradPhases(h, kh, strides[0], dilation[0], padding[0])
    const xs = inputGradPhases(wd, kw, strides[1], dilation[1], padding[2])
    const frame = { top: -ys.first, left: -xs.first, height: ys.count, width: xs.count }
    const border = prepareBorder(ctx, imagesOf(dy.shape), frame)
    const { height, width } = border.images
    const row = width * filters
    const fg = filters / groups
    const products = ys.phases.flatMap(y =>
      xs.phases.map(x =>
        prepareGemm(ctx, {
          batch: { count: groups, a: fg, b: fg, c: cg, channel: cg },
          rows: [
            { count: n, a: height * row, c: h * wd * c },
            { count: y.positions, a: row, c: strides[0] * wd * c },
            { count: x.positions, a: filters, c: strides[1] * c },
          ],
          inner: [
            { count: y.taps, a: y.outputStep * row, b: y.tapStep * kw * cg * filters },
            { count: x.taps, a: x.outputStep * filters, b: x.tapStep * cg * filters },
            { count: fg, a: 1, b: 1 },
          ],
          n: cg,
          bn: filters,
          offset: {
            a: y.output * row + x.output * filters,
            b: (y.tap * kw + x.tap) * cg * filters,
            c: (y.position * wd + x.position) * c,
          },
        }),
      ),
    )
    return ([dy, w], [dx]) => {
      const source = border.record(dy)
      for (const record of products) record(source, w, dx)
    }
  },
}
