// The suite as vitest tests: one description of a backend, whichever it is.
import { type Backend, KERNEL_NAMES } from '@strata/api/backend'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Check, goldenChecks, graphChecks, kernelChecks, type Level } from './checks.js'
import { goldenFiles } from './golden-files.js'
import { describeFailure, type TierResult } from './tiers/result.js'

/** What failed, in words: compare with []. */
export const failures = (results: readonly TierResult[]): string[] =>
  results.filter(r => r.failure !== undefined).map(describeFailure)

/** Checks by tier, in order. */
function byTier(checks: readonly Check[]): [tier: string, checks: readonly Check[]][] {
  const groups = new Map<string, Check[]>()
  for (const c of checks) groups.set(c.tier, [...(groups.get(c.tier) ?? []), c])
  return [...groups]
}

const goldens = goldenFiles

/**
 * Describes every check of a level but the fuzz, which has a file of its own; no case may be skipped.
 *
 * @param open opens a fresh backend
 */
export async function describeBackend(name: string, open: () => Promise<Backend>, level: Level): Promise<void> {
  const golden = await goldenChecks(level, goldens)
  describe(name, () => {
    let backend: Backend
    beforeAll(async () => {
      backend = await open()
    })
    afterAll(() => {
      expect(backend.memory()).toMatchObject({ buffers: 0, executables: 0 })
      backend.dispose()
    })
    async function run(checks: readonly Check[]): Promise<void> {
      const results: TierResult[] = []
      for (const c of checks) results.push(await c.run({ backend, open, goldens }, 1))
      expect(failures(results)).toEqual([])
      expect(results.filter(r => r.skipped !== undefined)).toEqual([])
    }

    describe.each(KERNEL_NAMES)('%s', kernel => {
      test.each(byTier(kernelChecks(kernel, level)))('%s', (_, checks) => run(checks))
    })
    describe('graphs', () => {
      const checks = graphChecks(level).filter(c => c.tier !== 'fuzz')
      test.each(byTier(checks))('%s', (_, some) => run(some), 120_000)
    })
    describe.each(['layers', 'losses', 'metrics', 'optimizers'])('golden %s', group => {
      test('all cases', () => run(golden.filter(c => c.case.startsWith(group))), 120_000)
    })
  })
}
