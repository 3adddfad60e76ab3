// Sums and extrema of scalar programs over some dimensions: the passes of `reduce`.
//
// The reduction of one result is cut into blocks fixed by the shapes (never by the number of threads), whose results are
// reduced again: so the bits are always the same, error grows with the block and the depth rather than with the number of
// terms, and blocks of rows stay in the first-level cache while the columns are walked.
import { IDENTITY, type ScalarProgram, stridesOf } from '@strata/api/backend'
import { programCost, translate } from '../translate.js'
import { F32x4, type FunctionBuilder, I32, type LocalF32x4, type LocalI32 } from '../wasm/index.js'
import type { Address, Chunk, KernelContext } from './context.js'
import { collapse, forBlocks, forRows, loadLanes, type Pointers, storeLanes } from './loops.js'
import { GRAIN } from './map.js'
import { acrossLanes, fold, forLanes, onlyLanes } from './row-math.js'

type Op = 'sum' | 'max' | 'min'
const START: Readonly<Record<Op, number>> = { sum: 0, max: -Infinity, min: Infinity }
const COMBINE: Readonly<Record<Op, (a: F32x4, b: F32x4) => F32x4>> = {
  sum: (a, b) => a.add(b),
  // Both propagate NaN.
  max: (a, b) => a.max(b),
  min: (a, b) => a.min(b),
}

/** Terms of a block where the terms of a result are neighbours: 512 additions in each of 16 lanes. */
const ROW_TERMS = 8192
/** Elements of a block of rows, and the least and most rows. */
const BLOCK_ELEMENTS = 8192
const BLOCK_ROWS = [64, 512] as const
/**
 * Columns whose sums stay in the first-level cache, and rows that are read side by side for each load of a sum: half a
 * kilobyte of memory in all, as more streams at once defeat prefetching (a quarter of the bandwidth where rows are long).
 */
const PIECE = 2048
const rowsAtOnce = (columns: number): number => Math.max(1, Math.min(4, Math.floor(128 / columns)))

interface Reduction {
  readonly op: Op
  readonly program: ScalarProgram
  readonly shape: readonly number[]
  /** Strides of each input in the index space of `shape`. */
  readonly strides: readonly (readonly number[])[]
  readonly integer: readonly boolean[]
  readonly axes: readonly number[]
}

type RecordReduction = (ins: readonly Address[], outs: readonly Address[]) => void

/** Records a reduction: one pass, or a pass over blocks and a reduction of the blocks' results. */
export function reduction(ctx: KernelContext, r: Reduction): RecordReduction {
  const pass = new Pass(r)
  const record = pass.prepare(ctx)
  if (pass.blocks === 1) return record
  const partials = r.program.outs.map(() => ctx.scratch(pass.blocks * pass.results * 4))
  const shape = [pass.blocks, pass.results]
  const rest = reduction(ctx, {
    op: r.op,
    program: IDENTITY,
    shape,
    strides: [stridesOf(shape)],
    integer: [false],
    axes: [0],
  })
  return (ins, outs) => {
    record(ins, partials)
    outs.forEach((o, j) => {
      rest([partials[j]], [o])
    })
  }
}

interface Loop {
  readonly dim: number
  readonly count: number
}

/** One pass: results of [blocks, ...kept dimensions]. */
class Pass {
  readonly blocks: number
  readonly results: number
  readonly #r: Reduction
  readonly #shape: readonly number[]
  readonly #strides: readonly (readonly number[])[]
  readonly #kept: readonly number[]
  readonly #reduced: readonly number[]
  /** The dimension that is cut, and the length of a block along it. */
  readonly #cut: number | undefined
  readonly #block: number
  /** Whether the innermost dimension is kept: results are columns. */
  readonly #columns: boolean

