// Walks over the windows of pooling kernels: which rows and columns of the input a window covers.
import type { PoolAttrs } from '@strata/api/backend'
import { type FunctionBuilder, I32, type LocalI32 } from '../wasm/index.js'

/** A pooling's shapes: input [n, h, w, c], output [n, oh, ow, c]. */
export interface Pooling {
  readonly n: number
  readonly input: readonly [number, number]
  readonly output: readonly [number, number]
  readonly channels: number
  readonly attrs: PoolAttrs
}

export const poolingOf = (x: readonly number[], y: readonly number[], attrs: PoolAttrs): Pooling => ({
  n: x[0],
  input: [x[1], x[2]],
  output: [y[1], y[2]],
  channels: x[3],
  attrs: { size: attrs.size, strides: attrs.strides, padding: attrs.padding },
})

/** Elements of a window up to which it is unrolled. */
const UNROLLED = 16

/** Whether all windows lie inside the image and are small: then offsets are constants. */
export const isInside = ({ input, output, attrs }: Pooling): boolean =>
  [0, 1].every(i => attrs.padding[2 * i] === 0 && (output[i] - 1) * attrs.strides[i] + attrs.size[i] <= input[i]) &&
  attrs.size[0] * attrs.size[1] <= UNROLLED

/** Bytes of a window, of the image's rows that a row of windows covers, and of all images. */
export const windowBytes = ({ channels, attrs: { size } }: Pooling): number => size[0] * size[1] * channels * 4
export const coveredBytes = ({ input, channels, attrs: { size } }: Pooling): number => size[0] * input[1] * channels * 4
export const inputBytes = ({ n, input, channels }: Pooling): number => n * input[0] * input[1] * channels * 4

/** Offsets in bytes, in row-major order, of the elements of a window that lies inside the image. */
export const windowOffsets = ({ input, channels, attrs: { size } }: Pooling): number[] =>
  Array.from(
    { length: size[0] * size[1] },
    (_, k) => (Math.floor(k / size[1]) * input[1] + (k % size[1])) * channels * 4,
  )

export const smaller = (f: FunctionBuilder, a: LocalI32, b: number): LocalI32 => f.let(f.select(a.ltS(b), a, I32.of(b)))
export const larger = (f: FunctionBuilder, a: LocalI32, b: number): LocalI32 => f.let(f.select(a.gtS(b), a, I32.of(b)))

/** The valid input positions [from, to) of window number `index` along a dimension. */
export function validRange(
  f: FunctionBuilder,
  { input, attrs }: Pooling,
  dimension: 0 | 1,
  index: I32,
): { readonly from: LocalI32; readonly to: LocalI32 } {
  const start = f.let(index.mul(attrs.strides[dimension]).sub(attrs.padding[2 * dimension]))
  const end = f.let(start.add(attrs.size[dimension]))
  return { from: larger(f, start, 0), to: smaller(f, end, input[dimension]) }
}

/** Calls `vector(width)` for each vector of channels; `pointers` move along. */
export function forChannels(
  f: FunctionBuilder,
  channels: number,
  pointers: readonly LocalI32[],
  vector: (width: number) => void,
): void {
  f.repeat(Math.floor(channels / 4), () => {
    vector(4)
    for (const p of pointers) p.inc(16)
  })
  if (channels % 4 !== 0) vector(channels % 4)
}

/**
 * Calls `visit` for each element of the window [rows) x [columns), in row-major order, with its address: `x` is the
 * address of element (0, 0) of the image (at the wanted channel).
 */
export function forWindow(
  f: FunctionBuilder,
  p: Pooling,
  x: I32,
  rows: { readonly from: LocalI32; readonly to: LocalI32 },
  columns: { readonly from: LocalI32; readonly to: LocalI32 },
  visit: (element: LocalI32) => void,
  endOfRow: () => void = () => {},
): void {
  const pixel = p.channels * 4
  const row = f.let(x.add(rows.from.mul(p.input[1] * pixel)).add(columns.from.mul(pixel)))
  f.for(rows.from, rows.to, 1, () => {
    const element = f.local('i32', row)
    f.for(columns.from, columns.to, 1, () => {
      visit(element)
      element.inc(pixel)
    })
    endOfRow()
    row.inc(p.input[1] * pixel)
  })
}

/** Output rows of a call: some 10^5 operations. */
export const rowGrain = ({ output, channels, attrs: { size } }: Pooling): number =>
  Math.max(1, Math.round(1e5 / Math.max(1, output[1] * channels * size[0] * size[1])))
