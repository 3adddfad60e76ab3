// The suite as vitest tests: one description of a backend, whichever it is.
import { type Backend, KERNEL_NAMES } from '@strata/api/backend'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KERNEL_TIERS, runNetworks, runRelations, runTier } from './suite.js'
import { misuseTier } from './tiers/misuse.js'
import { describeFailure, type TierResult } from './tiers/result.js'

/** What failed, in words: compare with []. */
export const failures = (results: readonly TierResult[]): string[] =>
  results.filter(r => r.failure !== undefined).map(describeFailure)

/**
 * Describes every tier over every kernel of a backend; no case may be skipped.
 *
 * @param open opens a fresh backend
 */
export function describeBackend(name: string, open: () => Promise<Backend>): void {
  describe(name, () => {
    let backend: Backend
    beforeAll(async () => {
      backend = await open()
    })
    afterAll(() => {
      expect(backend.memory()).toMatchObject({ buffers: 0, executables: 0 })
      backend.dispose()
    })

    describe.each(KERNEL_NAMES)('%s', kernel => {
      test.each(KERNEL_TIERS)('%s', async tier => {
        const results = await runTier(backend, kernel, tier)
        expect(failures(results)).toEqual([])
        expect(results.filter(r => r.skipped !== undefined)).toEqual([])
      })
    })
    test('relations between graphs', async () => {
      expect(failures(await runRelations(backend))).toEqual([])
    })
    test('compiled networks', async () => {
      expect(failures(await runNetworks(backend))).toEqual([])
    })
    test('misuse', async () => {
      expect(failures(await misuseTier(open))).toEqual([])
    })
  })
}
