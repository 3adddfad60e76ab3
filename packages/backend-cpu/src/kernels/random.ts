// random: Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), four counters at a time.
import { sizeOf } from '@strata/api/backend'
import { type FunctionBuilder, I32x4, type LocalI32x4 } from '../wasm/index.js'
import type { CpuImpl } from './context.js'
import { storeLanes } from './loops.js'
import { transpose4 } from './strided-copy.js'

const ROUNDS = 10
const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const
const WEYL = [0x9e3779b9, 0xbb67ae85] as const
/** Numbers of a unit: four blocks of four. */
const UNIT = 16

/** High and low words of the products with a constant. */
function products(f: FunctionBuilder, x: LocalI32x4, by: number): { high: I32x4; low: I32x4 } {
  const m = I32x4.of(by | 0)
  const even = f.let(x.mulWideLowU(m).asI32x4())
  const odd = f.let(x.mulWideHighU(m).asI32x4())
  return { high: even.shuffle(odd, [1, 3, 5, 7]), low: even.shuffle(odd, [0, 2, 4, 6]) }
}

export const random: CpuImpl<'random'> = {
  prepare(ctx, { attrs: { seed, stream }, outs: [y] }) {
    const size = sizeOf(y.shape)
    const units = Math.ceil(size / UNIT)
    const params = { step: 'i32', to: 'i32', begin: 'i32', end: 'i32' } as const
    const fn = ctx.define(`random:${JSON.stringify([seed, stream, size])}`, name =>
      ctx.module.func(name, params, null, (f, { step, to, begin, end }) => {
        const stepWord = f.let(I32x4.loadSplat(step))
        const q = f.let(to.add(begin.mul(UNIT * 4)))
        f.for(begin, end, 1, unit => {
          let counter = [
            f.let(I32x4.splat(unit.shl(2)).add(I32x4.of(0, 1, 2, 3))),
            f.let(stepWord),
            f.let(I32x4.of(stream | 0)),
            f.let(I32x4.of(0)),
          ]
          for (let r = 0; r < ROUNDS; r++) {
            const key = [0, 1].map(i => I32x4.of((seed[i] + r * WEYL[i]) | 0))
            const a = products(f, counter[0], MULTIPLIERS[0])
            const b = products(f, counter[2], MULTIPLIERS[1])
            counter = [
              f.let(b.high.xor(counter[1]).xor(key[0])),
              f.let(b.low),
              f.let(a.high.xor(counter[3]).xor(key[1])),
              f.let(a.low),
            ]
          }
          const uniform = counter.map(w =>
            f.let(
              w
                .shrU(8)
                .toF32x4S()
                .mul(2 ** -24),
            ),
          )
          const rows = transpose4(f, uniform)
          const write = (count: number): void => {
            for (let i = 0; i < count; i += 4) storeLanes(f, q, rows[i / 4], Math.min(4, count - i), i * 4)
          }
          const rest = size % UNIT
          if (rest === 0) write(UNIT)
          else
            f.if(
              unit.eq(units - 1),
              () => write(rest),
              () => write(UNIT),
            )
          q.inc(UNIT * 4)
        })
      }),
    )
    return ([step], [to]) => ctx.parallel<{ step: 'i32'; to: 'i32' }>(units, 256, fn, { step, to })
  },
}
