// The suite's entry: levels, progress, skips, replay, soak, abort; and what a backend declares.
import type { Backend } from '@strata/api/backend'
import { cpu } from '@strata/backend-cpu'
import { expect, test } from 'vitest'
import { checksOf } from './checks.js'
import { goldenFiles } from './golden-files.js'
import { stepwise } from './stepwise.js'
import { type Progress, replay, runSuite } from './suite.js'
import { describeFailure, replayCommand, tokenOf } from './tiers/result.js'

const opened: Backend[] = []
const open = async (): Promise<Backend> => {
  const backend = await cpu({ threads: 1 })
  opened.push(backend)
  return backend
}
/** Adds 1 to the first index of every argmax. */
const wrong = async (): Promise<Backend> =>
  stepwise(await cpu({ threads: 1 }), {
    after({ spec, outs }) {
      if (spec.kernel === 'argmax') outs[0][0] += 1
    },
  })
const argmax = (c: { readonly kernel: string }): boolean => c.kernel === 'argmax'

test('every check has a token of its own, at every level', async () => {
  for (const level of ['core', 'full', 'soak'] as const) {
    const checks = await checksOf(level, goldenFiles)
    const tokens = checks.map(c => JSON.stringify([c.tier, c.kernel, c.case]))
    expect(new Set(tokens).size).toBe(tokens.length)
  }
  const [core, full] = [await checksOf('core', goldenFiles), await checksOf('full', goldenFiles)]
  const names = new Set(full.map(c => JSON.stringify([c.tier, c.kernel, c.case])))
  expect(core.filter(c => !names.has(JSON.stringify([c.tier, c.kernel, c.case])))).toEqual([])
  expect(full.filter(c => c.tier === 'golden').length).toBe(588 + 209 + 56 + 78)
})
test('progress, and nothing left behind', async () => {
  const seen: Progress[] = []
  const results = await runSuite(open, { only: argmax, onProgress: p => seen.push(p) })
  expect(results.filter(r => r.failure !== undefined)).toEqual([])
  expect(seen.map(p => p.result)).toEqual(results)
  expect(seen.at(-1)).toMatchObject({ done: results.length, total: results.length })
  expect(() => opened.at(-1)!.alloc(4)).toThrow('disposed')
})
test('a failure is replayed from its token, in words and as an object', async () => {
  const results = await runSuite(wrong, { only: argmax })
  const failed = results.filter(r => r.failure !== undefined)
  expect(new Set(failed.map(r => r.tier))).toEqual(new Set(['exact', 'rounding', 'random']))
  for (const r of [failed[0], failed.at(-1)!]) {
    expect(describeFailure(r)).toContain(replayCommand(r))
    expect(await replay(wrong, tokenOf(r))).toEqual(r)
    expect(await replay(wrong, JSON.stringify(tokenOf(r)))).toEqual(r)
    expect((await replay(open, tokenOf(r))).failure).toBeUndefined()
  }
  await expect(replay(open, { tier: 'exact', kernel: 'map', case: 'none', seed: 1 })).rejects.toThrow('no check')
})
test('a skip hides a failure, and is one itself where the case passes', async () => {
  const all = await runSuite(wrong, { only: argmax })
  const skips = [{ kernel: 'argmax', reason: 'known' } as const]
  const results = await runSuite(wrong, { only: argmax, skips })
  results.forEach((r, i) => {
    const failed = all[i].failure !== undefined
    expect(r.skipped).toBe(failed ? 'known' : undefined)
    expect(r.failure?.what).toBe(failed ? undefined : "is skipped ('known') but passes")
  })
})
test('what a backend does not promise but does is a failure', async () => {
  const shy = async (): Promise<Backend> =>
    stepwise(await cpu({ threads: 1 }), { numerics: { nonFinite: false, deterministic: false } })
  const only = (c: { readonly kernel: string; readonly tier: string }): boolean =>
    c.kernel === 'maxPool' && c.tier !== 'random'
  const results = await runSuite(shy, { only })
  const skipped = results.filter(r => r.skipped !== undefined)
  expect(skipped.length).toBeGreaterThan(2)
  expect(skipped.every(r => r.passes && r.failure === undefined)).toBe(true)
  expect(results.filter(r => r.failure !== undefined).map(r => [r.tier, r.case])).toEqual([
    ['declaration', 'numerics.nonFinite'],
    ['declaration', 'numerics.deterministic'],
  ])
})
test('a soak goes on with fresh seeds until the time is up, or until it is aborted', async () => {
  const results = await runSuite(open, { level: 'soak', minutes: 0.03, only: argmax })
  const seeds = results.map(r => r.seed)
  expect(results.every(r => r.tier === 'random' && r.failure === undefined)).toBe(true)
  expect(new Set(seeds).size).toBe(seeds.length)
  expect(seeds.length).toBeGreaterThan(1)
  const stop = new AbortController()
  const cut = await runSuite(open, {
    level: 'soak',
    signal: stop.signal,
    onProgress: p => p.done === 3 && stop.abort(),
  })
  expect(cut.length).toBe(3)
})
