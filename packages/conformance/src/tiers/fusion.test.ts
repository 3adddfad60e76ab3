// The fusion tier sees fusions that are missing, forbidden, or made for a backend that lacks the kernel.
import { compile } from '@strata/api'
import { cpu } from '@strata/backend-cpu'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { FUSIONS, type Fusion } from '../cases/fusions.js'
import { DESCRIPTIONS, networkOf } from '../fuzz/network.js'
import { reference } from '../oracle/reference.js'
import { fusionTier } from './fusion.js'

const backend = await cpu({ threads: 1 })
afterAll(() => backend.dispose())
const find = (name: string): Fusion => FUSIONS.find(f => f.name.includes(name))!
const chain = find('a chain of maps')
const epilogue = find('bias and activation behind a matrix product')

test.each([
  ['too rarely', { ...chain, fires: { 'map + map': 9 } }, "'map + map' fired too rarely"],
  ['not at all', { ...chain, fires: { 'reduce + reduce': 1 } }, "'reduce + reduce' fired too rarely"],
  ['where it must not', { ...chain, absent: ['map + map'] }, "'map + map' fired"],
  ['too many steps', { ...chain, steps: 2 }, 'number of steps'],
])('a fusion that fires %s', async (_, fusion, what) => {
  expect((await fusionTier(backend, fusion, 1)).failure?.what).toBe(what)
})
test('a backend without the fused kernel must not get it', async () => {
  expect((await fusionTier(reference(), epilogue, 1)).failure).toBeUndefined()
  // Without `needs`, the same graph is expected to fuse anywhere.
  const { needs: _, ...anywhere } = epilogue
  expect((await fusionTier(reference(), anywhere, 1)).failure?.what).toContain('fired too rarely')
})
test('every fusion that random networks undergo has a case in which it fires', () => {
  const cased = new Set(FUSIONS.flatMap(f => Object.keys(f.fires ?? {})))
  const seen = new Set<string>()
  for (const d of fc.sample(DESCRIPTIONS, { numRuns: 60, seed: 1 })) {
    for (const fusion of compile(networkOf(d), backend).report.fused) seen.add(fusion)
  }
  expect(seen.size).toBeGreaterThanOrEqual(6)
  expect([...seen].filter(f => !cased.has(f))).toEqual([])
})
