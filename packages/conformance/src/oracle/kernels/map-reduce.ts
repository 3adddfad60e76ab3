// map and reduce.
import { broadcastStrides, sizeOf } from '@strata/api/backend'
import { Accumulator } from '../accumulator.js'
import { evaluateProgram } from '../scalar.js'
import { offsets, reducedOffsets, type Tensor } from '../tensor.js'
import { impl } from './impl.js'

const broadcast = (ins: readonly Tensor[], shape: readonly number[]): Int32Array[] =>
  ins.map(x => offsets(shape, broadcastStrides(x.shape, shape)))

export const map = impl<'map'>((arithmetic, { shape, program }, ins, outs) => {
  evaluateProgram(arithmetic, program, ins, broadcast(ins, shape), sizeOf(shape), (first, n, results) => {
    results.forEach((r, j) => {
      outs[j].value.set(r.value.subarray(0, n), first)
      outs[j].bound.set(r.bound.subarray(0, n), first)
    })
  })
})

export const reduce = impl<'reduce'>((arithmetic, { op, shape, program, axes }, ins, outs) => {
  const target = reducedOffsets(shape, axes)
  const at = broadcast(ins, shape)
  const n = sizeOf(shape)
  if (op === 'sum') {
    const sums = outs.map(o => new Accumulator(arithmetic, o))
    evaluateProgram(arithmetic, program, ins, at, n, (first, count, results) => {
      results.forEach((r, j) => {
        for (let i = 0; i < count; i++) sums[j].term(target[first + i], r.value[i], r.bound[i])
      })
    })
    for (const s of sums) s.finishTerms()
    return
  }
  const extremes = outs.map(o => new Extremes(o, op))
  evaluateProgram(arithmetic, program, ins, at, n, (first, count, results) => {
    results.forEach((r, j) => {
      for (let i = 0; i < count; i++) extremes[j].add(target[first + i], r.value[i], r.bound[i])
    })
  })
  for (const e of extremes) e.finish()
})

/** Running maxima or minima. NaN wins. The true extreme lies between those of all lower and of all upper ends. */
export class Extremes {
  private readonly low: Float64Array
  private readonly high: Float64Array
  private readonly sign: number

  constructor(
    private readonly out: Tensor,
    op: 'max' | 'min',
  ) {
    this.sign = op === 'max' ? 1 : -1
    this.low = new Float64Array(out.value.length).fill(-Infinity)
    this.high = new Float64Array(out.value.length).fill(-Infinity)
    out.value.fill(-Infinity)
  }

  add(o: number, x: number, e: number): void {
    const v = this.sign * x
    // Math.max gives NaN where either side is NaN.
    this.out.value[o] = Math.max(this.out.value[o], v)
    this.low[o] = Math.max(this.low[o], e === 0 ? v : v - e)
    this.high[o] = Math.max(this.high[o], e === 0 ? v : v + e)
  }

  finish(): void {
    const { value, bound } = this.out
    for (let o = 0; o < value.length; o++) {
      const y = value[o]
      const up = this.high[o] === y ? 0 : this.high[o] - y
      const down = this.low[o] === y ? 0 : y - this.low[o]
      const exact = Number.isNaN(y) && Number.isNaN(this.high[o])
      const e = Math.max(up, down)
      bound[o] = exact ? 0 : Number.isNaN(e) ? Infinity : e
      value[o] = this.sign * y
    }
  }
}
