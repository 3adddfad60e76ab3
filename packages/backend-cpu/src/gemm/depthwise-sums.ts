// Filter gradients of depthwise convolutions: for each tap and channel a sum over all pixels. Groups of rows are summed
// apart, into partial results that are added in order, so the result does not depend on threads.
import type { Address, KernelContext } from '../kernels/context.js'
import { loadLanes, shouldTouch, storeLanes, touch } from '../kernels/loops.js'
import { F32, F32x4, type FunctionBuilder, I32, type LocalF32x4, type LocalI32 } from '../wasm/index.js'
import { type Bounds, columnRuns, type Run, UNROLLED, withRows } from './clip.js'
import { sharedInputs, type Taps, type Walk } from './depthwise.js'
import { flatPeriod, HELD } from './depthwise-flat.js'
import { vectorWidths } from './shape.js'
import { prepareSumPartials } from './sum-partials.js'

/** dw[tap, c] = sum over images, rows and columns of x[...] dy[...]; dy is dense. */
export interface DepthwiseSums {
  readonly n: number
  readonly rows: number
  readonly columns: number
  readonly channels: number
  readonly x: Walk
  readonly taps: readonly [Omit<Taps, 'w'>, Omit<Taps, 'w'>]
  /** Where windows may leave the image; undefined: they do not. Only for channels in whole vectors. */
  readonly bounds: Bounds | undefined
}

/** Pixels whose gradients are held in registers, and pixels of one partial result. */
const PIXELS = 8
const PARTIAL = 256

/** Prepares the sums: records x, dy and dw. */
export function prepareDepthwiseSums(
  ctx: KernelContext,
  s: DepthwiseSums,
): (x: Address, dy: Address, dw: Address) => void {
  const { channels: c } = s
  const taps = s.taps[0].count * s.taps[1].count
  if (c === 0) return () => {}
  const flat = c % 4 !== 0 && s.x.pixel === c
  const width = flat ? flatPeriod(c) : c
  const allRows = s.n * s.rows
  const rows = Math.max(1, Math.round(PARTIAL / s.columns))
  // Without any rows the one part is zero.
  const parts = Math.max(1, Math.ceil(allRows / rows))
  const sum = prepareSumPartials(ctx, taps * width, parts)
  const partials = ctx.scratch(parts * sum.stride * 4)
  const fold = flat ? prepareFold(ctx, taps, c) : undefined
  const together = ctx.tile.wide === true ? 2 : 1
  const fn = ctx.define(`depthwise sums ${JSON.stringify(s)}`, name => {
    // A function for each row, so that calls stay short.
    const rowParams = { row: 'i32', x: 'i32', dy: 'i32', out: 'i32' } as const
    const rowFn = ctx.module.func(`${name} row`, rowParams, null, (f, { row, x, dy, out }) => {
      if (flat) emitFlat(f, s, x, dy, out)
      else {
        if (shouldTouch(PIXELS * c * 4, allRows * s.columns * c * 4)) touchRows(f, s, x, dy)
        withRows(f, s.bounds?.rows, s.taps[0].count, row, present => emitPixels(f, s, present, x, dy, out, together))
      }
    })
    return ctx.module.func(
      name,
      { begin: 'i32', end: 'i32', x: 'i32', dy: 'i32', partials: 'i32' },
      null,
      (f, { begin, end, x, dy, partials }) => {
        f.for(begin, end, 1, part => {
          const out = f.let(partials.add(part.mul(sum.stride * 4)))
          f.memoryFill(out, 0, sum.stride * 4)
          const first = f.let(part.mul(rows))
          const bound = f.let(first.add(rows))
          const last = f.let(f.select(bound.ltS(allRows), bound, I32.of(allRows)))
          f.for(first, last, 1, r => {
            f.call(rowFn, {
              row: r.remU(s.rows),
              x: x
                .add(r.divU(s.rows).mul(s.x.image * 4))
                .add(r.remU(s.rows).mul(s.x.row * 4))
                .add(s.x.offset * 4),
              dy: dy.add(r.mul(s.columns * c * 4)),
              out,
            })
          })
        })
      },
    )
  })
  return (x: Address, dy: Address, dw: Address): void => {
    ctx.parallel(parts, 1, fn, { x, dy, partials })
    if (fold === undefined) sum.record(partials, dw)
    else {
      sum.record(partials, fold.source)
      fold.record(dw)
    }
  }
}

