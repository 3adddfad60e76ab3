// 1,000 random networks on the CPU backend: 500 with fused multiply-add, 500 without.
import { cpu } from '@strata/backend-cpu'
import { expect, test } from 'vitest'
import { fuzz } from './fuzz.js'

test.each([
  [true, 1],
  [false, 2],
])(
  'random training steps, fused = unfused = oracle (relaxedFma %s)',
  async (relaxedFma, seed) => {
    const backend = await cpu({ relaxedFma, threads: 1 })
    const report = await fuzz(backend, { runs: 500, seed })
    expect(report.failure).toBeUndefined()
    expect(report.networks).toBe(500)
    // A comparison that rounding decides leaves what depends on it unbounded; most elements must not.
    expect(report.checked).toBeGreaterThan(0.9)
    expect(backend.memory()).toMatchObject({ buffers: 0, executables: 0 })
    backend.dispose()
  },
  600_000,
)
