// Host tensors: what is taken, what is refused and how the refusal reads; stacking, slicing, gathering, labels.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArgumentError, DataError, ShapeError } from '../errors.js'
import type { TensorLike } from './host-tensor.js'
import { gatherRows, hostTensor, isHostTensor, sliceRows, stack } from './host-tensor.js'
import { oneHot, trainTestSplit } from './labels.js'

const f32 = (shape: number[], ...values: number[]) => ({ shape, data: Float32Array.from(values) })

describe('hostTensor', () => {
  test('nested numbers become float32, row-major', () => {
    expect(
      hostTensor([
        [[1], [2]],
        [[3], [4]],
        [[5], [6]],
      ]),
    ).toEqual(f32([3, 2, 1], 1, 2, 3, 4, 5, 6))
    expect(hostTensor(7)).toEqual(f32([], 7))
  })

  test('typed arrays: no copy where the type stays, int32 and float32 otherwise', () => {
    const data = Uint8Array.of(1, 2, 3, 4)
    const t = hostTensor(data, [2, -1])
    expect(t.shape).toEqual([2, 2])
    expect(t.data).toBe(data)
    expect(hostTensor(Int16Array.of(-1, 2)).data).toEqual(Int32Array.of(-1, 2))
    expect(hostTensor(Float64Array.of(0.1)).data).toEqual(Float32Array.of(0.1))
    expect(hostTensor(t, [4]).data).toBe(data)
    expect(isHostTensor(t)).toBe(true)
    expect(isHostTensor({ shape: [1], data: [1] })).toBe(false)
  })

  test.each<[string, TensorLike, RegExp]>([
    ['ragged rows', [[1, 2], [3]], /ragged data at \[1\]: expected a list of 2, got 'a list of 1'/],
    ['number among lists', [[1, 2], 3], /ragged data at \[1\]: expected a list of 2, got 3/],
    ['list among numbers', [1, [2]], /element \[1\]: expected a number/],
    ['empty list', [], /expected elements/],
    ['empty inner list', [[], []], /data of shape \[2, 0\]/],
    ['empty typed array', new Float32Array(0), /expected elements/],
  ])('refuses %s', (_name, values, message) => {
    expect(() => hostTensor(values)).toThrow(DataError)
    expect(() => hostTensor(values)).toThrow(message)
  })

  test('refuses values that the types rule out', () => {
    const texts: unknown[] = ['a', 'b']
    expect(() => Reflect.apply(hostTensor, undefined, [texts])).toThrow(DataError)
    expect(() => Reflect.apply(hostTensor, undefined, [[1, null]])).toThrow(/element \[1\]/)
    expect(() => Reflect.apply(hostTensor, undefined, [new Map()])).toThrow(/got 'Map'/)
  })

  test('refuses shapes that do not fit', () => {
    expect(() => hostTensor([1, 2, 3], [2, 2])).toThrow(ShapeError)
    expect(() => hostTensor([1, 2, 3], [2, 2])).toThrow('elements for shape [2, 2]: expected 4, got 3')
    expect(() => hostTensor([1, 2, 3], [2, -1])).toThrow(ShapeError)
    expect(() => hostTensor([1, 2, 3], [0, -1])).toThrow(ShapeError)
    expect(() => hostTensor([1, 2, 3], [-1, -1])).toThrow(ArgumentError)
    expect(() => hostTensor([1, 2, 3], [1.5, 2])).toThrow(ArgumentError)
  })
})