/** Reads a row of gradients, and the row of the image that its windows are the first to reach. */
function touchRows(f: FunctionBuilder, s: DepthwiseSums, x: LocalI32, dy: LocalI32): void {
  touch(f, dy, s.columns * s.channels * 4)
  // Clipped windows may reach beyond the image.
  if (s.bounds === undefined) {
    touch(f, f.let(x.add((s.taps[0].count - 1) * s.taps[0].x * 4)), s.columns * s.x.pixel * 4)
  }
}

/** Windows are unrolled, or, high ones, each row in a loop: `body` is given how many rows it lies behind the first. */
function forWindowRows(f: FunctionBuilder, count: number, body: (row: LocalI32 | undefined) => void): void {
  if (count <= UNROLLED) body(undefined)
  else f.for(0, count, 1, body)
}
const unrolledRows = (count: number): number => (count <= UNROLLED ? count : 1)

/** Channels in vectors, `together` at a time; the gradients of a few pixels are held while the taps of a row of the window are summed. */
function emitPixels(
  f: FunctionBuilder,
  s: DepthwiseSums,
  present: readonly LocalI32[] | undefined,
  x0: LocalI32,
  dy0: LocalI32,
  out0: LocalI32,
  together: number,
): void {
  const { channels: c, columns } = s
  const [th, tw] = s.taps
  const windowRow = (
    x: LocalI32,
    out: LocalI32,
    h: number,
    d: readonly (readonly LocalF32x4[])[],
    run: Run,
    widths: readonly number[],
  ): void => {
    for (let from = run.from; from < run.to; from += 4) {
      const group = Math.min(4, run.to - from)
      f.scope(() => {
        const at = (k: number, v: number): number => (h * tw.count + from + k) * c * 4 + v * 16
        const acc = Array.from({ length: group }, (_, k) =>
          widths.map((width, v) => f.let(loadLanes(f, out, width, at(k, v)))),
        )
        for (const [offset, uses] of sharedInputs(d.length, s.x.pixel, from - run.from, group, tw.x)) {
          f.scope(() => {
            const values = widths.map((width, v) => f.let(loadLanes(f, x, width, offset * 4 + v * 16)))
            for (const [p, k] of uses) {
              for (const [v, sum] of acc[k].entries()) sum.set(f.madd(values[v], d[p][v], sum))
            }
          })
        }
        for (const [k, sums] of acc.entries()) {
          for (const [v, sum] of sums.entries()) storeLanes(f, out, sum, widths[v], at(k, v))
        }
      })
    }
  }
  const vectors = (x0: LocalI32, dy: LocalI32, out0: LocalI32, run: Run, widths: readonly number[]): void => {
    f.scope(() => {
      const d = Array.from({ length: run.pixels }, (_, p) =>
        widths.map((width, v) => f.let(loadLanes(f, dy, width, p * c * 4 + v * 16))),
      )
      forWindowRows(f, th.count, row => {
        const x = row === undefined ? x0 : f.let(x0.add(row.mul(th.x * 4)))
        const out = row === undefined ? out0 : f.let(out0.add(row.mul(tw.count * c * 4)))
        for (let h = 0; h < unrolledRows(th.count); h++) {
          const sums = (): void =>
            f.scope(() => windowRow(h === 0 ? x : f.let(x.add(h * th.x * 4)), out, h, d, run, widths))
          if (present === undefined) sums()
          else f.if(present[h], sums)
        }
      })
    })
  }
  const tile = (run: Run): void => {
    f.scope(() => {
      const x = f.local('i32', x0.add(run.from * tw.x * 4))
      const [dy, out] = [f.local('i32', dy0), f.local('i32', out0)]
      const step = 4 * together
      f.repeat(Math.floor(c / step), () => {
        vectors(x, dy, out, run, new Array<number>(together).fill(4))
        for (const p of [x, dy, out]) p.inc(step * 4)
      })
      if (c % step !== 0) vectors(x, dy, out, run, vectorWidths(c % step))
    })
  }
  for (const run of columnRuns(columns, tw.count, s.bounds?.columns, PIXELS)) {
    f.repeat(run.repeat, () => {
      tile(run)
      x0.inc(run.pixels * s.x.pixel * 4)
      dy0.inc(run.pixels * c * 4)
    })
  }
}

