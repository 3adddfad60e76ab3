// What threads change, and what they must not: results have the same bits, nothing hangs, nothing is left.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Backend, BackendError, f32, type Plan, type ScalarProgram } from '@strata/api/backend'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { trainSmall } from '../browser.test.fixture.js'
import { stepPlan } from '../harness.test.util.js'
import { cpu } from '../index.js'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const TANH: ScalarProgram = {
  inputs: 1,
  code: [
    ['in', 0],
    ['tanh', 0],
  ],
  outs: [1],
}
/** y = tanh(x) over `n` elements: about `n` / 2000 chunks. */
const tanhPlan = (n: number): Plan => stepPlan('map', { shape: [n], program: TANH }, [f32([n])])
const bytes = (x: Float32Array): Uint8Array => new Uint8Array(x.buffer, x.byteOffset, x.byteLength)
const sameBits = (a: Float32Array, b: Float32Array): boolean => Buffer.compare(bytes(a), bytes(b)) === 0
const waves = (n: number, phase = 0): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(i + phase) * 3)

async function runOnce(b: Backend, plan: Plan, inputs: readonly Float32Array[]): Promise<Float32Array> {
  const e = await b.load(plan)
  const ins = inputs.map(data => {
    const buffer = b.alloc(data.byteLength)
    b.write(buffer, data)
    return buffer
  })
  const out = b.alloc(plan.slots[plan.tensors[plan.bind.out0].slot].bytes)
  e.run({ ...Object.fromEntries(ins.map((x, i) => [`in${i}`, x])), out0: out })
  const result = await b.read(out)
  e.dispose()
  for (const x of [...ins, out]) x.dispose()
  return result
}

describe('training', () => {
  it.each([false, true])('gives the same bits with 1, 2, 3 and 4 threads, relaxedFma %s', async relaxedFma => {
    const { threads, ...one } = await trainSmall({ relaxedFma, threads: 1 }, 15)
    expect(threads).toBe(1)
    for (const count of [2, 3, 4]) {
      const { threads, ...several } = await trainSmall({ relaxedFma, threads: count, shareAll: true }, 15)
      expect(threads).toBe(count)
      expect(several).toEqual(one)
    }
    const { threads: two, ...worthwhile } = await trainSmall({ relaxedFma, threads: 2 }, 15)
    expect(two).toBe(2)
    expect(worthwhile).toEqual(one)
  })
})

describe('many runs', () => {
  it('of many executables on two backends at once stay right', async () => {
    const single = await cpu({ threads: 1 })
    const backends = [await cpu({ threads: 2 }), await cpu({ threads: 3, shareAll: true })]
    const sizes = [1, 17, 1000, 40_000, 150_001]
    const expected = await Promise.all(sizes.map(n => runOnce(single, tanhPlan(n), [waves(n)])))
    const runs = backends.flatMap(b =>
      sizes.map(async (n, i) => {
        const e = await b.load(tanhPlan(n))
        const bind = { in0: b.alloc(n * 4), out0: b.alloc(n * 4) }
        b.write(bind.in0, waves(n))
        for (let k = 0; k < 300; k++) {
          b.write(bind.out0, new Float32Array(n))
          e.run(bind)
          // Loads, runs and disposals of the others come between.
          if (k % 20 === 0) expect(sameBits(await b.read(bind.out0), expected[i])).toBe(true)
          if (k % 100 === 50) await runOnce(b, tanhPlan(n + k), [waves(n + k)])
        }
        e.dispose()
        bind.in0.dispose()
        bind.out0.dispose()
      }),
    )
    await Promise.all(runs)
    for (const b of [single, ...backends]) {
      expect(b.memory()).toEqual({ buffers: 0, bytes: 0, executables: 0 })
      b.dispose()
    }
  })

  it('see memory that grew since the threads started, on every path of the engine', async () => {
    // Filter gradients clear their partial sums by memory.fill, which checks bounds apart from loads and stores.
    const plan = stepPlan(
      'depthwiseConv2dFilterGrad',
      {
        filterShape: [3, 3, 16, 1],
        strides: [1, 1],
        dilation: [1, 1],
        padding: [1, 1, 1, 1],
      },
      [f32([2, 32, 32, 16]), f32([2, 32, 32, 16])],
    )
    const inputs = [waves(2 * 32 * 32 * 16), waves(2 * 32 * 32 * 16, 1)]
    const [single, several] = [await cpu({ threads: 1 }), await cpu({ threads: 3, shareAll: true })]
    const expected = await runOnce(single, plan, inputs)
    await runOnce(several, tanhPlan(64), [waves(64)])
    for (let megabytes = 1; megabytes <= 256; megabytes *= 2) {
      several.alloc(megabytes << 20)
      expect(sameBits(await runOnce(several, plan, inputs), expected)).toBe(true)
    }
    single.dispose()
    several.dispose()
  })

  it('are measured step by step', async () => {
    const b = await cpu({ threads: 2, shareAll: true, profile: true })
    const e = await b.load(tanhPlan(50_000))
    const bind = { in0: b.alloc(200_000), out0: b.alloc(200_000) }
    e.run(bind)
    const [milliseconds] = await e.timings!()
    expect(milliseconds).toBeGreaterThan(0)
    b.dispose()
  })
})

