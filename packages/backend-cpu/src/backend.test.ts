// The backend's contract: buffers, loading, binding, misuse, and that it works on afterwards.
import { availableParallelism } from 'node:os'
import {
  ArgumentError,
  type Backend,
  BackendError,
  BindingError,
  type Buffer,
  f32,
  i32,
  type Plan,
  registeredBackend,
  type ScalarProgram,
  ShapeError,
  StateError,
} from '@strata/api/backend'
import { afterEach, describe, expect, it } from 'vitest'
import { stepPlan } from './harness.test.util.js'
import { type CpuBackend, type CpuOptions, cpu } from './index.js'
import { Recorder } from './recorder.js'
import { chooseTile } from './tile.js'
import { disassemble } from './wasm/harness.test.util.js'

const ADD: ScalarProgram = {
  inputs: 2,
  code: [
    ['in', 0],
    ['in', 1],
    ['add', 0, 1],
  ],
  outs: [2],
}
const addPlan = stepPlan('map', { shape: [4], program: ADD }, [f32([4]), f32([4])])
const bytes = (n: number): { bytes: number; kind: 'bound' } => ({ bytes: n, kind: 'bound' })

const opened: Backend[] = []
async function open(options: CpuOptions = {}): Promise<CpuBackend> {
  const backend = await cpu(options)
  opened.push(backend)
  return backend
}
afterEach(() => {
  for (const b of opened.splice(0)) {
    b.dispose()
    expect(b.memory()).toEqual({ buffers: 0, bytes: 0, executables: 0 })
  }
})
function floats(b: Backend, ...values: number[]): Buffer {
  const buffer = b.alloc(values.length * 4)
  b.write(buffer, Float32Array.from(values))
  return buffer
}
/** Runs the sum on good buffers: the backend still works. */
async function expectWorking(b: Backend): Promise<void> {
  const e = await b.load(addPlan)
  const bind = { in0: floats(b, 1, 2, 3, 4), in1: floats(b, 10, 20, 30, 40), out0: b.alloc(16) }
  e.run(bind)
  expect([...(await b.read(bind.out0))]).toEqual([11, 22, 33, 44])
  e.dispose()
  for (const x of Object.values(bind)) x.dispose()
}

describe('cpu', () => {
  it('refuses unknown and wrong options', async () => {
    await expect(cpu({ thread: 2 } as object)).rejects.toThrow(/unknown option 'thread'/)
    await expect(cpu({ profile: 1 as unknown as boolean })).rejects.toThrow(ArgumentError)
    await expect(cpu({ maximumBytes: 5 })).rejects.toThrow(ArgumentError)
    for (const threads of [0, 1.5, 65, Number.NaN, '2', 'all', null]) {
      await expect(cpu({ threads: threads as number })).rejects.toThrow(
        /cpu: threads: expected an integer in \[1, 64\]/,
      )
    }
    await expect(cpu({ shareAll: 'yes' as unknown as boolean })).rejects.toThrow(/shareAll/)
    await expect(cpu({ warn: 'no' as unknown as () => void })).rejects.toThrow(/warn/)
  })

  it('registers itself', async () => {
    await import('./register.js')
    const b = await registeredBackend()
    expect(b.name).toBe('cpu')
    expect(await registeredBackend()).toBe(b)
    await expectWorking(b)
    b.dispose()
  })

  it('says how many threads it has', async () => {
    expect((await open({ threads: 1 })).threads).toBe(1)
    expect((await open({ threads: 3 })).threads).toBe(3)
    expect((await open({ threads: 'auto' })).threads).toBe(Math.min(16, availableParallelism()))
  })

  it('says whether it fuses', async () => {
    expect((await open({ relaxedFma: false })).numerics.fma).toBe(false)
  })
})

