// The tiers must catch what they are for: each fault here is seeded into a working backend.
import { type Backend, type Buffer, type Executable, i32, type Plan } from '@strata/api/backend'
import { expect, test } from 'vitest'
import { index, makeCase, real } from '../cases/case.js'
import { CASES } from '../cases/index.js'
import { reference } from '../oracle/reference.js'
import { adjointTier } from './adjoint.js'
import { determinismTier } from './determinism.js'
import { MISUSE_NAMES, misuseTier } from './misuse.js'
import { propertyTier } from './property.js'
import { replayCommand, type TierResult } from './result.js'
import { valueTier } from './values.js'

type Bind = Readonly<Record<string, Buffer>>
/** What a fault does after each run. */
type Fault = (backend: Backend, bind: Bind, buffers: readonly Buffer[], run: number) => void

/** A reference backend with a fault. */
function faulty(fault: Fault, change: (plan: Plan) => Plan = plan => plan): Backend {
  const inner = reference()
  const buffers: Buffer[] = []
  let runs = 0
  const alloc = (bytes: number): Buffer => {
    const b = inner.alloc(bytes)
    buffers.push(b)
    return b
  }
  const load = async (plan: Plan): Promise<Executable> => {
    const executable = await inner.load(change(plan))
    const run = (bind: Bind): void => {
      executable.run(bind)
      fault(inner, bind, buffers, runs++)
    }
    return { run, dispose: () => executable.dispose() }
  }
  return {
    name: 'faulty',
    numerics: inner.numerics,
    linearMemory: true,
    supports: s => inner.supports(s),
    alloc,
    write: (to, data) => inner.write(to, data),
    read: from => inner.read(from),
    readInt32: from => inner.readInt32(from),
    load,
    sync: () => inner.sync(),
    memory: () => inner.memory(),
    dispose: () => inner.dispose(),
  }
}
const neg = CASES.map.find(c => c.name === 'neg')!
const conv = CASES.conv2d.find(c => c.name === 'same')!
const what = (r: TierResult): string | undefined => r.failure?.what

const perturb =
  (by: (v: number) => number, only?: number): Fault =>
  (backend, bind) => {
    const out = bind.out0 as Buffer & { value: Float64Array }
    backend.write(
      out,
      Float32Array.from(out.value, (v, i) => (only === undefined || i === only ? by(v) : v)),
    )
  }