describe('without shared memory', () => {
  it('one thread does the work, and says so once', async () => {
    vi.stubGlobal('SharedArrayBuffer', undefined)
    const console_ = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const own = vi.fn()
    for (const options of [{ threads: 2 }, { threads: 4 }, { threads: 2, warn: own }, { threads: 1, warn: own }]) {
      const b = await cpu(options)
      expect(b.threads).toBe(1)
      expect(await runOnce(b, tanhPlan(3), [Float32Array.of(0, -1, 1)])).toHaveLength(3)
      b.dispose()
    }
    expect(console_).toHaveBeenCalledTimes(1)
    expect(console_.mock.calls[0][0]).toMatch(/one thread.*SharedArrayBuffer.*cross-origin isolated/)
    expect(own).toHaveBeenCalledTimes(1)
  })

  it('one thread does the work where the engine cannot reserve it', async () => {
    const { Memory } = WebAssembly
    class Scarce extends Memory {
      constructor(d: WebAssembly.MemoryDescriptor) {
        if (d.shared && Number(d.maximum) > 1) throw new RangeError('no room')
        super(d)
      }
    }
    const warn = vi.fn()
    WebAssembly.Memory = Scarce
    const b = await cpu({ threads: 2, warn }).finally(() => {
      WebAssembly.Memory = Memory
    })
    expect(b.threads).toBe(1)
    expect(warn.mock.calls[0][0]).toMatch(/cannot reserve a shared memory of 4294967296 bytes/)
    b.dispose()
  })
})

describe('a Node process', () => {
  const run = promisify(execFile)
  // `alive` counts workers. The package is used as it is installed.
  const start = `import { cpu } from '@strata/backend-cpu'
    let alive = 0
    process.on('worker', w => { alive++; w.on('exit', () => alive--) })
    const sleep = (ms = 300) => new Promise(resolve => setTimeout(resolve, ms))
    const n = 400_000
    const code = [['in', 0], ['tanh', 0]]
    const step = { kernel: 'map', attrs: { shape: [n], program: { inputs: 1, code, outs: [1] } }, ins: [0], outs: [1] }
    const spec = { shape: [n], dtype: 'float32' }
    const plan = {
      slots: [0, 1].map(() => ({ bytes: 4 * n, kind: 'scratch' })), tensors: [0, 1].map(slot => ({ spec, slot })),
      steps: [step], bind: {}, constants: [], report: { fused: [], decomposed: [] },
    }
    const attrs = { ...step.attrs, shape: [20_000] }
    const small = {
      ...plan, steps: [{ ...step, attrs }], tensors: plan.tensors.map(t => ({ ...t, spec: { ...spec, shape: [20_000] } })),
    }
    async function open(loaded = plan) {
      const backend = await cpu({ threads: 3 })
      const executable = await backend.load(loaded)
      executable.run({})
      return { backend, executable }
    }
    let opened = await open()`
  const gone = 'for (let i = 0; i < 200 && alive > 0; i++) { await sleep(50); globalThis.gc() }'
  it.each([
    ['ends by itself at once', 'await sleep(0)', 2],
    ['ends by itself while threads sleep', 'await sleep()', 2],
    ['ends by process.exit while threads work', 'await sleep(); opened.executable.run({}); log(); process.exit(0)', 2],
    [
      'has no worker before there is work for it',
      'opened.backend.dispose(); await cpu({ threads: 3 }); await sleep()',
      0,
    ],
    ['has no worker after dispose', `await sleep(); opened.backend.dispose(); ${gone}`, 0],
    ['has no worker after a backend was collected', `await sleep(); opened = undefined; ${gone}`, 0],
  ])('%s', async (_, rest, workers) => {
    const cwd = fileURLToPath(new URL('../..', import.meta.url))
    const log = `const log = () => console.log(alive)`
    const args = ['--expose-gc', '--input-type=module', '-e', `${log}\n${start}\n${rest}\nlog()`]
    const { stdout, stderr } = await run(process.execPath, args, { cwd, timeout: 30_000 })
    expect({ stdout, stderr }).toEqual({ stdout: `${workers}\n`, stderr: '' })
  })
})

describe('errors', () => {
  it('of plans leave nothing behind', async () => {
    const b = await cpu({ threads: 2 })
    const plan = tanhPlan(8)
    await expect(b.load({ ...plan, slots: [...plan.slots, { bytes: 2 ** 32, kind: 'scratch' }] })).rejects.toThrow(
      BackendError,
    )
    expect(b.memory()).toEqual({ buffers: 0, bytes: 0, executables: 0 })
    b.dispose()
  })
})
