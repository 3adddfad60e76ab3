// Normalization.adapt: statistics of arrays, batches and data sets.
import { describe, expect, test } from 'vitest'
import { DataError, ShapeError, StateError } from '../errors.js'
import * as L from './index.js'

describe('Normalization.adapt', () => {
  const weights = async (layer: L.Layer): Promise<number[][]> => (await layer.getWeights()).map(w => [...w])
  test('arrays, batches, data sets of examples: the same statistics', async () => {
    const all = [
      [1, 10],
      [2, 20],
      [3, 60],
    ]
    const want = [[2, 30], [2 / 3, 1400 / 3].map(Math.fround), [3]]
    async function* examples() {
      yield {
        x: [
          [1, 10],
          [2, 20],
        ],
        y: [0, 1],
      }
      yield { x: [[3, 60]], y: [0] }
    }
    const layers = [0, 1, 2].map(() => new L.Normalization())
    await layers[0].adapt(all)
    await layers[1].adapt(
      [Float32Array.of(1, 10), Float32Array.of(2, 20), Float32Array.of(3, 60)].map(data => ({ shape: [1, 2], data })),
    )
    await layers[2].adapt(examples())
    for (const layer of layers) expect(await weights(layer)).toEqual(want)
  })
  test('large means do not cancel, and a second call starts again', async () => {
    const layer = new L.Normalization({ axis: null })
    await layer.adapt([[1e7], [1e7 + 1], [1e7 + 2], [1e7 + 3]])
    expect(await weights(layer)).toEqual([[1e7 + 2], [1.25], [4]])
    await layer.adapt([[0], [2]])
    expect(await weights(layer)).toEqual([[1], [1], [2]])
  })
  test('refuses data that it cannot take', async () => {
    await expect(new L.Normalization({ mean: 0, variance: 1 }).adapt([[1]])).rejects.toThrow(StateError)
    await expect(new L.Normalization().adapt(new Set<number[]>())).rejects.toThrow(DataError)
    await expect(new L.Normalization().adapt([[1, Number.NaN]])).rejects.toThrow(/element 1 of the data/)
    const layer = new L.Normalization()
    await layer.adapt([[1, 2]])
    await expect(layer.adapt([[1, 2, 3]])).rejects.toThrow(ShapeError)
  })
})
