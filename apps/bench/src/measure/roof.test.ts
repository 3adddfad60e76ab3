// The roofline's loops do the work that they are credited with, and fractions of it are right.

import { describe, expect, it } from 'vitest'
import { fractionOf, higher, measureRoof, type Roof } from './roof.js'
import { flopsOf, roofFunctions, roofModule, SUMS, TRIAD_STEP } from './roof-module.js'

const memory = (pages = 1): WebAssembly.Memory => new WebAssembly.Memory({ initial: pages })

describe('the loops', () => {
  const module = new WebAssembly.Module(roofModule(false))

  it.each(SUMS)('of %i sums adds as often as it is credited with', sums => {
    const shared = memory()
    const { fma } = roofFunctions(module, shared)
    const iterations = 37
    fma(sums, iterations)
    const each = new Float32Array(shared.buffer, 64, 4 * sums)
    // Products of 2^-10 and 2^-10, added exactly: each element tells how many.
    const additions = each.reduce((total, v) => total + v * 2 ** 20, 0)
    expect(new Set(each).size).toBe(1)
    expect(2 * additions).toBe(flopsOf(sums, iterations))
  })

  it('of the triad compute a = b + s c, and nothing behind it', () => {
    const shared = memory(2)
    const { triad } = roofFunctions(module, shared)
    const [a, b, c] = [1024, 2048, 3072].map(at => new Float32Array(shared.buffer, at, 32))
    const length = (2 * TRIAD_STEP) / 4
    expect(length).toBe(32)
    b.forEach((_, i) => {
      b[i] = i
      c[i] = 1024 * i
    })
    triad(1024, 2048, 3072, TRIAD_STEP)
    expect([...a.subarray(0, 16)]).toEqual([...b.subarray(0, 16)].map(v => 2 * v))
    expect([...a.subarray(16)]).toEqual(Array(16).fill(0))
    triad(1024, 2048, 3072, 2 * TRIAD_STEP)
    expect([...a]).toEqual([...b].map(v => 2 * v))
  })
})

const roof: Roof = { fused: true, sums: 8, gflops: { 1: 50, 2: 90 }, triad: { cache: 100, memory: 20 } }

it('credits a fraction of the roof of as many threads', () => {
  expect(fractionOf(roof, 1, 25e9, 1000)).toBe(0.5)
  expect(fractionOf(roof, 2, 90e6, 1)).toBe(1)
  expect(fractionOf(roof, 2, 90e6, 0.5)).toBe(2)
})

it('keeps the higher of two measurements, each for itself', () => {
  const other: Roof = { fused: true, sums: 12, gflops: { 1: 60, 2: 80 }, triad: { cache: 90, memory: 30 } }
  const most = { fused: true, sums: 12, gflops: { 1: 60, 2: 90 }, triad: { cache: 100, memory: 30 } }
  expect(higher(roof, other)).toEqual(most)
  expect(higher(other, roof)).toEqual(most)
})

it('measures something between a slow and an impossible machine', async () => {
  const { gflops, triad } = await measureRoof(1, 2)
  for (const rate of [gflops[1], triad.cache, triad.memory]) {
    expect(rate).toBeGreaterThan(0.1)
    expect(rate).toBeLessThan(5000)
  }
  expect(gflops[1]).toBeGreaterThan(1)
}, 30_000)
