// Depthwise convolutions (one filter a channel) over an image with enough border: each output is a sum over the window of
// input vectors times weight vectors. Also the input gradients, whose taps run backwards in the filter.
import type { Address, Arguments, Chunk, KernelContext } from '../kernels/context.js'
import { loadLanes, storeLanes } from '../kernels/loops.js'
import { F32x4, type FunctionBuilder, type I32, type LocalF32x4, type LocalI32 } from '../wasm/index.js'
import { type Bounds, columnRuns, type Run, UNROLLED, withRows } from './clip.js'
import { emitFlatRow, expandChannels } from './depthwise-flat.js'
import type { Epilogue } from './epilogue.js'
import type { GemmDispatch } from './gemm.js'
import { vectorWidths } from './shape.js'

/** Element steps of a walk over images. */
export interface Walk {
  readonly image: number
  readonly row: number
  readonly pixel: number
  readonly offset: number
}
/** Taps along one dimension: each moves `x` elements on in the input, and `w` taps (forwards or backwards) in the filter. */
export interface Taps {
  readonly count: number
  readonly x: number
  readonly w: number
}
/** y[n, row, column, c] = sum over taps of x[...] w[tap, c]. */
export interface DepthwiseShape {
  readonly n: number
  readonly rows: number
  readonly columns: number
  readonly channels: number
  readonly x: Walk
  readonly y: Walk
  readonly taps: readonly [Taps, Taps]
  /** The first tap, in the filter. */
  readonly tap: number
  /** Where windows may leave the image; undefined: they do not. Only for channels in whole vectors. */
  readonly bounds: Bounds | undefined
}

/** Addresses while a row is emitted. */
export interface RowPointers {
  readonly x: LocalI32
  readonly w: LocalI32
  readonly y: LocalI32
  /** The row's start in operands of the output's shape, the first element of others. */
  readonly operands: readonly LocalI32[]
}

type Params = Readonly<Record<string, 'i32'>> & Chunk

/** Output pixels that share loads of weights and of overlapping inputs. */
const PIXELS = 4
/** Prepares a depthwise convolution: records x, w [taps, channels] and y, then the epilogue's operands. */
export function prepareDepthwise(ctx: KernelContext, s: DepthwiseShape, epilogue?: Epilogue): GemmDispatch {
  const { channels: c } = s
  const operands = epilogue?.operands ?? []
  const flat = c % 4 !== 0 && s.x.pixel === c && s.y.pixel === c
  const taps = Math.max(1, ...lastTap(s).map(t => t + 1))
  const expandW = flat ? expandChannels(ctx, taps, c) : undefined
  const expandOperand = operands.map(kind => (flat && kind === 'channel' ? expandChannels(ctx, 1, c) : undefined))
  const params: Params = {
    begin: 'i32',
    end: 'i32',
    x: 'i32',
    w: 'i32',
    y: 'i32',
    ...Object.fromEntries(operands.map((_, i) => [`o${i}`, 'i32' as const])),
  }
  const fn = ctx.define<Params>(`depthwise ${JSON.stringify(s)} ${epilogue?.key ?? ''}`, name =>
    ctx.module.func(name, params, null, (f, p) => {
      f.for(p.begin, p.end, 1, unit => {
        const row = f.let(unit.remU(s.rows))
        const image = f.let(unit.divU(s.rows))
        const at = (base: I32, walk: Walk): LocalI32 =>
          f.let(
            base
              .add(image.mul(walk.image * 4))
              .add(row.mul(walk.row * 4))
              .add(walk.offset * 4),
          )
        const pointers: RowPointers = {
          x: at(p.x, s.x),
          w: p.w,
          y: at(p.y, s.y),
          operands: operands.map((kind, i) => (kind === 'full' ? at(p[`o${i}`], s.y) : p[`o${i}`])),
        }
        if (flat) emitFlatRow(f, s, pointers, epilogue)
        else
          withRows(f, s.bounds?.rows, s.taps[0].count, row, present =>
            emitRow(f, s, present, pointers, epilogue, ctx.tile.wide === true ? 2 : 1),
          )
      })
    }),
  )
  const work = 2 * s.columns * c * Math.max(1, s.taps[0].count * s.taps[1].count)
  const units = c === 0 || s.columns === 0 ? 0 : s.n * s.rows
  const grain = Math.max(1, Math.round(1e5 / Math.max(1, work)))
  return (x, w, y, operandAddresses = []) => {
    const args: Record<string, Address> = { x, w: expandW === undefined ? w : expandW(w), y }
    operandAddresses.forEach((o, i) => {
      args[`o${i}`] = expandOperand[i]?.(o) ?? o
    })
    ctx.parallel<Params>(units, grain, fn, args as Arguments<Omit<Params, keyof Chunk>>)
  }
}

