// Windows that reach over the edges of an image, without a copy into a larger frame: taps outside are left out. Which columns
// are concerned is known at generation, so each gets code of its own; rows are tested once.
import type { FunctionBuilder, I32, LocalI32 } from '../wasm/index.js'
import type { Frame, Images } from './border.js'

/** A dimension of the image, and where the first tap of the first output lies in it, with the steps to the next. */
export interface Extent {
  readonly size: number
  readonly start: number
  readonly step: number
  readonly tapStep: number
}
/** Both dimensions. */
export interface Bounds {
  readonly rows: Extent
  readonly columns: Extent
}

/** Consecutive outputs with the same taps [from, to): `repeat` tiles of `pixels`. */
export interface Run {
  readonly pixels: number
  readonly repeat: number
  readonly from: number
  readonly to: number
}

/** Rows and columns of a border up to which clipping is better than a copy: each column is code. */
const NARROW = 8
/** Windows higher than this loop over their rows, and are not clipped. */
export const UNROLLED = 7

/** Whether windows of `height` rows over this frame are better clipped. */
export const isClippable = (x: Images, frame: Frame, height: number): boolean =>
  height <= UNROLLED &&
  x.channels % 4 === 0 &&
  Math.max(frame.left, frame.width - frame.left - x.width) <= NARROW &&
  !(frame.top <= 0 && frame.left <= 0 && frame.height - frame.top <= x.height && frame.width - frame.left <= x.width)

/** The outputs of a row in tiles of at most `tile` pixels. */
export function columnRuns(columns: number, taps: number, extent: Extent | undefined, tile: number): Run[] {
  const runs: Run[] = []
  const inside = (from: number, to: number, count: number): void => {
    if (count >= tile) runs.push({ pixels: tile, repeat: Math.floor(count / tile), from, to })
    if (count % tile !== 0) runs.push({ pixels: count % tile, repeat: 1, from, to })
  }
  if (extent === undefined) {
    inside(0, taps, columns)
    return runs
  }
  let whole = 0
  for (let column = 0; column < columns; column++) {
    const at = extent.start + column * extent.step
    const valid = Array.from({ length: taps }, (_, k) => k).filter(k => {
      const position = at + k * extent.tapStep
      return position >= 0 && position < extent.size
    })
    if (valid.length === taps) whole++
    else {
      inside(0, taps, whole)
      whole = 0
      runs.push({ pixels: 1, repeat: 1, from: valid[0] ?? 0, to: (valid.at(-1) ?? -1) + 1 })
    }
  }
  inside(0, taps, whole)
  return runs
}

/**
 * Emits `body` for output row number `row`: once without tests if no window leaves the image, else also with a condition
 * for each row of the window.
 */
export function withRows(
  f: FunctionBuilder,
  extent: Extent | undefined,
  taps: number,
  row: I32,
  body: (present: readonly LocalI32[] | undefined) => void,
): void {
  if (extent === undefined) {
    body(undefined)
    return
  }
  f.scope(() => {
    const first = f.let(row.mul(extent.step).add(extent.start))
    const present = Array.from({ length: taps }, (_, h) => f.let(first.add(h * extent.tapStep).ltU(extent.size)))
    const all = f.local('i32', 1)
    for (const p of present) all.set(all.and(p))
    f.if(
      all,
      () => body(undefined),
      () => body(present),
    )
  })
}
