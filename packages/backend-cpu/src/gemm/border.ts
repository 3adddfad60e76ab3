// Copies images into a frame of zeros (or crops them), so that sliding windows need no bounds checks.
import type { Address, KernelContext } from '../kernels/context.js'
import { F32, type FunctionBuilder, type LocalI32 } from '../wasm/index.js'

/** Images [n, height, width, channels]. */
export interface Images {
  readonly n: number
  readonly height: number
  readonly width: number
  readonly channels: number
}
/** The images of an NHWC shape. */
export const imagesOf = ([n, height, width, channels]: readonly number[]): Images => ({ n, height, width, channels })

/** The input rows or columns that windows cover: from the first window's first element to the last one's last. */
export const covered = (windows: number, size: number, stride: number, dilation: number): number =>
  (windows - 1) * stride + (size - 1) * dilation + 1

/** Where the images lie in the frame (negative: rows or columns are cut off), and the frame's size. */
export interface Frame {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

/** Whether the images, taken as they are, hold all that the frame asks for at the same place. */
export const fits = (x: Images, f: Frame): boolean =>
  f.top === 0 && f.left === 0 && f.height <= x.height && f.width <= x.width

/**
 * Prepares frame[n, y, x, c * repeat + r] = image[n, y - top, x - left, c], 0 outside the image. Returns the images that
 * windows run over and what records the copy; nothing is copied if the images fit already.
 */
export function prepareBorder(
  ctx: KernelContext,
  x: Images,
  frame: Frame,
  repeat = 1,
): { readonly images: Images; readonly record: (source: Address) => Address } {
  if (repeat === 1 && fits(x, frame)) return { images: x, record: source => source }
  const images = { n: x.n, height: frame.height, width: frame.width, channels: x.channels * repeat }
  const rowFloats = images.width * images.channels
  const target = ctx.scratch(x.n * images.height * rowFloats * 4)
  const fn = ctx.define(`border ${JSON.stringify([x, frame, repeat])}`, name =>
    ctx.module.func(
      name,
      { begin: 'i32', end: 'i32', source: 'i32', target: 'i32' },
      null,
      (f, { begin, end, source, target }) => {
        f.for(begin, end, 1, unit => {
          const q = f.let(target.add(unit.mul(rowFloats * 4)))
          const y = f.let(unit.remU(frame.height).sub(frame.top))
          f.if(
            y.ltU(x.height),
            () => {
              const row = unit.divU(frame.height).mul(x.height).add(y)
              copyRow(f, f.let(source.add(row.mul(x.width * x.channels * 4))), q, x, frame, repeat)
            },
            () => f.memoryFill(q, 0, rowFloats * 4),
          )
        })
      },
    ),
  )
  return {
    images,
    record: source => {
      ctx.parallel(x.n * images.height, Math.max(1, Math.round(20000 / Math.max(1, rowFloats))), fn, { source, target })
      return target
    },
  }
}

function copyRow(f: FunctionBuilder, p: LocalI32, q: LocalI32, x: Images, frame: Frame, repeat: number): void {
  const pixel = x.channels * repeat * 4
  const from = Math.min(frame.width, Math.max(0, frame.left))
  const to = Math.max(from, Math.min(frame.width, frame.left + x.width))
  if (from > 0) f.memoryFill(q, 0, from * pixel)
  if (to > from) {
    const source = p.add((from - frame.left) * x.channels * 4)
    if (repeat === 1) f.memoryCopy(q.add(from * pixel), source, (to - from) * pixel)
    else {
      const s = f.let(source)
      const t = f.let(q.add(from * pixel))
      f.repeat((to - from) * x.channels, () => {
        const v = f.let(F32.load(s))
        const r = f.local('i32', t)
        f.repeat(repeat, () => {
          f.store(r, v)
          r.inc(4)
        })
        s.inc(4)
        t.inc(4 * repeat)
      })
    }
  }
  if (to < frame.width) f.memoryFill(q.add(to * pixel), 0, (frame.width - to) * pixel)
}
