// The golden data are complete: every key of every case has a tensor, every tensor is used, and the types are those
// that the README states.
import { describe, expect, test } from 'vitest'
import type { GoldenGroup } from './golden-files.js'
import { loadGolden } from './golden-files.js'

/** All strings inside a case that are tensor keys of the group. */
function keysIn(value: unknown, keys: ReadonlySet<string>, found: Set<string>): void {
  if (typeof value === 'string') {
    if (keys.has(value)) found.add(value)
  } else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) keysIn(inner, keys, found)
  }
}

describe.each<[GoldenGroup, number]>([
  ['layers', 588],
  ['losses', 209],
  ['optimizers', 78],
  ['metrics', 56],
  ['trajectories', 4],
  ['files', 4],
])('golden %s', (group, count) => {
  const golden = loadGolden(group)

  test('has its cases, and each tensor belongs to one', () => {
    expect(golden.cases.length).toBe(count)
    expect(new Set(golden.cases.map(c => c.id)).size).toBe(count)
    const found = new Set<string>()
    keysIn(golden.cases, new Set(golden.keys), found)
    expect(golden.keys.filter(k => !found.has(k))).toEqual([])
  })

  test('shapes fit, and every value is a number', () => {
    for (const key of golden.keys) {
      const { shape, data } = golden.tensor(key)
      expect(data.length).toBe(shape.reduce((a, b) => a * b, 1))
      expect(data.some(v => Number.isNaN(v))).toBe(false)
    }
  })
})

test('layer cases: gradients and states have the shape of what they belong to, in float64', () => {
  const { cases, tensor } = loadGolden('layers')
  for (const c of cases) {
    for (const call of 'sequence' in c ? c.sequence : [c]) {
      expect(tensor(call.upstream).shape).toEqual(tensor(call.expected.output).shape)
      expect(tensor(call.upstream).dtype).toBe('F32')
      expect(tensor(call.expected.output).dtype).toBe('F64')
      expect(tensor(call.expected.output).data).toBeInstanceOf(Float64Array)
      const gradients = [call.expected.grad_input ?? []].flat()
      gradients.forEach((key, i) => {
        expect(tensor(key).shape).toEqual(tensor(call.inputs[i]).shape)
      })
      for (const [weight, key] of Object.entries(c.weights ?? {})) {
        for (const result of [call.expected[`grad_${weight}`] ?? [], call.expected[`new_${weight}`] ?? []].flat()) {
          expect(tensor(result).shape).toEqual(tensor(key).shape)
        }
      }
    }
  }
})

test('optimizer, metric and trajectory cases: one row per step or update', () => {
  const optimizers = loadGolden('optimizers')
  for (const c of optimizers.cases) {
    for (const name of ['kernel', 'bias'] as const) {
      const shape = [10, ...optimizers.tensor(c.variables[name]).shape]
      expect(optimizers.tensor(c.gradients[name]).shape).toEqual(shape)
      expect(optimizers.tensor(c.expected[name]).shape).toEqual(shape)
    }
    expect(optimizers.tensor(c.expected.learning_rate).shape).toEqual([10])
  }
  for (const c of loadGolden('metrics').cases) expect(c.expected.results.length).toBe(c.updates.length)
  const trajectories = loadGolden('trajectories')
  for (const c of trajectories.cases) {
    expect(trajectories.tensor(c.expected.loss).shape).toEqual([c.steps])
    expect(trajectories.tensor(c.x).shape[0]).toBe(c.batches * c.batch_size)
    expect(Object.keys(c.expected.step1_gradients).sort()).toEqual([...c.trainable].sort())
    expect(Object.keys(c.expected.final_weights)).toEqual(Object.keys(c.initial_weights))
    expect(trajectories.tensor(c.float32_run.loss).dtype).toBe('F32')
  }
})

test('an unknown key is an error that names it', () => {
  expect(() => loadGolden('metrics').tensor('nope')).toThrow("golden metrics: no tensor 'nope'")
})
