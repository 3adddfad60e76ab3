// conv2d: direct convolution. The product's rows are output pixels, its inner dimension is the window; a row of A is read
// where it lies in the image (neighbouring windows overlap), so nothing is gathered first.
import { f32, type StepSpec } from '@strata/api/backend'
import { covered, imagesOf, prepareBorder } from '../gemm/border.js'
import type { Epilogue } from '../gemm/epilogue.js'
import { type GemmDispatch, prepareGemm } from '../gemm/gemm.js'
import type { CpuImpl, KernelContext } from './context.js'
import { prepareDepthwiseConv2d } from './depthwise-conv2d.js'

/**
 * The filter's shape as a depthwise one, if a convolution is better done so: with one input channel a group the layouts of
 * filters and outputs are the same, and a product would have hardly any columns.
 */
export function asDepthwise([kh, kw, cg, filters]: readonly number[], groups: number): number[] | undefined {
  return cg === 1 && groups > 1 && filters <= 4 * groups ? [kh, kw, groups, filters / groups] : undefined
}

/** Prepares a convolution, then the epilogue on each element. */
export function prepareConv2d(
  ctx: KernelContext,
  s: Pick<StepSpec<'conv2d'>, 'ins' | 'outs' | 'attrs'>,
  epilogue?: Epilogue,
): GemmDispatch {
  const {
    ins: [x, w],
    outs: [y],
    attrs,
  } = s
  const depthwise = asDepthwise(w.shape, attrs.groups)
  if (depthwise !== undefined) return prepareDepthwiseConv2d(ctx, { ...s, ins: [x, f32(depthwise)] }, epilogue)
  const [kh, kw, cg, filters] = w.shape
  const [n, oh, ow] = y.shape
  const { strides, dilation, padding, groups } = attrs
  const border = prepareBorder(ctx, imagesOf(x.shape), {
    top: padding[0],
    left: padding[2],
    height: covered(oh, kh, strides[0], dilation[0]),
    width: covered(ow, kw, strides[1], dilation[1]),
  })
  const { height, width, channels } = border.images
  const row = width * channels
  const fg = filters / groups
  const record = prepareGemm(
    ctx,
    {
      batch: { count: groups, a: cg, b: fg, c: fg, channel: fg },
      rows: [
        { count: n, a: height * row, c: oh * ow * filters },
        { count: oh, a: strides[0] * row, c: ow * filters },
        { count: ow, a: strides[1] * channels, c: filters },
      ],
      inner: [
        { count: kh, a: dilation[0] * row, b: kw * cg * filters },
        { count: kw, a: dilation[1] * channels, b: cg * filters },
        { count: cg, a: 1, b: filters },
      ],
      n: fg,
      bn: 1,
      offset: { a: 0, b: 0, c: 0 },
    },
    epilogue,
  )
  return (x, w, y, operands) => record(border.record(x), w, y, operands)
}

export const conv2d: CpuImpl<'conv2d'> = {
  prepare(ctx, s) {
    const record = prepareConv2d(ctx, s)
    return ([x, w], [y]) => record(x, w, y)
  },
}