/** The taps at the corners of the window. */
const lastTap = ({ tap, taps: [h, w] }: DepthwiseShape): number[] =>
  h.count * w.count === 0
    ? []
    : [tap, tap + (h.count - 1) * h.w, tap + (w.count - 1) * w.w, tap + (h.count - 1) * h.w + (w.count - 1) * w.w]

/** Which taps of a window are summed: rows under conditions, and columns [from, to). */
type Part = Pick<Run, 'from' | 'to'> & { readonly present: readonly LocalI32[] | undefined }

/** A row in tiles of a few pixels; the channels of a tile are walked in vectors, `together` at a time. */
function emitRow(
  f: FunctionBuilder,
  s: DepthwiseShape,
  present: readonly LocalI32[] | undefined,
  at: RowPointers,
  epilogue: Epilogue | undefined,
  together: number,
): void {
  const { channels: c } = s
  const operands = epilogue?.operands ?? []
  const moved = operands.map((kind, i) => (kind === 'full' ? f.local('i32', at.operands[i]) : at.operands[i]))
  const tile = ({ pixels, from, to }: Run): void => {
    f.scope(() => {
      const x = f.local('i32', at.x.add(from * s.taps[1].x * 4))
      const w = f.local('i32', at.w)
      const y = f.local('i32', at.y)
      const o = operands.map((kind, i) => (kind === 'scalar' ? moved[i] : f.local('i32', moved[i])))
      const vectors = (...widths: number[]): void =>
        emitVectors(f, s, { from, to, present }, pixels, widths, { x, w, y, operands: o }, epilogue)
      const step = 4 * together
      f.repeat(Math.floor(c / step), () => {
        vectors(...new Array<number>(together).fill(4))
        for (const p of [x, w, y, ...o.filter((_, i) => operands[i] !== 'scalar')]) p.inc(step * 4)
      })
      if (c % step !== 0) vectors(...vectorWidths(c % step))
    })
  }
  for (const run of columnRuns(s.columns, s.taps[1].count, s.bounds?.columns, PIXELS)) {
    f.repeat(run.repeat, () => {
      tile(run)
      at.x.inc(run.pixels * s.x.pixel * 4)
      at.y.inc(run.pixels * s.y.pixel * 4)
      operands.forEach((kind, i) => {
        if (kind === 'full') moved[i].inc(run.pixels * s.y.pixel * 4)
      })
    })
  }
}

