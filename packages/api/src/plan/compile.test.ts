import { describe, expect, it } from 'vitest'
import { ArgumentError } from '../errors.js'
import { grad } from '../graph/grad.js'
import * as ops from '../graph/ops.js'
import { apply1, input, type Value } from '../graph/value.js'
import { f32 } from '../tensor-spec.js'
import { compile } from './compile.js'
import type { Graph } from './ir.js'
import { type Plan, planToString } from './plan.js'

const all = { supports: () => true, linearMemory: true }
const core = { supports: () => false, linearMemory: true }
const kernels = (p: Plan): string[] => p.steps.map(s => s.kernel)
const slotOf = (p: Plan, name: string): number => p.tensors[p.bind[name]].slot
const x4 = (): Value => input('x', f32([1, 4, 4, 2]))
const w4 = (): Value => input('w', f32([3, 3, 2, 5]))
const conv = (x: Value, w: Value): Value =>
  apply1('conv2d', [x, w], { strides: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 })

describe('import', () => {
  it('merges equal nodes and drops what no result needs', () => {
    const x = input('x', f32([3]))
    const plan = compile({ outputs: { y: ops.concat([ops.exp(x), ops.exp(x)], 0) } }, all)
    ops.log(x)
    expect(kernels(plan)).toEqual(['map', 'concat'])
  })
  it('decomposes optional kernels that the backend lacks, and says so', () => {
    const y = ops.softmax(input('x', f32([2, 3])))
    expect(kernels(compile({ outputs: { y } }, all))).toEqual(['softmax'])
    const plan = compile({ outputs: { y } }, core)
    expect(kernels(plan)).not.toContain('softmax')
    expect(plan.report.decomposed).toEqual(['softmax'])
  })
  it('refuses two leaves of one name, and updates of no leaf', () => {
    const [a, b] = [input('x', f32([3])), input('x', f32([3]))]
    expect(() => compile({ outputs: { y: ops.add(a, b) } }, all)).toThrow(ArgumentError)
    expect(() => compile({ outputs: {}, updates: [{ target: ops.exp(a), value: a }] }, all)).toThrow(/input leaf/)
    expect(() => compile({ outputs: {}, updates: [{ target: a, value: ops.sum(a) }] }, all)).toThrow(/new value of 'x'/)
  })
  it('handles a chain deeper than the call stack', () => {
    let y = input('x', f32([1, 2]))
    for (let i = 0; i < 20_000; i++) y = ops.transpose(y)
    expect(compile({ outputs: { y } }, all).steps.length).toBe(20_000)
  })
})

describe('fusion', () => {
  it('makes one step of a chain of maps', () => {
    const x = input('x', f32([5]))
    const plan = compile({ outputs: { y: ops.relu(ops.add(ops.mul(x, 2), input('b', f32([1])))) } }, all)
    expect(kernels(plan)).toEqual(['map'])
  })
  it('lets a reduction compute what it sums', () => {
    const plan = compile({ outputs: { y: ops.sum(ops.exp(input('x', f32([5])))) } }, all)
    expect(kernels(plan)).toEqual(['reduce'])
  })
  it('makes bias and activation the epilogue of a convolution', () => {
    const y = ops.relu(ops.add(conv(x4(), w4()), input('b', f32([5]))))
    expect(kernels(compile({ outputs: { y } }, all))).toEqual(['fusedConv2d'])
    expect(kernels(compile({ outputs: { y } }, core))).toEqual(['conv2d', 'map'])
    expect(kernels(compile({ outputs: { y } }, { ...all, fuse: false }))).toEqual(['conv2d', 'map', 'map'])
  })
  it('does not where a convolution is used twice, or is a result itself', () => {
    const y = conv(x4(), w4())
    expect(kernels(compile({ outputs: { a: ops.relu(y), b: ops.concat([y, y], 3) } }, all))).toContain('conv2d')
    expect(kernels(compile({ outputs: { a: ops.relu(y), y } }, all))).toEqual(['conv2d', 'map'])
  })
  it('does not compute a dear map twice', () => {
    const e = ops.exp(input('x', f32([6])))
    const plan = compile({ outputs: { a: ops.add(e, 1), b: ops.sum(e) } }, all)
    expect(kernels(plan)).toEqual(['map', 'map', 'reduce'])
  })
  it('does not compute broadcast values for every element', () => {
    const scale = ops.rsqrt(input('v', f32([3])))
    const plan = compile({ outputs: { y: ops.mul(input('x', f32([50, 3])), scale) } }, all)
    expect(kernels(plan)).toEqual(['map', 'map'])
  })
  it('does not compute a value twice that is tested for equality', () => {
    const v = ops.add(ops.mul(input('x', f32([6])), input('s', f32([1]))), 1)
    const [g] = grad(ops.reduceMax(v), [v])
    const plan = compile({ outputs: { m: ops.reduceMax(v), g } }, all)
    expect(kernels(plan)[0]).toBe('map')
    const made = plan.steps[0].outs[0]
    expect(plan.steps.filter(s => s.ins.includes(made)).length).toBeGreaterThan(1)
  })
  it('merges independent reductions over the same data', () => {
    const [x, y] = [input('x', f32([8, 3])), input('y', f32([8, 3]))]
    const plan = compile({ outputs: { a: ops.sum(x, 0), b: ops.sum(ops.mul(x, y), 0) } }, all)
    expect(kernels(plan)).toEqual(['reduce'])
    expect(plan.steps[0].outs.length).toBe(2)
  })
  it('does not merge reductions that depend on one another', () => {
    const x = input('x', f32([8, 3]))
    const { mean, variance } = ops.moments(x, 0)
    expect(kernels(compile({ outputs: { mean, variance } }, core)).filter(k => k === 'reduce').length).toBe(2)
  })
  it('keeps bias + relu in the epilogue when training', () => {
    const [x, w, b] = [x4(), w4(), input('b', f32([5]))]
    const y = ops.relu(ops.add(conv(x, w), b))
    const [dw, db] = grad(ops.sum(ops.square(y)), [w, b])
    const plan = compile({ outputs: { y, dw, db } }, all)
    expect(kernels(plan)).toEqual(['fusedConv2d', 'map', 'reduce', 'conv2dFilterGrad'])
  })
})

