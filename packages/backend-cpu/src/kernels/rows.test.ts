// softmax, softmaxCrossEntropy and moments against float64, with bounds from the arithmetic.
import { f32, reducedShape, sizeOf } from '@strata/api/backend'
import { describe, expect, it } from 'vitest'
import { backends, runStep, seeded, stepPlan } from '../harness.test.util.js'
import { ULP } from '../numerics.js'
import { eachElement } from './elements.test.util.js'

const U = 2 ** -24
const values = (n: number, scale: number, shift: number, seed = 4): Float32Array => {
  const random = seeded(seed)
  return Float32Array.from({ length: n }, () => (random() + random() + random() - 1.5) * scale + shift)
}

describe.each(backends)('rows, fma $numerics.fma', backend => {
  it.each([[[1]], [[5, 1]], [[3, 2]], [[7, 10]], [[4, 17]], [[2, 3, 1001]], [[0, 4]]])('softmax of %j', async shape => {
    const k = shape[shape.length - 1]
    for (const [scale, shift] of [
      [1, 0],
      [40, 0],
      [1, 1e4],
    ]) {
      const x = values(sizeOf(shape), scale, shift)
      for (const inplace of [[], [[0, 0]] as const]) {
        const [y] = await runStep(backend, 'softmax', {}, [f32(shape)], [x], inplace)
        for (let r = 0; r < y.length; r += k) {
          const row = x.subarray(r, r + k)
          const top = Math.max(...row)
          const e = [...row].map(v => Math.exp(v - top))
          const total = e.reduce((a, b) => a + b, 0)
          row.forEach((v, i) => {
            const want = e[i] / total
            const bound = want * U * (2 * Math.abs(v - top) + 4 * Math.sqrt(k) + 4 + 2 * ULP.exp) + 2 ** -149
            expect(Math.abs(y[r + i] - want)).toBeLessThanOrEqual(bound)
          })
        }
      }
    }
  })

  it('softmax of NaN and infinities', async () => {
    const x = Float32Array.of(1, Number.NaN, 2, 1, -Infinity, 1, 0, Infinity, 0)
    const [y] = await runStep(backend, 'softmax', {}, [f32([3, 3])], [x])
    expect([...y]).toEqual([NaN, NaN, NaN, 0.5, 0, 0.5, NaN, NaN, NaN])
  })

  it.each([[[1]], [[5, 1]], [[7, 10]], [[4, 17]], [[2, 3, 1001]], [[0, 4]]])(
    'softmaxCrossEntropy of %j',
    async shape => {
      const k = shape[shape.length - 1]
      const x = values(sizeOf(shape), 20, 3)
      const t = values(sizeOf(shape), 1, 0.5, 8)
      const [y] = await runStep(backend, 'softmaxCrossEntropy', {}, [f32(shape), f32(shape)], [x, t])
      expect(y.length).toBe(sizeOf(shape) / k)
      y.forEach((got, r) => {
        const row = [...x.subarray(r * k, r * k + k)]
        const top = Math.max(...row)
        const logSum = Math.log(row.reduce((n, v) => n + Math.exp(v - top), 0))
        let [want, size] = [0, 0]
        row.forEach((v, i) => {
          want += t[r * k + i] * (logSum - (v - top))
          size += Math.abs(t[r * k + i]) * (Math.abs(logSum) + Math.abs(v - top) + 1)
        })
        const bound = U * (size * (4 * Math.sqrt(k) + 8 + 2 * ULP.exp + 2 * ULP.log) + Math.abs(want))
        expect(Math.abs(got - want)).toBeLessThanOrEqual(bound)
      })
    },
  )

  it.each<[number[], number[]]>([
    [[5], [0]],
    [[6, 1], [0]],
    [[5, 3], [0]],
    [[3, 5], [1]],
    [[700, 9], [0]],
    [[1000, 70], [0]],
    [
      [2, 9, 10, 8],
      [0, 1, 2],
    ],
    [
      [2, 9, 10, 8],
      [1, 2, 3],
    ],
    [[3, 9000], [1]],
    [[40_001], [0]],
  ])('moments of %j over %j', async (shape, axes) => {
    const kept = reducedShape(shape, axes, true)
    const n = sizeOf(shape) / sizeOf(kept)
    for (const [scale, shift] of [
      [1, 0],
      [2, 1e4],
      [1e-3, -100],
    ]) {
      const x = values(sizeOf(shape), scale, shift)
      const [mean, variance] = await runStep(backend, 'moments', { axes }, [f32(shape)], [x])
      const m = new Float64Array(sizeOf(kept))
      const v = new Float64Array(sizeOf(kept))
      eachElement(shape, [kept], (i, [o]) => {
        m[o] += x[i] / n
      })
      eachElement(shape, [kept], (i, [o]) => {
        v[o] += (x[i] - m[o]) ** 2 / n
      })
      m.forEach((want, o) => {
        // The mean is rounded once; deviations of a block are sums of at most some thousand terms.
        const spread = Math.sqrt(v[o])
        expect(Math.abs(mean[o] - want)).toBeLessThanOrEqual(U * (Math.abs(want) + 4 * Math.sqrt(n) * spread))
        // Rounding x - m costs u |x - m| once; everything else is relative to the variance.
        expect(Math.abs(variance[o] - v[o])).toBeLessThanOrEqual(U * (4 * Math.sqrt(n) + 4) * v[o])
      })
    }
  })

  it('moments of rows whose first, or every eighth, lies far off', async () => {
    for (const far of [(r: number) => r % 8 === 0, (r: number) => r === 0, (r: number) => r < 16]) {
      const [rows, columns] = [1024, 5]
      const x = values(rows * columns, 2, 1e4).map((v, i) => (far(Math.floor(i / columns)) ? 0 : v))
      const [mean, variance] = await runStep(backend, 'moments', { axes: [0] }, [f32([rows, columns])], [x])
      for (let c = 0; c < columns; c++) {
        const column = Array.from({ length: rows }, (_, r) => x[r * columns + c])
        const m = column.reduce((a, v) => a + v, 0) / rows
        const v = column.reduce((a, w) => a + (w - m) ** 2, 0) / rows
        expect(Math.abs(mean[c] - m)).toBeLessThanOrEqual(U * (m + 4 * Math.sqrt(rows * v)))
        expect(Math.abs(variance[c] - v)).toBeLessThanOrEqual(U * (4 * Math.sqrt(rows) + 4) * v)
      }
    }
  })

  it('leaves split reductions to the decomposition of moments', () => {
    const { steps, tensors } = stepPlan('moments', { axes: [0, 2] }, [f32([2, 3, 4, 5])])
    const s = { ...steps[0], ins: [tensors[0].spec], outs: [tensors[1].spec, tensors[2].spec] }
    expect(backend.supports(s)).toBe(false)
  })
})
