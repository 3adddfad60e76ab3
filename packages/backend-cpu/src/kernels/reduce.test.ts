// reduce against a float64 loop. Sums are held to the bound of docs/architecture.md, |error| <= 4 sqrt(n) u S + u |y|.
import { f32, i32, reducedShape, type ScalarProgram, sizeOf } from '@strata/api/backend'
import { describe, expect, it } from 'vitest'
import { backends, runStep, seeded } from '../harness.test.util.js'
import { eachElement } from './elements.test.util.js'

const U = 2 ** -24
/** x y, and x: two outputs. */
const PRODUCT: ScalarProgram = {
  inputs: 2,
  code: [
    ['in', 0],
    ['in', 1],
    ['mul', 0, 1],
  ],
  outs: [2, 0],
}

const CASES: [shape: number[], axes: number[], a: number[], b: number[]][] = [
  [[], [], [], []],
  [[5], [], [5], [1]],
  [[1], [0], [1], []],
  [[7], [0], [7], []],
  [[4, 5], [1], [4, 5], [5]],
  [[4, 5], [0], [4, 5], [5]],
  [[4, 5], [0, 1], [4, 1], [5]],
  [[33, 70], [1], [33, 70], [33, 1]],
  [[33, 70], [0], [33, 70], [70]],
  [
    [3, 4, 5, 6],
    [0, 2],
    [3, 4, 5, 6],
    [4, 1, 6],
  ],
  [
    [3, 4, 5, 6],
    [1, 3],
    [3, 4, 5, 6],
    [3, 1, 5, 1],
  ],
  [[2, 3, 1, 5], [0, 1, 2], [2, 3, 1, 5], []],
  [[1030, 3], [0], [1030, 3], [3]],
  [[3, 9000], [1], [3, 9000], [9000]],
  [[70_003], [0], [70_003], []],
  [[2000, 17], [0, 1], [2000, 17], [17]],
  [
    [5, 700, 9],
    [0, 1],
    [5, 700, 9],
    [700, 1],
  ],
  [
    [2, 2, 600, 3, 5],
    [0, 2],
    [2, 2, 600, 3, 5],
    [600, 3, 1],
  ],
  [
    [130, 40, 1, 11],
    [0, 3],
    [130, 1, 1, 11],
    [40, 1, 11],
  ],
  [[0, 4], [0], [0, 4], [4]],
  [[4, 0], [0], [4, 0], [1]],
]

describe.each(backends)('reduce, fma $numerics.fma', backend => {
  it.each(CASES)('%j over %j of %j and %j', async (shape, axes, ...operands) => {
    const random = seeded(9)
    const data = operands.map(s => Float32Array.from({ length: sizeOf(s) }, () => random() * 2 - 0.5))
    const empty = axes.some(a => shape[a] === 0)
    for (const op of empty ? (['sum'] as const) : (['sum', 'max', 'min'] as const)) {
      for (const keepdims of [false, true]) {
        const attrs = { op, shape, program: PRODUCT, axes, keepdims }
        const outs = await runStep(backend, 'reduce', attrs, operands.map(f32), data)
        const kept = reducedShape(shape, axes, true)
        const start = op === 'sum' ? 0 : op === 'max' ? -Infinity : Infinity
        const want = [0, 1].map(() => new Float64Array(sizeOf(kept)).fill(start))
        const size = [0, 1].map(() => new Float64Array(sizeOf(kept)))
        eachElement(shape, [...operands, kept], (_, [a, b, o]) => {
          const values = [data[0][a] * data[1][b], data[0][a]]
          values.forEach((v, j) => {
            size[j][o] += Math.abs(v)
            want[j][o] = op === 'sum' ? want[j][o] + v : Math[op](want[j][o], Math.fround(v))
          })
        })
        const n = sizeOf(shape) / sizeOf(kept)
        outs.forEach((y, j) => {
          expect(y.length).toBe(want[j].length)
          want[j].forEach((w, o) => {
            const bound = op === 'sum' ? U * ((4 * Math.sqrt(n) + 1) * size[j][o] + Math.abs(w)) : 0
            expect(Math.abs(y[o] - w), `${op} output ${j}, element ${o}`).toBeLessThanOrEqual(bound)
          })
        })
      }
    }
  })

  it('propagates NaN, and infinities', async () => {
    const identity: ScalarProgram = { inputs: 1, code: [['in', 0]], outs: [0] }
    for (const [shape, axes] of [
      [[3, 21], [1]],
      [[21, 3], [0]],
    ] as const) {
      const x = Float32Array.from({ length: 63 }, (_, i) => i - 30)
      const line = (i: number, k: number): number => (axes[0] === 1 ? i * 21 + k : k * 3 + i)
      x[line(0, 20)] = Number.NaN
      x[line(1, 0)] = Infinity
      x[line(2, 19)] = -Infinity
      for (const [op, want] of [
        ['max', [Number.NaN, Infinity, Math.max(...Array.from({ length: 21 }, (_, k) => x[line(2, k)]))]],
        ['min', [Number.NaN, Math.min(...Array.from({ length: 21 }, (_, k) => x[line(1, k)])), -Infinity]],
        ['sum', [Number.NaN, Infinity, -Infinity]],
      ] as const) {
        const attrs = { op, shape, program: identity, axes, keepdims: false }
        const [y] = await runStep(backend, 'reduce', attrs, [f32(shape)], [x])
        expect([...y], op).toEqual(want)
      }
    }
  })

  it('does not let unused lanes in: a program that is infinite at 0', async () => {
    const inverse: ScalarProgram = {
      inputs: 1,
      code: [
        ['const', 1],
        ['in', 0],
        ['div', 0, 1],
      ],
      outs: [2],
    }
    for (const n of [1, 2, 3, 5, 18]) {
      const attrs = { shape: [n], program: inverse, axes: [0], keepdims: false }
      for (const [op, want] of [
        ['sum', n / 2],
        ['max', 0.5],
        ['min', 0.5],
      ] as const) {
        const [y] = await runStep(backend, 'reduce', { op, ...attrs }, [f32([n])], [new Float32Array(n).fill(2)])
        expect(y[0]).toBe(want)
      }
    }
  })

  it('converts int32', async () => {
    const identity: ScalarProgram = { inputs: 1, code: [['in', 0]], outs: [0] }
    const x = Int32Array.from({ length: 50 }, (_, i) => i * i)
    const attrs = { op: 'sum', shape: [5, 10], program: identity, axes: [0], keepdims: false } as const
    const [y] = await runStep(backend, 'reduce', attrs, [i32([5, 10])], [x])
    expect([...y]).toEqual(Array.from({ length: 10 }, (_, c) => [0, 1, 2, 3, 4].reduce((n, r) => n + x[r * 10 + c], 0)))
  })

  it('sums a million equal numbers to a few units', async () => {
    const identity: ScalarProgram = { inputs: 1, code: [['in', 0]], outs: [0] }
    const n = 1_000_003
    const attrs = { op: 'sum', shape: [n], program: identity, axes: [0], keepdims: false } as const
    const [y] = await runStep(backend, 'reduce', attrs, [f32([n])], [new Float32Array(n).fill(0.1)])
    const want = n * Math.fround(0.1)
    expect(Math.abs(y[0] - want)).toBeLessThanOrEqual(U * 4 * Math.sqrt(n) * want)
  })
})