/** Vectors of channels, side by side, of a few pixels; `at.x` is the address of tap `part.from`. */
function emitVectors(
  f: FunctionBuilder,
  s: DepthwiseShape,
  part: Part,
  pixels: number,
  widths: readonly number[],
  at: RowPointers,
  epilogue: Epilogue | undefined,
): void {
  f.scope(() => {
    const [th, tw] = s.taps
    const acc = Array.from({ length: pixels }, () => f.locals('f32x4', widths.length, 0))
    const tapBytes = s.channels * 4
    const windowRow = (x: LocalI32, w: LocalI32, xOffset: number, wOffset: number): void => {
      // Taps in groups whose weights fit the registers; each input is loaded once for all pixels that it belongs to.
      for (let first = part.from; first < part.to; first += 4) {
        f.scope(() => {
          const weights = Array.from({ length: Math.min(4, part.to - first) }, (_, k) =>
            widths.map((width, v) => f.let(loadLanes(f, w, width, wOffset + (first + k) * tw.w * tapBytes + v * 16))),
          )
          for (const [offset, uses] of sharedInputs(pixels, s.x.pixel, first - part.from, weights.length, tw.x)) {
            f.scope(() => {
              const values = widths.map((width, v) => f.let(loadLanes(f, x, width, xOffset + offset * 4 + v * 16)))
              for (const [pixel, k] of uses) {
                for (const [v, sum] of acc[pixel].entries()) sum.set(f.madd(values[v], weights[k][v], sum))
              }
            })
          }
        })
      }
    }
    const looped = th.count > UNROLLED
    const low = lowestTap(s, looped)
    if (th.count * tw.count > 0) {
      const w = f.let(at.w.add(low * tapBytes))
      if (looped) {
        const x = f.local('i32', at.x)
        f.repeat(th.count, () => {
          windowRow(x, w, 0, (s.tap - low) * tapBytes)
          x.inc(th.x * 4)
          w.inc(th.w * tapBytes)
        })
      } else {
        for (let h = 0; h < th.count; h++) {
          const wOffset = (s.tap - low + h * th.w) * tapBytes
          if (part.present === undefined) windowRow(at.x, w, h * th.x * 4, wOffset)
          else f.if(part.present[h], () => windowRow(f.let(at.x.add(h * th.x * 4)), w, 0, wOffset))
        }
      }
    }
    finish(f, acc, widths, s.y.pixel * 4, at, epilogue)
  })
}

/**
 * The lowest tap of the window, or of its first row: as offsets of loads must not be negative, they are counted from there.
 */
export function lowestTap({ tap, taps: [th, tw] }: DepthwiseShape, ofRow: boolean): number {
  const low = ({ count, w }: Taps): number => Math.min(0, (count - 1) * w)
  return tap + (ofRow ? 0 : low(th)) + low(tw)
}

/** Which (pixel, tap) pairs read each input of a row, by its distance from the first. */
export function sharedInputs(pixels: number, pixelStep: number, from: number, taps: number, tapStep: number) {
  const inputs = new Map<number, [pixel: number, tap: number][]>()
  for (let p = 0; p < pixels; p++) {
    for (let k = 0; k < taps; k++) {
      const offset = p * pixelStep + (from + k) * tapStep
      const uses = inputs.get(offset)
      if (uses === undefined) inputs.set(offset, [[p, k]])
      else uses.push([p, k])
    }
  }
  return [...inputs].sort(([a], [b]) => a - b)
}

/** Applies the epilogue to the sums of pixels that lie `step` bytes apart, each of vectors side by side, and stores them. */
export function finish(
  f: FunctionBuilder,
  acc: readonly (readonly LocalF32x4[])[],
  widths: readonly number[],
  step: number,
  at: Pick<RowPointers, 'y' | 'operands'>,
  epilogue: Epilogue | undefined,
): void {
  const operands = epilogue?.operands ?? []
  const shared = widths.map((width, v) =>
    operands.map((kind, o) =>
      kind === 'full'
        ? undefined
        : f.let(kind === 'scalar' ? F32x4.loadSplat(at.operands[o]) : loadLanes(f, at.operands[o], width, v * 16)),
    ),
  )
  acc.forEach((sums, i) => {
    sums.forEach((sum, v) => {
      f.scope(() => {
        if (epilogue !== undefined) {
          const load = (o: number): F32x4 => loadLanes(f, at.operands[o], widths[v], i * step + v * 16)
          sum.set(
            epilogue.apply(
              f,
              sum,
              shared[v].map((value, o) => value ?? f.let(load(o))),
            ),
          )
        }
      })
    })
    for (const [v, sum] of sums.entries()) storeLanes(f, at.y, sum, widths[v], i * step + v * 16)
  })
}
