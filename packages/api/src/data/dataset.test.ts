// Dataset: order, epochs, closing, cancellation, errors with the element's index, bounded parallelism.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArgumentError, CancelledError, DataError, FileError, ShapeError, StateError } from '../errors.js'
import { Dataset } from './dataset.js'
import { hostTensor } from './host-tensor.js'

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
const tick = (ms = 0): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** A source that records what was read and whether it was closed. */
function recorded(n: number) {
  const log = { read: 0, closed: 0 }
  const dataset = Dataset.from(async function* () {
    try {
      for (let i = 0; i < n; i++) {
        log.read++
        yield i
      }
    } finally {
      log.closed++
    }
  })
  return { log, dataset }
}

describe('sources', () => {
  test.each<[string, Dataset<number>]>([
    ['array', Dataset.from([0, 1, 2])],
    ['typed array', Dataset.from(Uint8Array.of(0, 1, 2))],
    ['set', Dataset.from(new Set([0, 1, 2]))],
    [
      'generator function',
      Dataset.from(function* () {
        yield* [0, 1, 2]
      }),
    ],
    [
      'async generator function',
      Dataset.from(async function* () {
        yield* [0, 1, 2]
      }),
    ],
    ['async iterable', Dataset.from(Dataset.from([0, 1, 2]))],
  ])('%s, again and again', async (_name, dataset) => {
    expect(await dataset.toArray()).toEqual([0, 1, 2])
    expect(await dataset.toArray()).toEqual([0, 1, 2])
  })

  test('a used-up iterator is refused, a non-iterable too', async () => {
    const generator = (function* () {
      yield 1
    })()
    const dataset = Dataset.from(generator)
    expect(await dataset.toArray()).toEqual([1])
    expect(() => dataset.iterate()).toThrow(StateError)
    expect(() => Reflect.apply(Dataset.from, Dataset, [5])).toThrow(ArgumentError)
  })

  test('fromTensors gives rows as views; rows must agree', async () => {
    const x = hostTensor([
      [1, 2],
      [3, 4],
    ])
    const y = hostTensor(Int32Array.of(7, 8))
    const rows = await Dataset.fromTensors({ x, y }).toArray()
    expect(rows[1]).toEqual({ x: hostTensor([3, 4]), y: { shape: [], data: Int32Array.of(8) } })
    expect(rows[1].x.data.buffer).toBe(x.data.buffer)
    expect(() => Dataset.fromTensors({ x, y: hostTensor([1]) })).toThrow("rows of 'y': expected 2 (as 'x'), got 1")
    expect(() => Dataset.fromTensors({})).toThrow(ArgumentError)
  })
})

describe('order', () => {
  test('take, skip, concatenate, repeat: same over arrays and streams, and sizes are true', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(8), fc.nat(10), fc.nat(10), fc.nat(3), async (n, skip, take, times) => {
        const expected = range(n).slice(skip).slice(0, take).concat([-1])
        const all = Array.from({ length: times }, () => expected).flat()
        for (const source of [Dataset.from(range(n)), recorded(n).dataset]) {
          const dataset = source
            .skip(skip)
            .take(take)
            .concatenate(Dataset.from([-1]))
            .repeat(times)
          expect(await dataset.toArray()).toEqual(all)
          expect([all.length, undefined]).toContain(dataset.size)
        }
        expect(Dataset.from(range(n)).skip(skip).take(take).repeat(times).size).toBe((expected.length - 1) * times)
      }),
    )
  })

  test('shuffle: a permutation, anew in each epoch, from (seed, epoch) alone', async () => {
    for (const source of [Dataset.from(range(50)), recorded(50).dataset]) {
      const dataset = source.shuffle(7)
      const first = await dataset.toArray()
      const second = await dataset.toArray()
      expect(first).not.toEqual(second)
      expect([...first].sort((a, b) => a - b)).toEqual(range(50))
      expect(await dataset.toArray({ epoch: 1 })).toEqual(second)
      expect(await source.shuffle(7).toArray({ epoch: 1 })).toEqual(second)
      expect(await source.shuffle(8).toArray({ epoch: 1 })).not.toEqual(second)
      expect(await dataset.repeat(2).toArray()).toEqual([...first, ...second])
    }
  })

  test('shuffle is uniform over the permutations', async () => {
    const counts = new Map<string, number>()
    const dataset = Dataset.from([0, 1, 2]).shuffle(3)
    for (let epoch = 0; epoch < 3000; epoch++) {
      const key = (await dataset.toArray({ epoch })).join()
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    expect(counts.size).toBe(6)
    const chi2 = [...counts.values()].reduce((a, c) => a + (c - 500) ** 2 / 500, 0)
    expect(chi2).toBeLessThan(30.9) // p = 1e-5 at 5 degrees of freedom
  })

  test('shuffle with a window: a permutation in which no element comes early by more than the window', async () => {
    const order = await Dataset.from(range(100)).shuffle(1, 10).toArray()
    expect([...order].sort((a, b) => a - b)).toEqual(range(100))
    expect(order).not.toEqual(range(100))
    order.forEach((value, position) => {
      expect(value - position).toBeLessThanOrEqual(10)
    })
    expect(() => Dataset.from([1]).repeat().shuffle(1)).toThrow(/endless/)
    expect(await Dataset.from([1, 2]).repeat().shuffle(1, 2).take(3).toArray()).toHaveLength(3)
  })

  test('shuffling after map calls the function on shuffled positions only', async () => {
    const seen: number[] = []
    const mapped = Dataset.from(range(20)).map((v, i) => {
      seen.push(i)
      return v * 10
    })
    const three = await mapped.shuffle(1).take(3).toArray()
    expect(seen.map(i => i * 10)).toEqual(three)
  })

  test('an endless repeat of nothing ends', async () => {
    expect(await Dataset.from<number>([]).repeat().toArray()).toEqual([])
  })
})