describe('rows', () => {
  test('stack, sliceRows and gatherRows agree', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(fc.nat(3), { maxLength: 2 }), (n, inner) => {
        const width = inner.reduce((a, b) => a * b, 1)
        const rows = Array.from({ length: n }, (_, i) => ({
          shape: inner,
          data: Int32Array.from({ length: width }, (_, j) => 100 * i + j),
        }))
        const whole = stack(rows)
        expect(whole.shape).toEqual([n, ...inner])
        rows.forEach((row, i) => {
          expect(sliceRows(whole, i, i + 1)).toEqual({ shape: [1, ...inner], data: row.data })
        })
        const order = rows.map((_, i) => n - 1 - i)
        expect(gatherRows(whole, order)).toEqual(stack([...rows].reverse()))
      }),
    )
  })

  test('sliceRows is a view, gatherRows fills the given tensor', () => {
    const t = hostTensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ])
    expect(sliceRows(t, 1).data.buffer).toBe(t.data.buffer)
    const out = f32([2, 2], 0, 0, 0, 0)
    expect(gatherRows(t, [2, 0], out)).toBe(out)
    expect(out.data).toEqual(Float32Array.of(5, 6, 1, 2))
  })

  test('refusals name the row', () => {
    const t = hostTensor([
      [1, 2],
      [3, 4],
    ])
    expect(() => gatherRows(t, [0, 2])).toThrow('gatherRows: index 1: expected an integer in [0, 2), got 2')
    expect(() => gatherRows(t, [0], f32([2, 2], 0, 0, 0, 0))).toThrow(ShapeError)
    expect(() => gatherRows(t, [0], { shape: [1, 2], data: new Int32Array(2) })).toThrow(/float32 \[1, 2\].*int32/)
    expect(() => sliceRows(t, 1, 3)).toThrow(ArgumentError)
    expect(() => sliceRows(hostTensor(1), 0)).toThrow(ShapeError)
    expect(() => stack([])).toThrow(DataError)
    expect(() => stack([hostTensor([1]), hostTensor([1, 2])])).toThrow(/tensor 1: expected float32 \[1\]/)
  })
})

describe('oneHot', () => {
  test('rows of labels, from lists and tensors', () => {
    expect(oneHot([2, 0], 3)).toEqual(f32([2, 3], 0, 0, 1, 1, 0, 0))
    expect(oneHot(hostTensor(Uint8Array.of(1, 1), [2, 1]), 2)).toEqual(f32([2, 2], 0, 1, 0, 1))
  })

  test.each([
    [[0, 3], 'label 1: expected an integer in [0, 3), got 3'],
    [[-1], 'label 0: expected an integer in [0, 3), got -1'],
    [[0, 0, 0.5], 'label 2: expected an integer in [0, 3), got 0.5'],
    [[Number.NaN], 'got NaN'],
    [[], 'labels: expected at least one'],
  ])('refuses %j', (labels, message) => {
    expect(() => oneHot(labels, 3)).toThrow(DataError)
    expect(() => oneHot(labels, 3)).toThrow(message)
  })

  test('refuses other shapes and class counts', () => {
    expect(() => oneHot(hostTensor([[0, 1]]), 3)).toThrow(ShapeError)
    expect(() => oneHot([0], 0)).toThrow(ArgumentError)
  })
})

describe('trainTestSplit', () => {
  const x = hostTensor(
    Int32Array.from({ length: 20 }, (_, i) => i),
    [10, 2],
  )
  const y = hostTensor(Int32Array.from({ length: 10 }, (_, i) => i))

  test('keeps pairs together, takes every row once, depends on the seed only', () => {
    const a = trainTestSplit(x, y, { testFraction: 0.3, seed: 5 })
    expect([a.xTrain.shape, a.xTest.shape]).toEqual([
      [7, 2],
      [3, 2],
    ])
    const seen = [...a.yTrain.data, ...a.yTest.data]
    expect([...seen].sort((p, q) => p - q)).toEqual([...y.data])
    expect([...a.xTrain.data, ...a.xTest.data]).toEqual(seen.flatMap(i => [2 * i, 2 * i + 1]))
    expect(trainTestSplit(x, y, { testFraction: 0.3, seed: 5 })).toEqual(a)
    expect(trainTestSplit(x, y, { testFraction: 0.3, seed: 6 })).not.toEqual(a)
  })

  test('without shuffle the last rows are the test', () => {
    const fifty = hostTensor(Int32Array.from({ length: 50 }, (_, i) => i))
    expect(trainTestSplit(fifty, fifty, { testFraction: 0.14 }).xTest.shape).toEqual([7])
    expect([...trainTestSplit(x, y, { testFraction: 0.2, shuffle: false }).yTest.data]).toEqual([8, 9])
  })

  test('refusals', () => {
    expect(() => trainTestSplit(x, hostTensor([1, 2]))).toThrow('rows of y: expected 10, got 2')
    expect(() => trainTestSplit(hostTensor([1]), hostTensor([1]))).toThrow(DataError)
    expect(() => trainTestSplit(x, y, { testFraction: 1 })).toThrow(ArgumentError)
    expect(() => Reflect.apply(trainTestSplit, undefined, [x, y, { testSize: 0.2 }])).toThrow(/testSize/)
  })
})
