// The order of measuring, and what a sample is, on a clock that the test moves.

import { expect, it } from 'vitest'
import { measureInRounds, type Pace, paceOf, type Timed } from './rounds.js'

const pace = (samples: number, repeats = 1, settle = false): Pace => ({ samples, repeats, settle })
const never = new AbortController().signal

function clockwork() {
  let time = 0
  const order: string[] = []
  const item = (name: string, ms: number): Timed & { name: string } => ({
    name,
    run: async () => {
      order.push(name)
      time += ms
    },
  })
  return { item, order, now: () => time }
}

it('takes each once a round, in an order that changes and is the same for the same seed', async () => {
  const orders: string[][] = []
  for (const seed of [1, 1, 2]) {
    const { item, order, now } = clockwork()
    const items = ['a', 'b', 'c', 'd'].map(n => item(n, 3))
    const samples = await measureInRounds(new Map(items.map(i => [i, pace(6)])), { seed, signal: never, pause: 0, now })
    expect([...samples.values()]).toEqual(items.map(() => [3, 3, 3, 3, 3, 3]))
    const rounds = Array.from({ length: 6 }, (_, r) => order.slice(4 * r, 4 * r + 4))
    for (const round of rounds) expect([...round].sort()).toEqual(['a', 'b', 'c', 'd'])
    expect(new Set(rounds.map(r => r.join(''))).size).toBeGreaterThan(1)
    orders.push(order)
  }
  expect(orders[0]).toEqual(orders[1])
  expect(orders[0]).not.toEqual(orders[2])
})

it('means over repeats, leaves the settling run out, and takes fewer samples of what is slow', async () => {
  const { item, order, now } = clockwork()
  const [fast, slow] = [item('fast', 2), item('slow', 50)]
  const items = new Map([
    [fast, pace(4, 5, true)],
    [slow, pace(1)],
  ])
  const samples = await measureInRounds(items, { seed: 1, signal: never, pause: 0, now })
  expect(samples.get(fast)).toEqual([2, 2, 2, 2])
  expect(samples.get(slow)).toEqual([50])
  expect(order.filter(n => n === 'fast')).toHaveLength(4 * 6)
  expect(order.filter(n => n === 'slow')).toHaveLength(1)
})

it('keeps what was measured when it is cancelled', async () => {
  const { item, now } = clockwork()
  const controller = new AbortController()
  const a = item('a', 1)
  const onSample = (_: Timed, __: number, round: number): void => {
    if (round === 1) controller.abort()
  }
  const samples = await measureInRounds(new Map([[a, pace(9)]]), {
    seed: 1,
    signal: controller.signal,
    pause: 0,
    now,
    onSample,
  })
  expect(samples.get(a)).toEqual([1, 1])
})

it('fits samples into the budget, and takes one of what exceeds it', async () => {
  const most = { budget: 20_000, samples: 15, warmUp: 5, signal: never }
  let runs = 0
  const item: Timed = { run: async () => void runs++ }
  expect(await paceOf(item, { ...most, known: 60_000 })).toEqual({ repeats: 1, settle: false, samples: 1 })
  expect(await paceOf(item, { ...most, known: 5_000 })).toEqual({ repeats: 1, settle: false, samples: 4 })
  expect(runs).toBe(0)
  const { repeats, settle, samples } = await paceOf(item, { ...most, known: null })
  expect(runs).toBeGreaterThanOrEqual(5)
  expect({ settle, samples }).toEqual({ settle: true, samples: 15 })
  expect(repeats).toBeGreaterThan(1)
})