describe('map', () => {
  test('bounded parallelism, results in order', async () => {
    for (const source of [Dataset.from(range(20)), recorded(20).dataset]) {
      let running = 0
      let most = 0
      const dataset = source.map(
        async v => {
          most = Math.max(most, ++running)
          await tick((7 * v) % 5)
          running--
          return v * v
        },
        { parallel: 4 },
      )
      expect(await dataset.toArray()).toEqual(range(20).map(v => v * v))
      expect(most).toBe(4)
    }
  })

  test.each([1, 3])('errors name the element and carry the cause (parallel %d)', async parallel => {
    for (const source of [Dataset.from(range(9)), recorded(9).dataset]) {
      const cause = new Error('no luck')
      const dataset = source.map(v => (v === 5 ? Promise.reject(cause) : v), { parallel })
      const got: number[] = []
      const run = async () => {
        for await (const v of dataset) got.push(v)
      }
      await expect(run()).rejects.toMatchObject({
        name: 'DataError',
        message: 'Dataset.map: element 5 failed: no luck',
        cause,
      })
      expect(got).toEqual([0, 1, 2, 3, 4])
    }
  })

  test('after a shuffle the error still names the index before it', async () => {
    const dataset = Dataset.from(range(30)).map(v => {
      if (v === 17) throw new Error('bad')
      return v
    })
    await expect(dataset.shuffle(4).toArray()).rejects.toThrow('element 17 failed')
  })

  test('a FileError passes as it is; a source that throws is named with the index', async () => {
    const error = new FileError({ where: 'a.png', what: 'truncated' })
    await expect(
      Dataset.from([1])
        .map(() => Promise.reject(error))
        .toArray(),
    ).rejects.toBe(error)
    const failing = Dataset.from(function* () {
      yield 1
      yield 2
      throw new Error('disk gone')
    })
    await expect(failing.toArray()).rejects.toThrow('Dataset.from: element 2 failed: disk gone')
    await expect(failing.prefetch(4).toArray()).rejects.toBeInstanceOf(DataError)
  })
})

describe('batch', () => {
  test('stacks numbers, tensors, tuples and objects; the last batch may be smaller', async () => {
    const dataset = Dataset.from(range(5)).map(i => ({ x: hostTensor([i, i]), y: [i, hostTensor([i])] as const }))
    const batches = await dataset.batch(2).toArray()
    expect(batches.length).toBe(3)
    expect(dataset.batch(2).size).toBe(3)
    expect(batches[1]).toEqual({
      x: hostTensor([
        [2, 2],
        [3, 3],
      ]),
      y: [hostTensor([2, 3]), hostTensor([[2], [3]])],
    })
    expect(batches[2].x.shape).toEqual([1, 2])
    expect(dataset.batch(2, { dropRemainder: true }).size).toBe(2)
    expect(await dataset.batch(2, { dropRemainder: true }).toArray()).toEqual(batches.slice(0, 2))
  })

  test('keeps int32 and uint8', async () => {
    const [batch] = await Dataset.fromTensors({ y: hostTensor(Uint8Array.of(1, 2)) })
      .batch(2)
      .toArray()
    expect(batch.y).toEqual({ shape: [2], data: Uint8Array.of(1, 2) })
  })

  test('differences name element and field', async () => {
    const odd = Dataset.from(range(5)).map(i => ({ x: hostTensor(range(i === 4 ? 3 : 2)) }))
    await expect(odd.batch(3).toArray()).rejects.toThrow(
      "Dataset.batch: element 4, field .x: expected float32 [2], got 'float32 [3]'",
    )
    await expect(odd.batch(3).toArray()).rejects.toBeInstanceOf(ShapeError)
    const fields = Dataset.from<{ x: number; w?: number }>([{ x: 1 }, { x: 2, w: 3 }])
    await expect(fields.batch(2).toArray()).rejects.toThrow(/element 1: expected the fields x/)
    const optional = Dataset.from<{ x: number; w?: number }>([{ x: 1, w: undefined }, { x: 2 }])
    expect(await optional.batch(2).toArray()).toEqual([{ x: hostTensor([1, 2]) }])
    await expect(Dataset.from(['a']).batch(1).toArray()).rejects.toBeInstanceOf(DataError)
  })
})

