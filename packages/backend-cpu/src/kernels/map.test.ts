// map: programs over every kind of broadcasting against a plain loop.
import { f32, i32, type ScalarProgram, sizeOf } from '@strata/api/backend'
import { describe, expect, it } from 'vitest'
import { backends, type Data, runStep, seeded } from '../harness.test.util.js'
import { eachElement } from './elements.test.util.js'

const AFFINE: ScalarProgram = {
  inputs: 3,
  code: [
    ['in', 0],
    ['in', 1],
    ['in', 2],
    ['mul', 0, 1],
    ['add', 3, 2],
    ['relu', 4],
  ],
  outs: [5, 3],
}

const SHAPES: (readonly (readonly number[])[])[] = [
  [[], [], [], []],
  [[1], [1], [], [1]],
  [[3], [3], [1], [3]],
  [[1027], [1027], [], [1027]],
  [[20_000], [20_000], [], [1]],
  [[7, 5], [7, 5], [5], [7, 1]],
  [[7, 1, 3], [1, 1, 3], [7, 1, 1], []],
  [[2, 3, 4, 5], [2, 1, 4, 1], [3, 1, 5], [5]],
  [[3, 70], [3, 70], [3, 1], [70]],
  [[2, 3, 131], [2, 1, 131], [3, 1], [131]],
  [[2, 2, 2, 2, 2, 2], [2, 1, 2, 1, 2, 1], [1, 2, 1, 2, 1, 2], [2]],
  [[5, 64], [5, 64], [64], [1, 64]],
  [[0, 4], [0, 4], [4], [1]],
  [[4, 0], [4, 1], [1, 0], [1]],
]

describe.each(backends)('map, fma $numerics.fma', backend => {
  it.each(SHAPES)('%j <- %j %j %j', async (shape, ...operands) => {
    const random = seeded(7)
    // Small integers: exact, so both ways to multiply and add agree with the loop.
    const data = operands.map(s => Float32Array.from({ length: sizeOf(s) }, () => Math.floor(random() * 17) - 8))
    const outs = await runStep(backend, 'map', { shape, program: AFFINE }, operands.map(f32), data)
    const want = [new Float32Array(sizeOf(shape)), new Float32Array(sizeOf(shape))]
    eachElement(shape, operands, (i, [a, b, c]) => {
      want[1][i] = data[0][a] * data[1][b]
      want[0][i] = Math.max(0, want[1][i] + data[2][c])
    })
    expect(outs[0]).toEqual(want[0].map(v => v + 0))
    expect(outs[1].map(v => v + 0)).toEqual(want[1].map(v => v + 0))
  })

  it('converts int32 inputs, splat or not', async () => {
    const program: ScalarProgram = {
      inputs: 2,
      code: [
        ['in', 0],
        ['in', 1],
        ['sub', 0, 1],
      ],
      outs: [2],
    }
    const data: Data[] = [Int32Array.from({ length: 9 }, (_, i) => i - 4), Int32Array.of(16777217)]
    const [y] = await runStep(backend, 'map', { shape: [9], program }, [i32([9]), i32([])], data)
    expect([...y]).toEqual([...data[0]].map(v => Math.fround(v - 16777216)))
  })

  it('works in place, with several outputs', async () => {
    const n = 1003
    const data = [0, 1, 2].map(k => Float32Array.from({ length: n }, (_, i) => ((i * (k + 3)) % 11) - 5))
    const inplace = [
      [0, 2],
      [1, 0],
    ] as const
    const outs = await runStep(
      backend,
      'map',
      { shape: [n], program: AFFINE },
      data.map(() => f32([n])),
      data,
      inplace,
    )
    expect(outs[1].map(v => v + 0)).toEqual(data[0].map((v, i) => v * data[1][i] + 0))
    expect(outs[0]).toEqual(data[0].map((v, i) => Math.max(0, v * data[1][i] + data[2][i])))
  })
})
