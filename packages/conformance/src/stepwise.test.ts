// The step-by-step wrapper is the backend that it wraps, bit for bit, whole training steps included.
import { evaluate } from '@strata/api'
import { cpu } from '@strata/backend-cpu'
import { expect, test } from 'vitest'
import { networkOf } from './fuzz/network.js'
import { stepwise } from './stepwise.js'

const description = {
  batch: 2,
  size: [6, 5],
  channels: 3,
  choices: [0, 3, 4, 1, 3],
  optimizer: 'adam',
  loss: 'categoricalCrossentropy',
} as const

test.each([1, 2, 3, 4])('network of seed %i: the same bits as the whole plan', async seed => {
  const [plain, stepped] = [await cpu({ threads: 1 }), stepwise(await cpu({ threads: 1 }), {})]
  const g = networkOf({ ...description, choices: description.choices.map(c => c + 1009 * seed), seed })
  for (const fuse of [true, false]) {
    expect(await evaluate(stepped, g, g.feeds, { fuse })).toEqual(await evaluate(plain, g, g.feeds, { fuse }))
  }
  await stepped.sync()
  for (const b of [plain, stepped, stepped.inner]) {
    expect(b.memory()).toEqual({ buffers: 0, bytes: 0, executables: 0 })
    b.dispose()
  }
})
test('hooks see each step once, in order, with its inputs as they were', async () => {
  const seen: number[] = []
  const backend = stepwise(await cpu({ threads: 1 }), {
    after: ({ index, ins, spec }) => {
      seen.push(index)
      expect(ins.map(d => d.length)).toEqual(spec.ins.map(s => s.shape.reduce((a, b) => a * b, 1)))
    },
  })
  const g = networkOf({ ...description, seed: 1 })
  await evaluate(backend, g, g.feeds)
  expect(seen.length).toBeGreaterThan(10)
  expect(seen).toEqual(seen.map((_, i) => i))
  backend.dispose()
})
