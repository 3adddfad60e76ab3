// What depthwise windows run over: the image itself, clipped at its edges, or a copy in a frame of zeros.
import type { Address, KernelContext } from '../kernels/context.js'
import { type Frame, type Images, prepareBorder } from './border.js'
import { type Bounds, isClippable } from './clip.js'
import type { Walk } from './depthwise.js'

/** Where windows lie in the frame, in pixels: the first tap of the first output, and the steps between outputs and taps. */
export interface Placement {
  readonly start: readonly [number, number]
  readonly step: readonly [number, number]
  readonly tapStep: readonly [number, number]
}

export interface DepthwiseInput {
  /** The walk over the input, its taps' steps in elements, and where windows may leave it. */
  place(p: Placement): {
    readonly x: Walk
    readonly taps: readonly [number, number]
    readonly bounds: Bounds | undefined
  }
  /** Records the copy, if there is one. */
  record(source: Address): Address
}

/** Prepares the input of windows of `height` rows; channels are repeated `repeat` times. */
export function prepareDepthwiseInput(
  ctx: KernelContext,
  image: Images,
  frame: Frame,
  height: number,
  repeat: number,
): DepthwiseInput {
  const clipped = repeat === 1 && isClippable(image, frame, height)
  const border = clipped
    ? { images: image, record: (source: Address) => source }
    : prepareBorder(ctx, image, frame, repeat)
  const { channels, width: columns, height: rows } = border.images
  const row = columns * channels
  return {
    record: border.record,
    place({ start, step, tapStep }) {
      const [top, left] = clipped ? [start[0] - frame.top, start[1] - frame.left] : start
      return {
        x: { image: rows * row, row: step[0] * row, pixel: step[1] * channels, offset: top * row + left * channels },
        taps: [tapStep[0] * row, tapStep[1] * channels],
        bounds: clipped
          ? {
              rows: { size: rows, start: top, step: step[0], tapStep: tapStep[0] },
              columns: { size: columns, start: left, step: step[1], tapStep: tapStep[1] },
            }
          : undefined,
      }
    },
  }
}
