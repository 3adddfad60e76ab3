// moments: mean and population variance of columns (batch normalisation) or rows (layer normalisation), reading memory once.
//
// Blocks of rows fixed by the shapes: a shift m, the mean of a part p of the block, then the sums of d = x - m and d^2 in
// one reading. The blocks are joined in doubles by the parallel formula of Chan, Golub and LeVeque (1979): exact block means
// are m + sum d / n, exact squared deviations sum d^2 - (sum d)^2 / n. However large the mean, little cancels: if the part's
// mean lies D from the block's, the block's variance is at least D^2 p / (1 - p), so sum d^2 / n exceeds it by a factor of
// at most 1 / p (8 here, 1 typically).
import { sizeOf, stridesOf } from '@strata/api/backend'
import { F32x4, F64x2, type FunctionBuilder, type LocalF32x4, type LocalI32 } from '../wasm/index.js'
import type { CpuImpl } from './context.js'
import { collapse, forBlocks, forRows, loadLanes, storeLanes } from './loops.js'
import { GRAIN } from './map.js'
import { acrossLanes, alongRow, fold, forLanes, onlyLanes } from './row-math.js'
import { add, chainsOf } from './softmax.js'

/** Elements of a block of rows: a first-level cache; the least and most rows. */
const BLOCK_ELEMENTS = 8192
const BLOCK_ROWS = [32, 256] as const
/** Columns whose sums are held in registers, and those whose sums stay in the first-level cache. */
const [FEW, PIECE] = [8, 2048]
/** Rows that are read side by side for each load of a sum: half a kilobyte, as in reduction.ts. */
const rowsAtOnce = (columns: number): number => Math.max(1, Math.min(4, Math.floor(128 / columns)))
/** The rows whose mean is the shift: the first ones, as memory is then read in one stream. */
const headOf = (length: number): number => Math.floor(length / (length >= 64 ? 8 : length >= 16 ? 4 : 1))

/** Merged dimensions: [rows, columns] reduced over rows, or [results, terms] reduced over terms. */
function layout(shape: readonly number[], axes: readonly number[]) {
  const classes = shape.map((_, i) => (axes.includes(i) ? 1 : 0))
  return collapse(shape, [stridesOf(shape)], classes)
}

/** `n` rows, `stride` elements apart, several a trip: `body` is given their offsets in bytes. */
function alongRows(
  f: FunctionBuilder,
  n: number,
  stride: number,
  atOnce: number,
  first: LocalI32,
  body: (row: LocalI32, steps: readonly number[]) => void,
): void {
  f.scope(() => {
    const row = f.let(first)
    const several = (k: number): void => {
      if (k > 0)
        body(
          row,
          Array.from({ length: k }, (_, i) => i * stride * 4),
        )
    }
    f.repeat(Math.floor(n / atOnce), () => {
      several(atOnce)
      row.inc(atOnce * stride * 4)
    })
    several(n % atOnce)
  })
}

