// The whole suite on the CPU backend, with and without fused multiply-add.
import { type Backend, KERNEL_NAMES } from '@strata/api/backend'
import { cpu } from '@strata/backend-cpu'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KERNEL_TIERS, runNetworks, runRelations, runTier } from './suite.js'
import { misuseTier } from './tiers/misuse.js'
import { describeFailure, type TierResult } from './tiers/result.js'

const failures = (results: readonly TierResult[]): string[] =>
  results.filter(r => r.failure !== undefined).map(describeFailure)

describe.each([true, false])('cpu, relaxedFma %s', relaxedFma => {
  let backend: Backend
  beforeAll(async () => {
    backend = await cpu({ relaxedFma })
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
  test('misuse', async () => {
    expect(failures(await misuseTier(() => cpu({ relaxedFma })))).toEqual([])
  })
  test('compiled networks', async () => {
    expect(failures(await runNetworks(backend))).toEqual([])
  })
})