describe('slots', () => {
  it('views reshapes where memory is linear, and copies them elsewhere', () => {
    const y = ops.exp(ops.reshape(ops.transpose(input('x', f32([2, 3]))), [6]))
    expect(kernels(compile({ outputs: { y } }, all))).toEqual(['transpose', 'map'])
    expect(kernels(compile({ outputs: { y } }, { ...all, linearMemory: false }))).toEqual([
      'transpose',
      'reshape',
      'map',
    ])
  })
  it('copies an input that is an output, and a result of two names', () => {
    const x = input('x', f32([3]))
    const e = ops.exp(x)
    const plan = compile({ outputs: { a: x, b: e, c: e, d: ops.reshape(e, [3, 1]) } }, all)
    const slots = ['x', 'a', 'b', 'c', 'd'].map(n => slotOf(plan, n))
    expect(new Set(slots).size).toBe(5)
    expect(kernels(plan).filter(k => k === 'copy').length).toBe(3)
  })
  it('writes an update in place when the old value is not read later', () => {
    const w = input('w', f32([3]))
    const plan = compile({ outputs: {}, updates: [{ target: w, value: ops.sub(w, input('g', f32([3]))) }] }, all)
    expect(kernels(plan)).toEqual(['map'])
    const [step] = plan.steps
    expect(plan.tensors[step.outs[0]].slot).toBe(slotOf(plan, 'w'))
  })
  it('copies at the end when the old value is read after the new one is made', () => {
    const w = input('w', f32([4]))
    const next = ops.exp(w)
    const plan = compile({ outputs: { y: ops.concat([next, w], 0) }, updates: [{ target: w, value: next }] }, all)
    expect(kernels(plan)).toEqual(['map', 'concat', 'copy'])
  })
  it('swaps two variables', () => {
    const [a, b] = [input('a', f32([4])), input('b', f32([4]))]
    const plan = compile(
      {
        outputs: {},
        updates: [
          { target: a, value: b },
          { target: b, value: a },
        ],
      },
      all,
    )
    // Both are staged before either is overwritten.
    const writes = new Map<number, number>()
    plan.steps.forEach((s, i) => {
      for (const t of s.outs) writes.set(plan.tensors[t].slot, i)
    })
    const reads = (slot: number): number[] =>
      plan.steps.flatMap((s, i) => (s.ins.some(t => plan.tensors[t].slot === slot) ? [i] : []))
    for (const n of ['a', 'b'])
      expect(Math.max(...reads(slotOf(plan, n)))).toBeLessThanOrEqual(writes.get(slotOf(plan, n))!)
    expect(simulate(plan, { a: 1, b: 2 })).toEqual({ a: 2, b: 1 })
  })
  it('reuses scratch memory along a chain', () => {
    let y = input('x', f32([100, 100]))
    for (let i = 0; i < 10; i++) y = ops.transpose(ops.exp(y))
    const plan = compile({ outputs: { y } }, all)
    expect(plan.slots.filter(s => s.kind === 'scratch').length).toBeLessThanOrEqual(2)
  })
  it('prints', () => {
    const text = planToString(compile({ outputs: { y: ops.exp(input('x', f32([3]))) } } satisfies Graph, all))
    expect(text).toContain('map (x@0 float32[3]) -> y@1 float32[3]')
  })
})

/** Runs a plan of copies, one symbol per slot. */
function simulate(plan: Plan, bound: Record<string, number>): Record<string, number> {
  const memory = new Map<number, number>()
  for (const [n, v] of Object.entries(bound)) memory.set(slotOf(plan, n), v)
  for (const s of plan.steps) {
    expect(s.kernel).toBe('copy')
    memory.set(plan.tensors[s.outs[0]].slot, memory.get(plan.tensors[s.ins[0]].slot)!)
  }
  return Object.fromEntries(Object.keys(bound).map(n => [n, memory.get(slotOf(plan, n))!]))
}