describe('buffers', () => {
  it('hold floats and integers', async () => {
    const b = await open()
    const x = b.alloc(12)
    b.write(x, Int32Array.of(1, -2, 0x7fc00001))
    expect([...(await b.readInt32(x))]).toEqual([1, -2, 0x7fc00001])
    b.write(x, Float32Array.of(0.5))
    expect((await b.read(x))[0]).toBe(0.5)
    expect((await b.readInt32(x))[1]).toBe(-2)
    const copy = await b.read(x)
    copy[0] = 9
    expect((await b.read(x))[0]).toBe(0.5)
    expect(b.memory()).toEqual({ buffers: 1, bytes: 12, executables: 0 })
    x.dispose()
    x.dispose()
    expect(b.memory()).toEqual({ buffers: 0, bytes: 0, executables: 0 })
    const empty = b.alloc(0)
    expect((await b.read(empty)).length).toBe(0)
  })

  it('are refused when foreign, disposed or too small', async () => {
    const [a, b] = [await open(), await open()]
    const own = a.alloc(8)
    const foreign = b.alloc(8)
    const gone = a.alloc(8)
    gone.dispose()
    expect(() => a.write(foreign, Float32Array.of(1))).toThrow(/buffer of another backend/)
    expect(() => a.write(gone, Float32Array.of(1))).toThrow(/disposed/)
    expect(() => a.write(own, new Float32Array(3))).toThrow(/expected at most the buffer's 8, got 12/)
    expect(() => a.write({} as Buffer, new Float32Array(1))).toThrow(BindingError)
    expect(() => a.write(own, new Float64Array(1) as unknown as Float32Array)).toThrow(ArgumentError)
    await expect(a.read(foreign)).rejects.toThrow(BindingError)
    await expect(a.readInt32(gone)).rejects.toThrow(BindingError)
    for (const n of [-4, 1.5, Number.NaN]) expect(() => a.alloc(n)).toThrow(ArgumentError)
    await expectWorking(a)
  })

  it('run out with an error that says how much', async () => {
    const b = await open({ maximumBytes: 1 << 20 })
    expect(() => b.alloc(1 << 21)).toThrow(BackendError)
    expect(() => b.alloc(1 << 21)).toThrow(/2097152 bytes asked/)
    await expectWorking(b)
  })
})

describe('run', () => {
  it('checks every binding by name, and works on', async () => {
    const [b, other] = [await open(), await open()]
    const e = await b.load(addPlan)
    const good = { in0: floats(b, 1, 2, 3, 4), in1: floats(b, 1, 1, 1, 1), out0: b.alloc(16) }
    const gone = b.alloc(16)
    gone.dispose()
    const { in1: _, ...missing } = good
    const wrong: [object, RegExp][] = [
      [missing, /binding 'in1'.*got 'nothing'/],
      [{ ...good, more: good.in0 }, /unknown binding 'more'/],
      [{ ...missing, extra: good.in1 }, /unknown binding 'extra'/],
      [{ ...good, in0: other.alloc(16) }, /binding 'in0'.*another backend/],
      [{ ...good, in0: gone }, /binding 'in0'.*disposed/],
      [{ ...good, in0: undefined }, /binding 'in0'/],
      [{ ...good, out0: b.alloc(12) }, /binding 'out0': expected 16, got 12/],
      [{ ...good, out0: good.in1 }, /bound as 'in1' and 'out0'/],
    ]
    for (const [bind, message] of wrong) {
      for (let twice = 0; twice < 2; twice++) {
        expect(() => e.run(bind as Record<string, Buffer>)).toThrow(BindingError)
        expect(() => e.run(bind as Record<string, Buffer>)).toThrow(message)
      }
      e.run(good)
      expect([...(await b.read(good.out0))]).toEqual([2, 3, 4, 5])
    }
    // Two inputs may share a buffer.
    e.run({ ...good, in1: good.in0 })
    expect([...(await b.read(good.out0))]).toEqual([2, 4, 6, 8])
    // A buffer that was bound and disposed since is noticed.
    good.in1.dispose()
    expect(() => e.run(good)).toThrow(/disposed/)
  })

  it('refuses after dispose', async () => {
    const b = await open()
    const e = await b.load(addPlan)
    e.dispose()
    e.dispose()
    expect(() => e.run({})).toThrow(StateError)
    const x = b.alloc(4)
    b.dispose()
    b.dispose()
    expect(x.disposed).toBe(true)
    expect(() => b.alloc(4)).toThrow(StateError)
    expect(() => b.write(x, Float32Array.of(1))).toThrow(StateError)
    await expect(b.read(x)).rejects.toThrow(StateError)
    await expect(b.load(addPlan)).rejects.toThrow(StateError)
    await expect(b.sync()).rejects.toThrow(StateError)
  })

  it('refuses a load that was under way when the backend was disposed', async () => {
    const b = await open()
    const loading = b.load(addPlan)
    b.dispose()
    await expect(loading).rejects.toThrow(StateError)
  })

  it('gives equal bits again, and after the memory has grown', async () => {
    const b = await open()
    const n = 10_000
    const program: ScalarProgram = {
      inputs: 1,
      code: [
        ['in', 0],
        ['tanh', 0],
        ['exp', 1],
      ],
      outs: [2],
    }
    const e = await b.load(
      stepPlan('reduce', { op: 'sum', shape: [n], program, axes: [0], keepdims: false }, [f32([n])]),
    )
    const bind = { in0: floats(b, ...Array.from({ length: n }, (_, i) => Math.sin(i))), out0: b.alloc(4) }
    e.run(bind)
    const [first] = await b.read(bind.out0)
    b.alloc(8 << 20)
    e.run(bind)
    expect((await b.read(bind.out0))[0]).toBe(first)
  })

  it('measures steps only when asked to', async () => {
    const b = await open({ profile: true })
    const e = await b.load(addPlan)
    const bind = { in0: floats(b, 1, 2, 3, 4), in1: floats(b, 1, 2, 3, 4), out0: b.alloc(16) }
    await expect(e.timings!()).rejects.toThrow(StateError)
    e.run(bind)
    expect([...(await b.read(bind.out0))]).toEqual([2, 4, 6, 8])
    const times = await e.timings!()
    expect(times.length).toBe(1)
    expect(times[0]).toBeGreaterThanOrEqual(0)
    const plain = await (await open()).load(addPlan)
    await expect(plain.timings!()).rejects.toThrow(/profile: true/)
  })
})

describe('load', () => {
  it('runs steps over scratch, constants and a state updated in place', async () => {
    const b = await open()
    // state = state + x * 2, by way of scratch.
    const mul: ScalarProgram = {
      inputs: 2,
      code: [
        ['in', 0],
        ['in', 1],
        ['mul', 0, 1],
      ],
      outs: [2],
    }
    const plan: Plan = {
      slots: [bytes(12), bytes(12), { bytes: 4, kind: 'constant' }, { bytes: 12, kind: 'scratch' }],
      tensors: [0, 1, 2, 3].map(slot => ({ spec: f32(slot === 2 ? [] : [3]), slot })),
      steps: [
        { kernel: 'map', attrs: { shape: [3], program: mul }, ins: [1, 2], outs: [3] },
        { kernel: 'map', attrs: { shape: [3], program: ADD }, ins: [0, 3], outs: [0] },
      ],
      bind: { state: 0, x: 1 },
      constants: [{ tensor: 2, data: [2] }],
      report: { fused: [], decomposed: [] },
    }
    const e = await b.load(plan)
    const bind = { state: floats(b, 1, 1, 1), x: floats(b, 1, 2, 3) }
    e.run(bind)
    e.run(bind)
    expect([...(await b.read(bind.state))]).toEqual([5, 9, 13])
    expect(b.memory()).toEqual({ buffers: 2, bytes: 24, executables: 1 })
  })

  it('refuses malformed plans, and leaves nothing behind', async () => {
    const b = await open()
    const [step] = addPlan.steps
    const changed = (change: Partial<Plan>): Plan => ({ ...addPlan, ...change })
    const wrong: [Plan, new (...args: never[]) => Error, RegExp][] = [
      [changed({ slots: [bytes(8), bytes(16), bytes(16)] }), ArgumentError, /bytes of tensor 0/],
      [changed({ slots: [bytes(-1), bytes(16), bytes(16)] }), ArgumentError, /slot 0/],
      [changed({ bind: { ...addPlan.bind, in0: 7 } }), ArgumentError, /'in0'/],
      [changed({ bind: { in0: 0, in1: 1 } }), ArgumentError, /bound slot 2/],
      [changed({ steps: [{ ...step, ins: [0, 9] }] }), ArgumentError, /tensor/],
      [changed({ steps: [{ ...step, ins: [0] }] }), ArgumentError, /program inputs/],
      [changed({ steps: [{ ...step, kernel: 'mop' as 'map' }] }), ArgumentError, /'mop'/],
      [changed({ steps: [{ ...step, attrs: { shape: [2, 4], program: ADD } }] }), ShapeError, /output 0/],
      [changed({ tensors: addPlan.tensors.map(t => ({ ...t, spec: i32([4]) })) }), ShapeError, /output 0/],
      [changed({ constants: [{ tensor: 0, data: [1] }] }), ArgumentError, /constant 0/],
    ]
    for (const [plan, type, message] of wrong) {
      await expect(b.load(plan)).rejects.toThrow(type)
      await expect(b.load(plan)).rejects.toThrow(message)
    }
    expect(b.memory()).toEqual({ buffers: 0, bytes: 0, executables: 0 })
    await expectWorking(b)
  })

  it('refuses an output over an input that the kernel still reads', async () => {
    const b = await open()
    const plan = stepPlan('transpose', { perm: [1, 0] }, [f32([3, 3])], [[0, 0]])
    await expect(b.load(plan)).rejects.toThrow(/shares slot 0 with input 0/)
  })

  it('refuses a plan of more than 4 GiB before it starts', async () => {
    const b = await open()
    const plan: Plan = { ...addPlan, slots: [...addPlan.slots, { bytes: 2 ** 32, kind: 'scratch' }] }
    await expect(b.load(plan)).rejects.toThrow(BackendError)
    const small = await open({ maximumBytes: 1 << 20 })
    const tight: Plan = { ...addPlan, slots: [...addPlan.slots, { bytes: 1 << 20, kind: 'scratch' }] }
    await expect(small.load(tight)).rejects.toThrow(/out of memory: \d+ bytes asked/)
    await expectWorking(small)
    await expectWorking(b)
  })

  const team = { control: 64, threads: 3, shareAll: true, executable: 1 }
  it.each([undefined, team])('emits modules that an independent reader accepts, sharing equal functions: %j', team => {
    const recorder = new Recorder(true, chooseTile(true), team)
    const noAddress = recorder.fromTable(2)
    const keys: string[] = []
    for (let i = 0; i < 2; i++) {
      recorder.step(`step${i}`, () => {
        const fn = recorder.define('same:1', name => {
          keys.push(name)
          return recorder.module.func(name, { p: 'i32', begin: 'i32', end: 'i32' }, null, (f, { p, begin }) => {
            f.store(p, begin)
          })
        })
        return () => recorder.parallel<{ p: 'i32' }>(10, 4, fn, { p: noAddress })
      })
    }
    const text = disassemble(recorder.finish(true))
    expect(keys.length).toBe(1)
    expect(text).toMatch(/export "step1"/)
    expect(text).toMatch(/export "run"/)
    expect(/export "work"/.test(text)).toBe(team !== undefined)
    expect(/atomic/.test(text)).toBe(team !== undefined)
    expect(recorder.sharedSteps).toEqual(team === undefined ? undefined : [0, 1])
  })
})
