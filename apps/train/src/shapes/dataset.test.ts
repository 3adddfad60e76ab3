// The drawn data set: pure in (seed, split, index), balanced, in range, and its arguments checked.

import { ArgumentError, CancelledError } from '@strata/api'
import { describe, expect, it } from 'vitest'
import { drawShape, drawShapes } from './dataset.js'
import { CLASS_NAMES } from './distances.js'
import { IMAGE_ELEMENTS, type Split } from './draw.js'

const SPLITS: readonly Split[] = ['train', 'validation', 'test']

describe('drawShape', () => {
  it('depends on its arguments alone, not on what was drawn before', () => {
    const forward = [3, 4, 5, 6].map(i => drawShape(9, 'train', i).image)
    const backward = [6, 5, 4, 3].map(i => drawShape(9, 'train', i).image).reverse()
    expect(backward).toEqual(forward)
  })

  it('gives other images for another seed, split or index', () => {
    const seen = new Set<string>()
    let drawn = 0
    for (const seed of [0, 1, 2 ** 53 - 1])
      for (const split of SPLITS)
        for (const index of [0, 10, 20, 2 ** 31 + 2]) {
          const { image, label } = drawShape(seed, split, index)
          expect(label).toBe(index % 10)
          seen.add(Buffer.from(image.buffer).toString('latin1'))
          drawn++
        }
    expect(seen.size).toBe(drawn)
  })

  it('keeps every channel in [0, 1] and makes the shape stand out', () => {
    for (let index = 0; index < 100; index++) {
      const { image } = drawShape(5, 'test', index)
      expect(image.length).toBe(64 * 64 * 3)
      let least = 1
      let most = 0
      for (let at = 0; at < image.length; at += 3) {
        for (let c = 0; c < 3; c++) {
          // NaN fails both comparisons, and so the assertion.
          if (!(image[at + c] >= 0 && image[at + c] <= 1))
            expect.fail(`image ${index}, element ${at + c}: ${image[at + c]}`)
        }
        const luma = 0.2126 * image[at] + 0.7152 * image[at + 1] + 0.0722 * image[at + 2]
        least = Math.min(least, luma)
        most = Math.max(most, luma)
      }
      expect(most - least).toBeGreaterThan(0.4)
    }
  })

  it.each([
    [-1, 'train', 0],
    [0.5, 'train', 0],
    [2 ** 53, 'train', 0],
    [0, 'train', 2 ** 32],
    [0, 'train', -1],
    [0, 'train', Number.NaN],
  ] as const)('refuses seed %s, split %s, index %s', (seed, split, index) => {
    expect(() => drawShape(seed, split, index)).toThrow(ArgumentError)
  })

  it('refuses an unknown split', () => {
    const split: string = 'training'
    expect(() => drawShape(0, split as Split, 0)).toThrow(/split: expected train, validation or test, got 'training'/)
  })
})

describe('drawShapes', () => {
  it('holds each class equally often, in every split, as drawShape draws them', async () => {
    for (const split of SPLITS) {
      const { images, labels } = await drawShapes({ seed: 3, split, count: 300 })
      const counts = CLASS_NAMES.map((_, label) => labels.filter(l => l === label).length)
      expect(counts).toEqual(CLASS_NAMES.map(() => 30))
      const one = drawShape(3, split, 123)
      expect(labels[123]).toBe(one.label)
      expect(images.slice(123 * IMAGE_ELEMENTS, 124 * IMAGE_ELEMENTS)).toEqual(one.image)
    }
  })

  it('reports progress up to the end', async () => {
    const reports: number[] = []
    await drawShapes({ seed: 3, split: 'train', count: 600, onProgress: (done, count) => reports.push(done / count) })
    expect(reports.length).toBeGreaterThan(1)
    expect(reports).toEqual([...reports].sort((a, b) => a - b))
    expect(reports.at(-1)).toBe(1)
  })

  it('stops when the signal is aborted, before the start or half-way', async () => {
    const before = AbortSignal.abort()
    await expect(drawShapes({ seed: 3, split: 'train', count: 10, signal: before })).rejects.toThrow(CancelledError)
    const abort = new AbortController()
    let reached = 0
    const run = drawShapes({
      seed: 3,
      split: 'train',
      count: 2000,
      signal: abort.signal,
      onProgress: done => {
        reached = done
        abort.abort()
      },
    })
    await expect(run).rejects.toThrow(CancelledError)
    expect(reached).toBeLessThan(2000)
  })

  it.each([{ count: 0 }, { count: 1.5 }, { count: 1e6 }, { seed: -1 }, { size: 32 }])('refuses %o', async options => {
    await expect(drawShapes({ seed: 3, split: 'train', count: 10, ...options })).rejects.toThrow(ArgumentError)
  })
})
