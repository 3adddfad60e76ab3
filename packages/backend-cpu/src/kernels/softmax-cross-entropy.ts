// softmaxCrossEntropy: for each row of logits x and targets t, sum t (log sum exp(x - max) - (x - max)).
import { sizeOf } from '@strata/api/backend'
import { exp, log } from '../math/index.js'
import type { CpuImpl } from './context.js'
import { loadLanes } from './loops.js'
import { GRAIN } from './map.js'
import { acrossLanes, alongRow, fold, onlyLanes } from './row-math.js'
import { add, chainsOf, rowMaximum } from './softmax.js'

export const softmaxCrossEntropy: CpuImpl<'softmaxCrossEntropy'> = {
  // The decomposition knows what the maximum of nothing is: an error.
  supports: ({ ins: [x] }) => x.shape.at(-1) !== 0,
  prepare(ctx, { ins: [x] }) {
    const length = x.shape.at(-1)!
    const rows = sizeOf(x.shape) / length
    const chains = chainsOf(length)
    const params = { logits: 'i32', target: 'i32', to: 'i32', begin: 'i32', end: 'i32' } as const
    const fn = ctx.define(`softmaxCrossEntropy:${length}`, name =>
      ctx.module.func(name, params, null, (f, { logits, target, to, begin, end }) => {
        const x = f.let(logits.add(begin.mul(length * 4)))
        const t = f.let(target.add(begin.mul(length * 4)))
        const y = f.let(to.add(begin.shl(2)))
        f.for(begin, end, 1, () => {
          const top = rowMaximum(f, x, length)
          const sums = f.locals('f32x4', chains, 0)
          alongRow(f, length, chains, [x], ([p], offset, lanes, c) => {
            const e = exp(f, f.let(loadLanes(f, p, lanes, offset).sub(top)))
            sums[c].set(sums[c].add(onlyLanes(e, lanes, 0)))
          })
          const logSum = f.let(log(f, acrossLanes(f, fold(f, sums, add), add)))
          const losses = f.locals('f32x4', chains, 0)
          alongRow(f, length, chains, [x, t], ([p, q], offset, lanes, c) => {
            const cost = logSum.sub(loadLanes(f, p, lanes, offset).sub(top))
            const loss = loadLanes(f, q, lanes, offset).mul(cost)
            losses[c].set(losses[c].add(onlyLanes(loss, lanes, 0)))
          })
          f.storeLane(y, acrossLanes(f, fold(f, losses, add), add), 0)
          x.inc(length * 4)
          t.inc(length * 4)
          y.inc(4)
        })
      }),
    )
    const grain = Math.ceil(GRAIN / (length * 8))
    return ([logits, target], [to]) =>
      ctx.parallel<{ logits: 'i32'; target: 'i32'; to: 'i32' }>(rows, grain, fn, { logits, target, to })
  },
}