test('a fault-free backend passes', async () => {
  const backend = faulty(() => {})
  for (const c of [neg, conv]) {
    expect(what(await valueTier(backend, c, 'exact', 1))).toBeUndefined()
    expect(what(await valueTier(backend, c, 'rounding', 1))).toBeUndefined()
  }
})
test('one wrong element', async () => {
  const r = await valueTier(faulty(perturb(v => v + 1, 17)), conv, 'exact', 1)
  expect(r.failure).toMatchObject({ what: 'error beyond the bound', output: 'out0', index: 17, bound: 0 })
})
test('NaN where a number belongs', async () => {
  expect(what(await valueTier(faulty(perturb(() => Number.NaN, 3)), conv, 'rounding', 1))).toBe(
    'error beyond the bound',
  )
})
/** The nearest number of so many bits after the first. */
const keep = (bits: number) => (v: number) => {
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(v) || 1)) - bits)
  return Math.round(v / unit) * unit
}
test('results of half precision', async () => {
  const backend = faulty(perturb(keep(10)))
  expect(what(await valueTier(backend, conv, 'rounding', 1))).toBe('error beyond the bound')
})
test('operands of TF32, with sums in float32', async () => {
  const inner = faulty(() => {})
  const load = async (plan: Plan): Promise<Executable> => {
    const executable = await inner.load(plan)
    const run = (bind: Bind): void => {
      const operands = [bind.in0, bind.in1] as (Buffer & { value: Float64Array })[]
      const kept = operands.map(o => Float32Array.from(o.value))
      operands.forEach((o, i) => {
        inner.write(o, kept[i].map(keep(10)))
      })
      executable.run(bind)
      operands.forEach((o, i) => {
        inner.write(o, kept[i])
      })
    }
    return { run, dispose: () => executable.dispose() }
  }
  const product = CASES.matmul.find(c => c.name === '6x300x10')!
  for (const tier of ['exact', 'rounding'] as const) {
    expect(what(await valueTier({ ...inner, load }, product, tier, 1))).toBe('error beyond the bound')
  }
})
test('an element that is not written', async () => {
  const fault: Fault = (backend, bind) => {
    const data = new Int32Array(bind.out0.bytes / 4)
    data[5] = 0x7fc0dead
    backend.write(bind.out0, data)
  }
  expect(what(await valueTier(faulty(fault), conv, 'exact', 1))).toContain('element 5 of output out0 was not written')
})
test('a write beyond a buffer, and into an input', async () => {
  const beyond: Fault = (backend, bind, buffers) => {
    backend.write(buffers[buffers.indexOf(bind.out0) + 1], Float32Array.of(1))
  }
  expect(what(await valueTier(faulty(beyond), conv, 'exact', 1))).toContain('a step wrote outside its buffers')
  const into: Fault = (backend, bind) => backend.write(bind.in0, Float32Array.of(123))
  expect(what(await valueTier(faulty(into), conv, 'exact', 1))).toContain('input in0 was overwritten')
})
test('memory left behind', async () => {
  const fault: Fault = backend => {
    backend.alloc(4)
  }
  expect(what(await valueTier(faulty(fault), conv, 'exact', 1))).toContain('left behind')
})
test('a result that depends on the run', async () => {
  const fault: Fault = (backend, bind, buffers, run) => {
    if (run > 0) perturb(v => v * (1 + 2 ** -23), 2)(backend, bind, buffers, run)
  }
  expect(what(await determinismTier(faulty(fault), conv, 1))).toBe('bits differ between runs')
})
test('a gradient that belongs to another padding', async () => {
  const shift = (plan: Plan): Plan => ({
    ...plan,
    steps: plan.steps.map(s =>
      s.kernel === 'conv2dInputGrad' ? { ...s, attrs: { ...s.attrs, padding: [0, 2, 1, 1] } } : s,
    ) as Plan['steps'],
  })
  expect(
    what(
      await adjointTier(
        faulty(() => {}, shift),
        conv,
        0,
        1,
      ),
    ),
  ).toBe("<Jv, dy> is not <v, J'dy>")
})
test('a case that is not as exact as it says', async () => {
  const c = makeCase(
    'map',
    'thirds',
    {
      shape: [3],
      program: {
        inputs: 1,
        code: [
          ['in', 0],
          ['const', 3],
          ['div', 0, 1],
        ],
        outs: [2],
      },
    },
    [real([3])],
  )
  expect(what(await valueTier(reference(), c, 'exact', 1))).toBe('the case is not exact')
})
test('a wrong integer', async () => {
  const c = makeCase('gather', 'int32', { axis: 0 }, [{ spec: i32([4]), fill: { kind: 'any' } }, index([3], 0, 4)])
  const fault: Fault = (backend, bind) => backend.write(bind.out0, Int32Array.of(1000, 1000, 1000))
  expect(what(await valueTier(faulty(fault), c, 'exact', 1))).toBe('error beyond the bound')
})
test('a failing random case is shrunk and can be replayed', async () => {
  const r = await propertyTier(faulty(perturb(v => v + 1, 0)), 'concat', 20, 3)
  expect(what(r)).toContain('"kernel":"concat"')
  expect(r).toMatchObject({ tier: 'random', kernel: 'concat', seed: 3, path: expect.stringMatching(/^\d+(:\d+)*$/) })
  expect(replayCommand(r)).toContain(`"seed":3,"path":"${r.path}"`)
  const again = await propertyTier(faulty(perturb(v => v + 1, 0)), 'concat', 20, 3, r.path)
  expect(what(again)).toBe(what(r))
})
test('a backend that takes what it should refuse', async () => {
  const lax = async (): Promise<Backend> => {
    const backend = reference()
    return { ...faulty(() => {}), dispose: () => backend.dispose() }
  }
  const all = async (open: () => Promise<Backend>): Promise<TierResult[]> =>
    Promise.all(MISUSE_NAMES.map(name => misuseTier(open, name)))
  const failures = (await all(lax)).filter(r => r.failure !== undefined)
  expect(failures.length).toBeGreaterThan(0)
  expect((await all(async () => reference())).filter(r => r.failure !== undefined)).toEqual([])
})