/** Pixels and channels as one flat row: for each vector of a period, the sums of up to nine taps are held along the row. */
function emitFlat(f: FunctionBuilder, s: DepthwiseSums, x0: LocalI32, dy0: LocalI32, out0: LocalI32): void {
  const period = flatPeriod(s.channels)
  const floats = s.columns * s.channels
  const [th, tw] = s.taps
  const taps = Array.from({ length: unrolledRows(th.count) * tw.count }, (_, i) => ({
    x: (Math.floor(i / tw.count) * th.x + (i % tw.count) * tw.x) * 4,
    out: i * period * 4,
  }))
  const groups = Array.from({ length: Math.ceil(taps.length / HELD) }, (_, i) => taps.slice(HELD * i, HELD * (i + 1)))
  type Step = (x: LocalI32, dy: LocalI32, width: number) => void
  const sums = (out0: LocalI32, body: (step: Step) => void): void =>
    forWindowRows(f, th.count, row => {
      const out = row === undefined ? out0 : f.let(out0.add(row.mul(tw.count * period * 4)))
      for (const group of groups) {
        f.scope(() => {
          const acc = group.map(t => f.let(F32x4.load(out, t.out)))
          body((x0, dy, width) =>
            f.scope(() => {
              const d = f.let(loadLanes(f, dy, width))
              const x = row === undefined ? x0 : f.let(x0.add(row.mul(th.x * 4)))
              for (const [i, t] of group.entries()) acc[i].set(f.madd(loadLanes(f, x, width, t.x), d, acc[i]))
            }),
          )
          for (const [i, t] of group.entries()) f.store(out, acc[i], t.out)
        })
      }
    })
  const bound = f.let(dy0.add((floats - 3) * 4))
  const [x, dy, out] = [f.local('i32', x0), f.local('i32', dy0), f.local('i32', out0)]
  f.repeat(Math.floor(Math.min(period, floats) / 4), () => {
    sums(out, step => {
      const p = f.local('i32', x)
      f.forPointer(dy, bound, period * 4, d => {
        step(p, d, 4)
        p.inc(period * 4)
      })
    })
    for (const p of [x, dy, out]) p.inc(16)
  })
  if (floats % 4 !== 0) {
    const last = floats - (floats % 4)
    const [x, dy, out] = [f.let(x0.add(last * 4)), f.let(dy0.add(last * 4)), f.let(out0.add((last % period) * 4))]
    sums(out, step => step(x, dy, floats % 4))
  }
}

/** Prepares out[tap][c] = sum over r of source[tap][r * channels + c] within the period. */
function prepareFold(ctx: KernelContext, taps: number, channels: number) {
  const period = flatPeriod(channels)
  const source = ctx.scratch(taps * period * 4)
  const fn = ctx.define(`fold channels ${taps} ${channels}`, name =>
    ctx.module.func(name, { source: 'i32', out: 'i32' }, null, (f, { source, out }) => {
      f.repeat(taps, () => {
        f.repeat(channels, () => {
          const sum = f.local('f32', F32.load(source))
          for (let r = channels; r < period; r += channels) sum.set(sum.add(F32.load(source, r * 4)))
          f.store(out, sum)
          source.inc(4)
          out.inc(4)
        })
        source.inc((period - channels) * 4)
      })
    }),
  )
  return { source, record: (out: Address): void => ctx.call(fn, { source, out }) }
}
