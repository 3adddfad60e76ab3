// Depthwise rows whose channels do not fill vectors (RGB): pixels and channels are one flat row of floats, and the weights
// repeat with the least common multiple of the channels and four.
import type { Address, KernelContext } from '../kernels/context.js'
import { loadLanes } from '../kernels/loops.js'
import { F32, F32x4, type FunctionBuilder, type LocalF32x4, type LocalI32 } from '../wasm/index.js'
import { UNROLLED } from './clip.js'
import { type DepthwiseShape, finish, lowestTap, type RowPointers } from './depthwise.js'
import type { Epilogue } from './epilogue.js'

/** Floats after which channels and vectors coincide again. */
export const flatPeriod = (channels: number): number => channels * (channels % 4 === 0 ? 1 : channels % 2 === 0 ? 2 : 4)

/** Taps whose weights, or sums, are held in registers; of larger windows they are in memory. */
export const HELD = 9

/** Prepares out[row][i] = source[row][i % channels] for i below the period. */
export function expandChannels(ctx: KernelContext, rows: number, channels: number): (source: Address) => Address {
  const period = flatPeriod(channels)
  const target = ctx.scratch(rows * period * 4)
  const fn = ctx.define(`expand channels ${rows} ${channels}`, name =>
    ctx.module.func(name, { source: 'i32', target: 'i32' }, null, (f, { source, target }) => {
      f.repeat(rows, () => {
        f.repeat(channels, () => {
          const v = f.let(F32.load(source))
          for (let r = 0; r < period; r += channels) f.store(target, v, r * 4)
          source.inc(4)
          target.inc(4)
        })
        target.inc((period - channels) * 4)
      })
    }),
  )
  return source => {
    ctx.call(fn, { source, target })
    return target
  }
}

/** One output row as a flat row; weights and per-channel operands are expanded to the period. */
export function emitFlatRow(
  f: FunctionBuilder,
  s: DepthwiseShape,
  at: RowPointers,
  epilogue: Epilogue | undefined,
): void {
  const operands = epilogue?.operands ?? []
  const period = flatPeriod(s.channels)
  const floats = s.columns * s.channels
  const [th, tw] = s.taps
  const looped = th.count > UNROLLED
  const low = lowestTap(s, looped)
  const taps = Array.from({ length: (looped ? 1 : th.count) * tw.count }, (_, i) => {
    const [h, w] = [Math.floor(i / tw.count), i % tw.count]
    return { x: (h * th.x + w * tw.x) * 4, w: (s.tap - low + h * th.w + w * tw.w) * period * 4 }
  })
  const vector = (
    x: LocalI32,
    w: LocalI32,
    held: readonly LocalF32x4[] | undefined,
    width: number,
    pointers: Pick<RowPointers, 'y' | 'operands'>,
  ): void => {
    f.scope(() => {
      const sum = f.local('f32x4', 0)
      const row = (x: LocalI32, w: LocalI32): void =>
        taps.forEach((t, i) => {
          sum.set(f.madd(loadLanes(f, x, width, t.x), held?.[i] ?? F32x4.load(w, t.w), sum))
        })
      if (looped) {
        const [rowX, rowW] = [f.local('i32', x), f.local('i32', w)]
        f.repeat(th.count, () => {
          row(rowX, rowW)
          rowX.inc(th.x * 4)
          rowW.inc(th.w * period * 4)
        })
      } else row(x, w)
      finish(f, [[sum]], [width], 0, pointers, epilogue)
    })
  }
  const hold = (w: LocalI32) => (taps.length <= HELD && !looped ? taps.map(t => f.let(F32x4.load(w, t.w))) : undefined)
  const bound = f.let(at.y.add((floats - 3) * 4))
  const x0 = f.local('i32', at.x)
  const y0 = f.local('i32', at.y)
  const w0 = f.let(at.w.add(low * period * 4))
  const o0 = operands.map((kind, i) => (kind === 'scalar' ? at.operands[i] : f.local('i32', at.operands[i])))
  if (floats >= 4) {
    f.repeat(Math.min(period, floats - (floats % 4)) / 4, () => {
      const x = f.local('i32', x0)
      const o = operands.map((kind, i) => (kind === 'full' ? f.local('i32', o0[i]) : o0[i]))
      const held = hold(w0)
      f.forPointer(y0, bound, period * 4, y => {
        vector(x, w0, held, 4, { y, operands: o })
        x.inc(period * 4)
        operands.forEach((kind, i) => {
          if (kind === 'full') o[i].inc(period * 4)
        })
      })
      for (const p of [x0, y0, w0, ...o0.filter((_, i) => operands[i] !== 'scalar')]) p.inc(16)
    })
  }
  if (floats % 4 !== 0) {
    const last = floats - (floats % 4)
    f.scope(() => {
      const shifted = (p: LocalI32, float: number): LocalI32 => f.let(p.add(float * 4))
      const w = shifted(at.w, low * period + (last % period))
      const o = operands.map((kind, i) =>
        kind === 'scalar' ? at.operands[i] : shifted(at.operands[i], kind === 'full' ? last : last % period),
      )
      const x = shifted(at.x, last)
      vector(x, w, undefined, floats % 4, { y: shifted(at.y, last), operands: o })
    })
  }
}
