// The pool itself: who does what, what happens to threads that trap, die or never start.
import { Worker } from 'node:worker_threads'
import { type Backend, BackendError, f32, type ScalarProgram } from '@strata/api/backend'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { CpuExecutable } from '../executable.js'
import { stepPlan } from '../harness.test.util.js'
import { LinearMemory } from '../memory.js'
import { loadProgram } from '../program.js'
import { TABLE } from '../recorder.js'
import { chooseTile } from '../tile.js'
import { CONTROL } from './control.js'
import { Pool, type PoolOptions } from './pool.js'
import { startThread, type Thread } from './threads.js'

const N = 400_000
const PROGRAM: ScalarProgram = {
  inputs: 1,
  code: [
    ['in', 0],
    ['exp', 0],
  ],
  outs: [1],
}
const PLAN = stepPlan('map', { shape: [N], program: PROGRAM }, [f32([N])])

const pools: Pool[] = []
afterEach(async () => {
  for (const p of pools.splice(0)) await p.end()
})

/** A pool with a program loaded; `run` runs it on x = 0, `y` is its result, `place` moves x in memory. */
async function open(options: Partial<PoolOptions> = {}) {
  const linear = new LinearMemory({ shared: true })
  const warn = vi.fn()
  const pool = new Pool(linear, { threads: 2, warn, ...options })
  pools.push(pool)
  const program = await loadProgram(PLAN, linear, {
    pool,
    relaxedFma: false,
    profile: false,
    tile: chooseTile(false),
  })
  const owner: Partial<Backend> = {}
  const executable = new CpuExecutable(owner, { ...PLAN, bind: {} }, linear, program, pool, () => {})
  const [x, y] = [linear.alloc(N * 4, 'test'), linear.alloc(N * 4, 'test')]
  linear.f32.fill(0, x / 4, x / 4 + N)
  const place = (address: number): void => {
    linear.i32[program.table / 4 + TABLE.bound] = address
  }
  place(x)
  linear.i32[program.table / 4 + TABLE.bound + 1] = y
  const run = (): void => executable.run({})
  const expectRight = (): void => {
    place(x)
    linear.f32.fill(0, y / 4, y / 4 + N)
    run()
    expect(linear.f32.subarray(y / 4, y / 4 + N).every(v => v === 1)).toBe(true)
  }
  return { linear, warn, pool, place, run, expectRight }
}

describe('a pool', () => {
  it('lets every thread take part, and counts every chunk once', async () => {
    const { pool, expectRight } = await open({ threads: 4 })
    await pool.ready()
    let runs = 0
    do expectRight()
    while (++runs < 20_000 && pool.totals().some(n => n === 0))
    const totals = pool.totals()
    expect(totals.every(n => n > 0)).toBe(true)
    const sum = totals.reduce((a, b) => a + b, 0)
    expect(sum % runs).toBe(0)
    expect(sum / runs).toBeGreaterThanOrEqual(16)
  })

  it('wakes threads that sleep', async () => {
    const { pool, expectRight } = await open()
    await pool.ready()
    let [awake, rounds] = [0, 0]
    while (awake < 5 && rounds++ < 500) {
      await new Promise(resolve => setTimeout(resolve, 10))
      const before = pool.totals()[1]
      expectRight()
      if (pool.totals()[1] > before) awake++
    }
    expect(awake).toBe(5)
  })

  it('needs none of its threads', async () => {
    const refused = async (): Promise<Thread> => {
      throw new Error('refused')
    }
    const { pool, warn, expectRight } = await open({ threads: 3, start: refused })
    expectRight()
    expect(warn).toHaveBeenCalledTimes(2)
    expect(warn.mock.calls[0][0]).toMatch(/thread 1 of 3 is lost \(Error: refused\)/)
    await pool.ready()
    expect(pool.totals().slice(1)).toEqual([0, 0])
  })

  it('goes on when a thread dies', async () => {
    const threads: Thread[] = []
    const start: typeof startThread = async (name, lost) => {
      const t = await startThread(name, lost)
      threads.push(t)
      return t
    }
    const { pool, warn, expectRight } = await open({ threads: 3, start })
    await pool.ready()
    expectRight()
    await threads[0].end()
    await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(1))
    expect(warn.mock.calls[0][0]).toMatch(/thread 1 of 3 is lost \(it exited with code 1\)/)
    const before = pool.totals()[1]
    for (let i = 0; i < 100; i++) expectRight()
    expect(pool.totals()[1]).toBe(before)
  })

  it('ends its threads, while they work too', async () => {
    for (let i = 0; i < 5; i++) {
      const { pool, run } = await open({ threads: 3 })
      if (i > 1) await pool.ready()
      run()
      await pool.end()
      const totals = pool.totals().slice(1)
      run()
      expect(pool.totals().slice(1)).toEqual(totals)
    }
  })
})

describe('the main thread', () => {
  it('sleeps until a late thread has done its chunks', async () => {
    const { pool, linear } = await open()
    // Another thread that counts seven chunks as done after a while.
    const code = `const { words, at } = require('node:worker_threads').workerData
      while (Atomics.load(words, at.waiting) === 0);
      setTimeout(() => { Atomics.store(words, at.done, 7); Atomics.notify(words, at.done) }, 60)`
    const at = { done: (pool.control + CONTROL.done) / 4, waiting: (pool.control + CONTROL.waiting) / 4 }
    const late = new Worker(code, { eval: true, workerData: { words: linear.i32, at } })
    const start = performance.now()
    pool.imports.wait(7)
    expect(performance.now() - start).toBeGreaterThan(50)
    expect(linear.i32[at.waiting]).toBe(0)
    await late.terminate()
  })
})

describe('a trap', () => {
  const caught = (run: () => void): unknown => {
    try {
      run()
    } catch (e) {
      return e
    }
    return undefined
  }

  it('in the main thread names the step, and the next run is right', async () => {
    const { linear, pool, place, run, expectRight } = await open({ threads: 3 })
    for (let i = 0; i < 200; i++) {
      if (i === 100) await pool.ready()
      // All reads are outside: every thread that takes a chunk traps.
      place(linear.memory.buffer.byteLength + 64)
      const error = caught(run)
      expect(error).toBeInstanceOf(BackendError)
      expect(String(error)).toMatch(/run: step 0 \(map\) trapped/)
      expectRight()
    }
  })

  it('in a worker names the step, and the next run is right', async () => {
    const { linear, pool, place, run, expectRight } = await open()
    await pool.ready()
    let inWorker = 0
    for (let i = 0; i < 5000 && inWorker < 10; i++) {
      // The last chunk reads outside: mostly the worker does it.
      place(linear.memory.buffer.byteLength - N * 4 + 64)
      const error = caught(run)
      expect(error).toBeInstanceOf(BackendError)
      expect(String(error)).toMatch(/run: step 0 \(map\) trapped/)
      if (String(error).includes('trapped in a thread')) inWorker++
      expectRight()
    }
    expect(inWorker).toBe(10)
  })
})

describe('a thread that does not answer', () => {
  it('ends the wait with an error, and the backend says that it is not usable', async () => {
    const { pool, run } = await open({ patience: 30 })
    run()
    const wait = (): void => pool.imports.wait(1e9)
    expect(wait).toThrow(BackendError)
    expect(wait).toThrow(/step 0 \(map\): a thread is dead or stuck.*cannot be used any more/)
    expect(run).toThrow(/cannot be used any more/)
  })
})
