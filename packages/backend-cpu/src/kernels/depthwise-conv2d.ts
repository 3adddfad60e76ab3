// depthwiseConv2d: every channel has filters of its own. A multiplier above 1 repeats the input's channels first.
import type { StepSpec } from '@strata/api/backend'
import { covered, imagesOf } from '../gemm/border.js'
import { prepareDepthwise } from '../gemm/depthwise.js'
import { prepareDepthwiseInput } from '../gemm/depthwise-input.js'
import type { Epilogue } from '../gemm/epilogue.js'
import type { GemmDispatch } from '../gemm/gemm.js'
import type { CpuImpl, KernelContext } from './context.js'

/** Prepares a depthwise convolution, then the epilogue on each element. */
export function prepareDepthwiseConv2d(
  ctx: KernelContext,
  { ins: [x, w], outs: [y], attrs }: Pick<StepSpec<'depthwiseConv2d'>, 'ins' | 'outs' | 'attrs'>,
  epilogue?: Epilogue,
): GemmDispatch {
  const [kh, kw, , multiplier] = w.shape
  const [n, oh, ow, channels] = y.shape
  const { strides, dilation, padding } = attrs
  const frame = {
    top: padding[0],
    left: padding[2],
    height: covered(oh, kh, strides[0], dilation[0]),
    width: covered(ow, kw, strides[1], dilation[1]),
  }
  const input = prepareDepthwiseInput(ctx, imagesOf(x.shape), frame, kh, multiplier)
  const { x: walk, taps, bounds } = input.place({ start: [0, 0], step: strides, tapStep: dilation })
  const record = prepareDepthwise(
    ctx,
    {
      n,
      rows: oh,
      columns: ow,
      channels,
      x: walk,
      y: { image: oh * ow * channels, row: ow * channels, pixel: channels, offset: 0 },
      taps: [
        { count: kh, x: taps[0], w: kw },
        { count: kw, x: taps[1], w: 1 },
      ],
      tap: 0,
      bounds,
    },
    epilogue,
  )
  return (x, w, y, operands) => record(input.record(x), w, y, operands)
}

export const depthwiseConv2d: CpuImpl<'depthwiseConv2d'> = {
  prepare(ctx, s) {
    const record = prepareDepthwiseConv2d(ctx, s)
    return ([x, w], [y]) => record(x, w, y)
  },
}
