// Losses, metrics and optimizers: the float64 oracle gives Keras's values to the last digits. Backends are held to them by their
// own run of the suite.
import { describe, expect, test } from 'vitest'
import { goldenFiles, loadGolden } from '../golden-files.js'
import { describeFailure } from '../tiers/result.js'
import { LOSS_TIES } from './losses-run.js'
import { goldenTier } from './tier.js'

/** Cases whose input is a tie, where Strata's convention is Keras's: checked like any other. */
const METRIC_TIES: Readonly<Record<string, string>> = {
  categoricalaccuracy_004: 'argmax is the first maximum',
  topkcategoricalaccuracy_005: 'only larger predictions push a class out of the k largest',
}
const ties = (group: 'losses' | 'metrics' | 'optimizers'): string[] =>
  (loadGolden(group).cases as readonly { readonly id: string; readonly tie?: boolean }[])
    .filter(c => c.tie === true)
    .map(c => c.id)
    .sort()

test('every tie has its convention', () => {
  expect(ties('losses')).toEqual(Object.keys(LOSS_TIES).sort())
  expect(ties('metrics')).toEqual(Object.keys(METRIC_TIES).sort())
  expect(ties('optimizers')).toEqual([])
})
describe.each([
  ['losses', 209],
  ['metrics', 56],
  ['optimizers', 78],
] as const)('%s', (group, count) => {
  const { cases } = loadGolden(group)
  test('all cases are here', () => {
    expect(cases.length).toBe(count)
  })
  test.each(cases.map(c => c.id))('%s', async id => {
    const r = await goldenTier({ goldens: goldenFiles, backend: null }, group, id)
    expect(r.failure === undefined ? null : describeFailure(r)).toBeNull()
    expect(r.elements).toBeGreaterThan(0)
  })
})