  constructor(r: Reduction) {
    this.#r = r
    const { shape, strides, classes } = collapse(
      r.shape,
      r.strides,
      r.shape.map((_, i) => (r.axes.includes(i) ? 1 : 0)),
    )
    this.#shape = shape
    this.#strides = strides
    const dims = shape.map((_, i) => i)
    this.#kept = dims.filter(i => classes[i] === 0)
    this.#reduced = dims.filter(i => classes[i] === 1)
    this.#columns = classes.at(-1) === 0
    this.results = this.#kept.reduce((n, i) => n * shape[i], 1)
    const largest = Math.max(...this.#reduced.map(i => shape[i]))
    const cut = this.#reduced.find(i => shape[i] === largest)
    if (cut === undefined) {
      this.#cut = undefined
      this.#block = 1
      this.blocks = 1
      return
    }
    const others = this.#reduced.reduce((n, i) => (i === cut ? n : n * shape[i]), 1)
    const [least, most] = BLOCK_ROWS
    const terms = this.#columns
      ? Math.min(most, Math.max(least, Math.floor(BLOCK_ELEMENTS / shape.at(-1)!)))
      : ROW_TERMS
    const whole = Math.max(1, Math.floor(terms / others))
    // Where the cut dimension is contiguous, blocks are whole vectors.
    const block = cut === shape.length - 1 ? Math.max(16, Math.floor(whole / 16) * 16) : whole
    this.#block = Math.min(block, largest)
    this.blocks = Math.ceil(largest / this.#block)
    this.#cut = this.blocks === 1 ? undefined : cut
  }

  prepare(ctx: KernelContext): RecordReduction {
    const { op, program, integer } = this.#r
    const key = `reduce:${JSON.stringify([op, this.#shape, this.#strides, this.#reduced, this.#block, integer, program])}`
    const inputs = integer.map((_, k) => `in${k}`)
    const outputs = program.outs.map((_, j) => `out${j}`)
    const names = [...inputs, ...outputs]
    const inner = this.#columns ? this.#shape.at(-1)! : 1
    const registers = program.outs.length <= 2 ? 16 : program.outs.length <= 4 ? 8 : 4
    const width = inner <= registers ? registers : PIECE
    const perRow = Math.ceil(inner / width)
    const fn = ctx.define<Pointers & Chunk>(key, name => {
      const params: Pointers & Chunk = {
        ...Object.fromEntries(names.map(n => [n, 'i32' as const])),
        begin: 'i32',
        end: 'i32',
      }
      return ctx.module.func(name, params, null, (f, p) => {
        // The pointers' last is no pointer: it counts blocks in fours of bytes.
        const bases = [...names.map(n => p[n]), I32.of(0)]
        const keptOuter = this.#columns ? this.#kept.slice(0, -1) : this.#kept
        const outer = [this.blocks, ...keptOuter.map(i => this.#shape[i])]
        const resultStrides = stridesOf([...outer, inner]).slice(0, -1)
        const strides = [
          ...this.#strides.map(s => [
            this.#cut === undefined ? 0 : this.#block * s[this.#cut],
            ...keptOuter.map(i => s[i]),
          ]),
          ...outputs.map(() => resultStrides),
          [1, ...keptOuter.map(() => 0)],
        ]
        forRows(f, { outer, strides, blocks: perRow }, bases, p.begin, p.end, (rows, from, to) => {
          const emit = (length: number): void => {
            const loops = this.#reduced.map(dim => ({ dim, count: dim === this.#cut ? length : this.#shape[dim] }))
            const ends = rows.slice(0, -1)
            if (!this.#columns) this.#emitRow(f, ends, loops)
            else if (width === PIECE) this.#emitWide(f, ends, loops, from, to)
            else this.#emitColumns(f, ends, loops, width, from, to)
          }
          if (this.#cut === undefined) emit(0)
          else {
            const last = this.#shape[this.#cut] - (this.blocks - 1) * this.#block
            if (last === this.#block) emit(last)
            else {
              f.if(
                rows[names.length].eq((this.blocks - 1) * 4),
                () => emit(last),
                () => emit(this.#block),
              )
            }
          }
        })
      })
    })
    const terms = this.#reduced.reduce((n, i) => n * (i === this.#cut ? this.#block : this.#shape[i]), 1)
    const work = terms * Math.min(width, inner) * (programCost(program) + names.length)
    const units = this.blocks * (this.results / inner) * perRow
    return (ins, outs) => {
      const all = [...ins, ...outs]
      const addresses = Object.fromEntries(names.map((n, k) => [n, all[k]] as const))
      ctx.parallel<Pointers>(units, Math.ceil((GRAIN * 4) / work), fn, addresses)
    }
  }

  /**
   * Loops over reduced dimensions, the pointers moved along; the innermost takes `atOnce` steps a trip: `body` is given the
   * offsets of each in bytes.
   */
  #nest(
    f: FunctionBuilder,
    loops: readonly Loop[],
    pointers: readonly LocalI32[],
    atOnce: number,
    body: (p: readonly LocalI32[], steps: readonly (readonly number[])[]) => void,
  ): void {
    if (loops.length === 0) {
      body(pointers, [pointers.map(() => 0)])
      return
    }
    const [{ dim, count }, ...rest] = loops
    const several = rest.length === 0 ? atOnce : 1
    f.scope(() => {
      const p = pointers.map((q, k) => (this.#strides[k][dim] === 0 ? q : f.let(q)))
      const steps = (n: number): void => {
        if (rest.length > 0) for (let i = 0; i < n; i++) this.#nest(f, rest, p, atOnce, body)
        else if (n > 0)
          body(
            p,
            Array.from({ length: n }, (_, i) => p.map((_, k) => i * this.#strides[k][dim] * 4)),
          )
      }
      f.repeat(Math.floor(count / several), () => {
        steps(several)
        p.forEach((q, k) => {
          q.inc(this.#strides[k][dim] * several * 4)
        })
      })
      steps(count % several)
    })
  }

  #convert(v: F32x4, k: number): F32x4 {
    return this.#r.integer[k] ? v.asI32x4().toF32x4S() : v
  }

  /** Few neighbouring results: their sums are held in registers. */
  #emitColumns(
    f: FunctionBuilder,
    ends: readonly LocalI32[],
    loops: readonly Loop[],
    width: number,
    from: I32 | 0,
    to: I32 | 1,
  ): void {
    const { op, program, integer } = this.#r
    const last = this.#shape.length - 1
    const stride = this.#strides.map(s => s[last])
    const pointers = ends.map((row, k) => ({ row, stride: k < integer.length ? stride[k] : 1 }))
    forBlocks(f, this.#shape[last], width, from, to, pointers, (p, count) => {
      const vectors = Array.from({ length: Math.ceil(count / 4) }, (_, v) => Math.min(4, count - v * 4))
      // Few columns: several rows at a time, so that additions need not wait for one another.
      const atOnce = Math.max(1, Math.floor(4 / (vectors.length * program.outs.length)))
      const sums = vectors.map(() => program.outs.map(() => f.locals('f32x4', atOnce, START[op])))
      this.#nest(f, loops, p.slice(0, integer.length), atOnce, (q, steps) => {
        steps.forEach((offsets, chain) => {
          f.scope(() => {
            const splats = q.map((a, k) =>
              stride[k] === 0 ? f.let(this.#convert(F32x4.loadSplat(a, offsets[k]), k)) : undefined,
            )
            vectors.forEach((lanes, v) => {
              f.scope(() => {
                const values = q.map(
                  (a, k) => splats[k] ?? f.let(this.#convert(loadLanes(f, a, lanes, offsets[k] + v * 16), k)),
                )
                translate(f, program, values).forEach((x, j) => {
                  const sum = sums[v][j][chain]
                  sum.set(COMBINE[op](sum, x))
                })
              })
            })
          })
        })
      })
      vectors.forEach((lanes, v) => {
        sums[v].forEach((chains, j) => {
          storeLanes(f, p[integer.length + j], fold(f, chains, COMBINE[op]), lanes, v * 16)
        })
      })
    })
  }

  /**
   * Many neighbouring results: their sums are in memory, where the results go, so that each input is read in one stream.
   * What a few rows add to a sum is added up first.
   */
  #emitWide(f: FunctionBuilder, ends: readonly LocalI32[], loops: readonly Loop[], from: I32 | 0, to: I32 | 1): void {
    const { op, program, integer } = this.#r
    const last = this.#shape.length - 1
    const stride = this.#strides.map(s => s[last])
    // The same for every row that is reduced.
    const shared = this.#strides.map(s => this.#reduced.every(d => s[d] === 0))
    const pointers = ends.map((row, k) => ({ row, stride: k < integer.length ? stride[k] : 1 }))
    forBlocks(f, this.#shape[last], PIECE, from, to, pointers, (p, count) => {
      const [inputs, outputs] = [p.slice(0, integer.length), p.slice(integer.length)]
      for (const out of outputs) {
        forLanes(f, count, [out], ([q], lanes) => storeLanes(f, q, f.let(F32x4.of(START[op])), lanes))
      }
      this.#nest(f, loops, inputs, rowsAtOnce(count), (q, steps) => {
        f.scope(() => {
          const splats = q.map((a, k) =>
            stride[k] === 0 ? steps.map(offsets => f.let(this.#convert(F32x4.loadSplat(a, offsets[k]), k))) : undefined,
          )
          const moving = [...q.filter((_, k) => stride[k] !== 0), ...outputs]
          forLanes(f, count, moving, (at, lanes) => {
            const outs = at.slice(at.length - outputs.length)
            const ins = q.map((a, k) =>
              stride[k] === 0 ? a : at[q.slice(0, k).filter((_, i) => stride[i] !== 0).length],
            )
            const load = (k: number, offset: number): F32x4 => this.#convert(loadLanes(f, ins[k], lanes, offset), k)
            const once = q.map((_, k) => (shared[k] && stride[k] !== 0 ? f.let(load(k, 0)) : undefined))
            const terms = steps.map((offsets, row) =>
              translate(
                f,
                program,
                q.map((_, k) => splats[k]?.[row] ?? once[k] ?? f.let(load(k, offsets[k]))),
              ).map(x => f.let(x)),
            )
            outs.forEach((out, j) => {
              const sum = fold(
                f,
                terms.map(t => t[j]),
                COMBINE[op],
              )
              storeLanes(f, out, f.let(COMBINE[op](loadLanes(f, out, lanes), sum)), lanes)
            })
          })
        })
      })
    })
  }

  /** One result whose terms along the innermost dimension are neighbours. */
  #emitRow(f: FunctionBuilder, ends: readonly LocalI32[], loops: readonly Loop[]): void {
    const { op, program, integer } = this.#r
    const { dim: last, count: length } = loops[loops.length - 1]
    const stride = this.#strides.map(s => s[last])
    const chains = program.outs.length <= 2 ? 4 : program.outs.length <= 4 ? 2 : 1
    f.scope(() => {
      const sums = Array.from({ length: Math.min(chains, Math.ceil(length / 4)) }, () =>
        f.locals('f32x4', program.outs.length, START[op]),
      )
      this.#nest(f, loops.slice(0, -1), ends.slice(0, integer.length), 1, rows => {
        const splats = rows.map((a, k) => (stride[k] === 0 ? f.let(this.#convert(F32x4.loadSplat(a), k)) : undefined))
        const vector = (p: readonly LocalI32[], at: number, lanes: number, into: readonly LocalF32x4[]): void =>
          f.scope(() => {
            const values = p.map((a, k) => splats[k] ?? f.let(this.#convert(loadLanes(f, a, lanes, at * 4), k)))
            translate(f, program, values).forEach((x, j) => {
              into[j].set(COMBINE[op](into[j], onlyLanes(x, lanes, START[op])))
            })
          })
        const step = sums.length * 4
        const p = rows.map((a, k) => (stride[k] === 0 ? a : f.let(a)))
        f.repeat(Math.floor(length / step), () => {
          sums.forEach((sum, v) => {
            vector(p, v * 4, 4, sum)
          })
          p.forEach((a, k) => {
            a.inc(stride[k] * step * 4)
          })
        })
        const rest = length % step
        for (let i = 0; i < rest; i += 4) vector(p, i, Math.min(4, rest - i), sums[i / 4])
      })
      program.outs.forEach((_, j) => {
        const total = fold(
          f,
          sums.map(s => s[j]),
          COMBINE[op],
        )
        const result = acrossLanes(f, total, COMBINE[op])
        f.storeLane(ends[integer.length + j], result, 0)
      })
    })
  }
}
