// The rule that makes parts of a data set.

import { ArgumentError } from '@strata/api'
import { describe, expect, it } from 'vitest'
import { type Part, split, splitWithTest, unitRange } from './parts.js'

function part(count: number): Part {
  const labels = Int32Array.from({ length: count }, (_, i) => i)
  return { images: { shape: [count, 1, 2, 1], data: Float32Array.from({ length: 2 * count }, (_, i) => i) }, labels }
}
const ends = (p: Part | null): number[] | null => (p === null ? null : [p.labels[0], p.labels.at(-1) ?? -1])
const endsOf = ({ train, validation, test }: ReturnType<typeof split>) => [train, validation, test].map(ends)

describe('split', () => {
  it('takes 15 % for validation and test, training first, the test last', () => {
    const parts = split(part(100), {})
    expect(endsOf(parts)).toEqual([
      [0, 69],
      [70, 84],
      [85, 99],
    ])
    expect(parts.validation?.images.shape).toEqual([15, 1, 2, 1])
    expect([...parts.test.images.data.subarray(0, 2)]).toEqual([170, 171])
  })

  it('leaves validation what counts leave', () => {
    expect(endsOf(split(part(100), { train: 80, test: 20 }))).toEqual([[0, 79], null, [80, 99]])
    expect(endsOf(split(part(100), { train: 10, test: 5 }))).toEqual([
      [0, 9],
      [80, 94],
      [95, 99],
    ])
    expect(() => split(part(10), { train: 8, validation: 1, test: 2 })).toThrow(ArgumentError)
    expect(() => split(part(2), {})).toThrow(/parts of 2 images/)
  })
})

it('splitWithTest validates on the end of the training images alone', () => {
  expect(endsOf(splitWithTest(part(20), part(7), {}))).toEqual([
    [0, 16],
    [17, 19],
    [0, 6],
  ])
  expect(endsOf(splitWithTest(part(20), part(7), { train: 20, test: 3 }))).toEqual([[0, 19], null, [0, 2]])
  expect(() => splitWithTest(part(20), part(7), { test: 8 })).toThrow(/at most the 7 that there are/)
})

it('unitRange maps bytes to [0, 1]', () => {
  expect([...unitRange(Uint8Array.of(0, 51, 255))]).toEqual([0, Math.fround(0.2), 1])
})