describe('closing and cancelling', () => {
  test('leaving the loop early closes the source, through every method', async () => {
    const chains: ((d: Dataset<number>) => Dataset<unknown>)[] = [
      d => d,
      d => d.map(v => v, { parallel: 3 }),
      d => d.batch(2),
      d => d.prefetch(3),
      d => d.take(50),
      d => d.skip(2),
      d => d.repeat(),
      d => d.concatenate(Dataset.from([1])),
      d => d.cache(),
      d => d.shuffle(1, 4),
      d =>
        d
          .shuffle(1, 4)
          .map(v => v)
          .batch(2)
          .prefetch(2),
    ]
    for (const chain of chains) {
      const { log, dataset } = recorded(100)
      for await (const _ of chain(dataset)) break
      expect(log.closed).toBe(1)
      expect(log.read).toBeLessThan(20)
    }
  })

  test('take closes the source once it has enough', async () => {
    const { log, dataset } = recorded(100)
    expect(await dataset.take(3).toArray()).toEqual([0, 1, 2])
    expect(log).toEqual({ read: 3, closed: 1 })
  })

  test('prefetch reads ahead by its count', async () => {
    const { log, dataset } = recorded(100)
    const iterator = dataset.prefetch(3).iterate()
    await iterator.next()
    await tick(5)
    expect(log.read).toBe(4)
    await iterator.return()
    expect(log.closed).toBe(1)
    expect(await recorded(10).dataset.prefetch(20).toArray()).toEqual(range(10))
  })

  test('a signal cancels, before and while an element is awaited, and closes the source', async () => {
    const { log, dataset } = recorded(100)
    const controller = new AbortController()
    const seen: number[] = []
    const run = async () => {
      for await (const v of dataset.iterate({ signal: controller.signal })) {
        seen.push(v)
        if (v === 2) controller.abort(new Error('stop'))
      }
    }
    await expect(run()).rejects.toBeInstanceOf(CancelledError)
    await tick()
    expect(seen).toEqual([0, 1, 2])
    expect(log.closed).toBe(1)

    const stuck = Dataset.from([1])
      .map(() => new Promise<number>(() => {}))
      .prefetch(1)
    const waiting = stuck.toArray({ signal: AbortSignal.timeout(10) })
    await expect(waiting).rejects.toMatchObject({ name: 'CancelledError', cause: { name: 'TimeoutError' } })
    await expect(dataset.toArray({ signal: AbortSignal.abort() })).rejects.toBeInstanceOf(CancelledError)
  })
})

describe('cache', () => {
  test('reads the source once, and only a complete pass counts', async () => {
    const { log, dataset } = recorded(5)
    const cached = dataset.cache()
    for await (const _ of cached) break
    expect(await cached.toArray()).toEqual(range(5))
    expect(await cached.toArray()).toEqual(range(5))
    expect(log.read).toBe(6)
  })
})

test('arguments are checked when the method is called', () => {
  const d = Dataset.from([1])
  expect(() => d.batch(0)).toThrow('Dataset.batch: size: expected an integer of at least 1, got 0')
  expect(() => d.take(-1)).toThrow(ArgumentError)
  expect(() => d.skip(0.5)).toThrow(ArgumentError)
  expect(() => d.prefetch(0)).toThrow(ArgumentError)
  expect(() => d.repeat(Number.NaN)).toThrow(ArgumentError)
  expect(() => d.shuffle(-1)).toThrow(ArgumentError)
  expect(() => d.shuffle(1, 0)).toThrow(ArgumentError)
  expect(() => d.map(v => v, { parallel: 0 })).toThrow(ArgumentError)
  expect(() => d.iterate({ epoch: -1 })).toThrow(ArgumentError)
  expect(() => Reflect.apply(d.batch, d, [1, { drop_remainder: true }])).toThrow(/drop_remainder/)
})
