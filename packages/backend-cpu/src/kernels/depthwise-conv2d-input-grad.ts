// depthwiseConv2dInputGrad: for each phase of the stride a depthwise convolution of the output's gradient. With a
// multiplier, gradients of the repeated channels are made first and then added.
import { imagesOf } from '../gemm/border.js'
import { prepareDepthwise } from '../gemm/depthwise.js'
import { prepareDepthwiseInput } from '../gemm/depthwise-input.js'
import { inputGradPhases } from '../gemm/phases.js'
import { F32 } from '../wasm/index.js'
import type { Address, CpuImpl, KernelContext } from './context.js'

export const depthwiseConv2dInputGrad: CpuImpl<'depthwiseConv2dInputGrad'> = {
  prepare(ctx, { ins: [dy, w], attrs }) {
    const { strides, dilation, padding, inputShape } = attrs
    const [kh, kw, c, multiplier] = w.shape
    const [n, h, wd] = inputShape
    const channels = c * multiplier
    const ys = inputGradPhases(h, kh, strides[0], dilation[0], padding[0])
    const xs = inputGradPhases(wd, kw, strides[1], dilation[1], padding[2])
    const frame = { top: -ys.first, left: -xs.first, height: ys.count, width: xs.count }
    const input = prepareDepthwiseInput(ctx, imagesOf(dy.shape), frame, kh, 1)
    const phases = ys.phases.flatMap(y =>
      xs.phases.map(x => {
        const placed = input.place({
          start: [y.output, x.output],
          step: [1, 1],
          tapStep: [y.outputStep, x.outputStep],
        })
        return prepareDepthwise(ctx, {
          n,
          rows: y.positions,
          columns: x.positions,
          channels,
          x: placed.x,
          y: {
            image: h * wd * channels,
            row: strides[0] * wd * channels,
            pixel: strides[1] * channels,
            offset: (y.position * wd + x.position) * channels,
          },
          taps: [
            { count: y.taps, x: placed.taps[0], w: y.tapStep * kw },
            { count: x.taps, x: placed.taps[1], w: x.tapStep },
          ],
          tap: y.tap * kw + x.tap,
          bounds: placed.bounds,
        })
      }),
    )
    const repeated = multiplier === 1 ? undefined : prepareSumRepeated(ctx, n * h * wd * c, multiplier)
    return ([dy, w], [dx]) => {
      const source = input.record(dy)
      for (const record of phases) record(source, w, repeated?.source ?? dx)
      repeated?.record(dx)
    }
  },
}

/** Prepares out[i] = sum over r of source[i * repeat + r], for n floats. */
function prepareSumRepeated(
  ctx: KernelContext,
  n: number,
  repeat: number,
): { readonly source: Address; readonly record: (out: Address) => void } {
  const source = ctx.scratch(n * repeat * 4)
  const fn = ctx.define(`sum repeated ${repeat}`, name =>
    ctx.module.func(
      name,
      { begin: 'i32', end: 'i32', source: 'i32', out: 'i32' },
      null,
      (f, { begin, end, source, out }) => {
        const p = f.let(source.add(begin.mul(repeat * 4)))
        const q = f.let(out.add(begin.shl(2)))
        f.for(begin, end, 1, () => {
          const sum = f.local('f32', 0)
          f.repeat(repeat, () => {
            sum.set(sum.add(F32.load(p)))
            p.inc(4)
          })
          f.store(q, sum)
          q.inc(4)
        })
      },
    ),
  )
  return { source, record: out => ctx.parallel(n, 10000, fn, { source, out }) }
}
