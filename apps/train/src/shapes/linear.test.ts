// What the task asks of a model: a linear one (multinomial logistic regression) must fail on it, on raw pixels and on
// standardised ones, so that a network which passes has learnt shapes and not colours or places.

import { describe, expect, it } from 'vitest'
import { drawShapes, type ShapeData } from './dataset.js'
import { IMAGE_ELEMENTS } from './draw.js'

const CLASSES = 10
const N = IMAGE_ELEMENTS

// Gives each pixel zero mean and unit deviation over the training images.
function standardise(train: ShapeData, others: readonly ShapeData[]): ShapeData[] {
  const count = train.labels.length
  const mean = new Float64Array(N)
  const square = new Float64Array(N)
  train.images.forEach((v, at) => {
    mean[at % N] += v / count
    square[at % N] += (v * v) / count
  })
  const scaled = (v: number, at: number): number => (v - mean[at % N]) / Math.sqrt(square[at % N] - mean[at % N] ** 2)
  return others.map(({ images, labels }) => ({ images: images.map(scaled), labels }))
}

// Softmax regression by minibatch gradient descent with momentum; weights and velocity are [class][pixel], bias last.
function train(data: ShapeData, epochs: number, rate: number): Float32Array {
  const weights = new Float32Array(CLASSES * (N + 1))
  const velocity = new Float32Array(weights.length)
  const batch = 50
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let start = 0; start < data.labels.length; start += batch) {
      for (let at = 0; at < velocity.length; at++) velocity[at] *= 0.9
      for (let i = start; i < start + batch; i++) {
        const x = data.images.subarray(i * N, (i + 1) * N)
        const z = scores(weights, x)
        const top = Math.max(...z)
        const exps = z.map(v => Math.exp(v - top))
        const sum = exps.reduce((a, b) => a + b)
        for (let c = 0; c < CLASSES; c++) {
          const slope = (-rate / batch) * (exps[c] / sum - (data.labels[i] === c ? 1 : 0))
          const row = velocity.subarray(c * (N + 1), (c + 1) * (N + 1))
          for (let k = 0; k < N; k++) row[k] += slope * x[k]
          row[N] += slope
        }
      }
      for (let at = 0; at < weights.length; at++) weights[at] += velocity[at]
    }
  }
  return weights
}

function scores(weights: Float32Array, x: Float32Array): number[] {
  return Array.from({ length: CLASSES }, (_, c) => {
    const row = weights.subarray(c * (N + 1), (c + 1) * (N + 1))
    let sum = row[N]
    for (let k = 0; k < N; k++) sum += row[k] * x[k]
    return sum
  })
}

function accuracy(weights: Float32Array, data: ShapeData): number {
  let right = 0
  data.labels.forEach((label, i) => {
    const z = scores(weights, data.images.subarray(i * N, (i + 1) * N))
    if (z.indexOf(Math.max(...z)) === label) right++
  })
  return right / data.labels.length
}

describe('a linear model', () => {
  it('stays under 60 % on raw and on standardised pixels', async () => {
    const raw = await drawShapes({ seed: 1, split: 'train', count: 2000 })
    const rawTest = await drawShapes({ seed: 1, split: 'test', count: 500 })
    const [scaled, scaledTest] = standardise(raw, [raw, rawTest])
    for (const [data, test, rate] of [
      [raw, rawTest, 1e-3],
      [scaled, scaledTest, 1e-4],
    ] as const) {
      const weights = train(data, 5, rate)
      // It does learn: its training images by heart, far better than chance (10 %). So the test below means something.
      expect(accuracy(weights, data)).toBeGreaterThan(0.2)
      expect(accuracy(weights, test)).toBeLessThan(0.6)
    }
  })
})