export const moments: CpuImpl<'moments'> = {
  supports({ attrs: { axes }, ins: [x] }) {
    const { shape, classes } = layout(x.shape, axes)
    // Reduced dimensions in one piece; others are left to the decomposition.
    return sizeOf(x.shape) > 0 && shape.length <= 2 && classes.filter(c => c === 1).length === 1
  },
  prepare(ctx, { attrs: { axes }, ins: [x] }) {
    const { shape, classes } = layout(x.shape, axes)
    const columns = classes.at(-1) === 0
    const terms = columns ? shape[0] : shape.at(-1)!
    const results = sizeOf(shape) / terms
    const [least, most] = BLOCK_ROWS
    const rows = columns ? Math.min(most, Math.max(least, Math.floor(BLOCK_ELEMENTS / results))) : BLOCK_ELEMENTS
    const block = Math.min(rows, terms)
    const blocks = Math.ceil(terms / block)
    const last = terms - (blocks - 1) * block
    // Three planes [blocks, results]: m, sum d, sum d^2.
    const plane = blocks * results
    const partials = ctx.scratch(3 * plane * 4)

    const params = { from: 'i32', to: 'i32', begin: 'i32', end: 'i32' } as const
    const key = JSON.stringify([columns, terms, results])
    const lengths = (f: FunctionBuilder, block4: LocalI32, emit: (length: number) => void): void => {
      if (last === block) emit(block)
      else
        f.if(
          block4.eq((blocks - 1) * 4),
          () => emit(last),
          () => emit(block),
        )
    }
    const width = results <= FEW ? FEW : PIECE
    const perRow = columns ? Math.ceil(results / width) : 1
    const first = ctx.define(`moments1:${key}`, name =>
      ctx.module.func(name, params, null, (f, { from, to, begin, end }) => {
        // The third pointer is none: it counts blocks in fours of bytes.
        const spec = columns
          ? { outer: [blocks], strides: [[block * results], [results], [1]], blocks: perRow }
          : {
              outer: [blocks, results],
              strides: [
                [block, terms],
                [results, 1],
                [1, 0],
              ],
              blocks: 1,
            }
        const zero = f.local('i32', 0)
        forRows(f, spec, [from, to, zero], begin, end, ([x, y, at], low, high) => {
          lengths(f, at, length => {
            if (!columns) emitRow(f, x, y, length)
            else {
              const pointers = [
                { row: x, stride: 1 },
                { row: y, stride: 1 },
              ]
              forBlocks(f, results, width, low, high, pointers, ([p, q], count) => {
                const emit = width === FEW ? emitColumns : emitWide
                emit(f, p, q, count, length)
              })
            }
          })
        })
      }),
    )
    /** Few columns: their sums are held in registers. */
    function emitColumns(f: FunctionBuilder, p: LocalI32, q: LocalI32, count: number, length: number): void {
      const vectors = Array.from({ length: Math.ceil(count / 4) }, (_, v) => ({
        offset: v * 16,
        lanes: Math.min(4, count - v * 4),
      }))
      // Several rows at a time, so that additions need not wait for one another.
      const together = Math.max(1, Math.floor(4 / vectors.length))
      const chains = (): LocalF32x4[][] => vectors.map(() => f.locals('f32x4', together, 0))
      f.scope(() => {
        const means = f.locals('f32x4', vectors.length)
        f.scope(() => {
          const sums = chains()
          alongRows(f, headOf(length), results, together, p, (row, steps) => {
            steps.forEach((at, chain) => {
              vectors.forEach(({ offset, lanes }, v) => {
                const sum = sums[v][chain]
                sum.set(sum.add(loadLanes(f, row, lanes, at + offset)))
              })
            })
          })
          means.forEach((m, v) => {
            m.set(fold(f, sums[v], add).div(headOf(length)))
          })
        })
        const d1 = chains()
        const d2 = chains()
        alongRows(f, length, results, together, p, (row, steps) => {
          steps.forEach((at, chain) => {
            vectors.forEach(({ offset, lanes }, v) => {
              f.scope(() => {
                const d = f.let(loadLanes(f, row, lanes, at + offset).sub(means[v]))
                d1[v][chain].set(d1[v][chain].add(d))
                d2[v][chain].set(f.madd(d, d, d2[v][chain]))
              })
            })
          })
        })
        vectors.forEach(({ offset, lanes }, v) => {
          ;[means[v], fold(f, d1[v], add), fold(f, d2[v], add)].forEach((value, k) => {
            storeLanes(f, q, value, lanes, offset + k * plane * 4)
          })
        })
      })
    }
    /** Many columns: sums are in memory, in their planes, so that rows are read one after another. */
    function emitWide(f: FunctionBuilder, p: LocalI32, q: LocalI32, count: number, length: number): void {
      const together = rowsAtOnce(count)
      const [atD1, atD2] = [plane * 4, 2 * plane * 4]
      const sumOf = (terms: readonly F32x4[]): LocalF32x4 =>
        fold(
          f,
          terms.map(t => f.let(t)),
          add,
        )
      f.memoryFill(q, 0, count * 4)
      alongRows(f, headOf(length), results, together, p, (row, steps) => {
        forLanes(f, count, [row, q], ([x, m], lanes) => {
          const sum = sumOf(steps.map(at => loadLanes(f, x, lanes, at)))
          storeLanes(f, m, f.let(loadLanes(f, m, lanes).add(sum)), lanes)
        })
      })
      forLanes(f, count, [q], ([m], lanes) => {
        storeLanes(f, m, f.let(loadLanes(f, m, lanes).div(headOf(length))), lanes)
        storeLanes(f, m, f.let(F32x4.of(0)), lanes, atD1)
        storeLanes(f, m, f.let(F32x4.of(0)), lanes, atD2)
      })
      alongRows(f, length, results, together, p, (row, steps) => {
        forLanes(f, count, [row, q], ([x, m], lanes) => {
          const mean = f.let(loadLanes(f, m, lanes))
          const d = steps.map(at => f.let(loadLanes(f, x, lanes, at).sub(mean)))
          const squares = f.local('f32x4', loadLanes(f, m, lanes, atD2))
          for (const e of d) squares.set(f.madd(e, e, squares))
          storeLanes(f, m, f.let(loadLanes(f, m, lanes, atD1).add(fold(f, d, add))), lanes, atD1)
          storeLanes(f, m, squares, lanes, atD2)
        })
      })
    }
    function emitRow(f: FunctionBuilder, p: LocalI32, q: LocalI32, length: number): void {
      f.scope(() => {
        const part = Math.max(Math.min(16, length), Math.floor(length / 8))
        const head = f.locals('f32x4', chainsOf(part), 0)
        alongRow(f, part, head.length, [p], ([a], offset, lanes, c) => {
          head[c].set(head[c].add(loadLanes(f, a, lanes, offset)))
        })
        const mean = f.let(acrossLanes(f, fold(f, head, add), add).div(part))
        const chains = chainsOf(length)
        const d1 = f.locals('f32x4', chains, 0)
        const d2 = f.locals('f32x4', chains, 0)
        alongRow(f, length, chains, [p], ([a], offset, lanes, c) => {
          const d = f.let(onlyLanes(loadLanes(f, a, lanes, offset).sub(mean), lanes, 0))
          d1[c].set(d1[c].add(d))
          d2[c].set(f.madd(d, d, d2[c]))
        })
        ;[mean, acrossLanes(f, fold(f, d1, add), add), acrossLanes(f, fold(f, d2, add), add)].forEach((v, k) => {
          f.storeLane(q, v, 0, k * plane * 4)
        })
      })
    }

    const second = ctx.define(`moments2:${key}`, name => {
      const params = { from: 'i32', mean: 'i32', variance: 'i32', begin: 'i32', end: 'i32' } as const
      return ctx.module.func(name, params, null, (f, { from, mean, variance, begin, end }) => {
        // A unit is two results: the lanes of a double vector; the last may be one.
        f.for(begin, end, 1, unit => {
          const at = f.let(from.add(unit.mul(8)))
          const out = (p: LocalI32): LocalI32 => f.let(p.add(unit.mul(8)))
          const emit = (lanes: number): void => {
            const load = (p: LocalI32, k: number): F64x2 => loadLanes(f, p, lanes, k * plane * 4).promoteLow()
            const over = (body: (p: LocalI32, n: number) => void): void =>
              f.scope(() => {
                const p = f.let(at)
                f.repeat(blocks - 1, () => {
                  body(p, block)
                  p.inc(results * 4)
                })
                body(p, last)
              })
            const all = f.local('f64x2', F64x2.of(0))
            over((p, n) => all.set(all.add(load(p, 0).mul(F64x2.of(n)).add(load(p, 1)))))
            const center = f.let(all.div(F64x2.of(terms)))
            const squares = f.local('f64x2', F64x2.of(0))
            // Deviations from the common mean: sum (d + (m - center))^2.
            over((p, n) => {
              const shift = f.let(load(p, 0).sub(center))
              const cross = load(p, 1)
                .mul(F64x2.of(2))
                .add(shift.mul(F64x2.of(n)))
                .mul(shift)
              squares.set(squares.add(load(p, 2).add(cross)))
            })
            const spread = f.let(squares.div(F64x2.of(terms)).demoteZero().pmax(0))
            storeLanes(f, out(mean), f.let(center.demoteZero()), lanes)
            storeLanes(f, out(variance), spread, lanes)
          }
          if (results % 2 === 0) emit(2)
          else
            f.if(
              unit.eq((results - 1) / 2),
              () => emit(1),
              () => emit(2),
            )
        })
      })
    })
    const work = block * (columns ? Math.min(width, results) : 1) * 2
    return ([from], [mean, variance]) => {
      ctx.parallel<{ from: 'i32'; to: 'i32' }>(columns ? blocks * perRow : plane, Math.ceil(GRAIN / work), first, {
        from,
        to: partials,
      })
      ctx.parallel<{ from: 'i32'; mean: 'i32'; variance: 'i32' }>(
        Math.ceil(results / 2),
        Math.ceil(GRAIN / (blocks * 8)),
        second,
        {
          from: partials,
          mean,
          variance,
        },
      )
    }
  },
}
