// Every planted bug is caught, by checks that a correct backend passes.
import { cpu } from '@strata/backend-cpu'
import { expect, test } from 'vitest'
import { goldenFiles } from '../golden-files.js'
import { describeFailure } from '../tiers/result.js'
import { MUTATIONS, selfTest } from './index.js'
import { oracleSelfTest } from './oracle.js'

test('there are at least 25 bugs, each with a name', () => {
  expect(MUTATIONS.length).toBeGreaterThanOrEqual(25)
  expect(new Set(MUTATIONS.map(m => m.name)).size).toBe(MUTATIONS.length)
})
test('every bug is caught', async () => {
  const reports = await selfTest(() => cpu({ threads: 1 }), { goldens: goldenFiles })
  expect(reports.flatMap(r => r.unmutated).map(describeFailure)).toEqual([])
  // By what the backend computes or does to memory, not by an error that it throws.
  const crashes = reports.filter(r => !/beyond|differ|MemoryFault|is not/.test(r.result?.failure?.what ?? 'is not'))
  expect(crashes.map(r => `${r.mutation}: ${r.result?.failure?.what}`)).toEqual([])
  expect(reports.filter(r => r.caughtBy === null).map(r => `${r.mutation}: ${r.checks} checks`)).toEqual([])
}, 120_000)

test('every bug in the oracle is caught by golden values of Keras', async () => {
  const reports = await oracleSelfTest(goldenFiles)
  expect(reports.filter(r => r.result === null).map(r => `${r.mutation}: ${r.checks} cases`)).toEqual([])
  // By what it computes, not by an error that it throws.
  expect(reports.filter(r => !r.result?.failure?.what.includes('beyond the bound'))).toEqual([])
})
