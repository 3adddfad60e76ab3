// The suite on the oracle itself: cases are legal and as exact as they say, gradient rules hold, and the relations that the
// metamorphic tier states are true.
import { KERNEL_NAMES } from '@strata/api/backend'
import { describe, expect, test } from 'vitest'
import { failures } from './backend.test.util.js'
import { isLarge } from './cases/case.js'
import { CASES } from './cases/index.js'
import { NETWORKS } from './cases/networks.js'
import { FLOAT64 } from './oracle/arithmetic.js'
import { reference } from './oracle/reference.js'
import { adjointTier, LINEAR_KERNELS, linearInputs } from './tiers/adjoint.js'
import { compiledTier } from './tiers/compiled.js'
import { FUSIONS, fusionTier } from './tiers/fusion.js'
import { differentiableInputs, gradientTier } from './tiers/gradient.js'
import { metamorphicTier, RELATIONS } from './tiers/metamorphic.js'
import type { TierResult } from './tiers/result.js'
import { valueTier } from './tiers/values.js'

/** In order: the oracle is not concurrent. */
async function each<T>(items: readonly T[], f: (item: T) => Promise<TierResult>): Promise<TierResult[]> {
  const results: TierResult[] = []
  for (const item of items) results.push(await f(item))
  return results
}

describe.each(KERNEL_NAMES)('%s', kernel => {
  // Large cases cost the oracle seconds; a backend's run of the exact tier checks their exactness too.
  const cases = CASES[kernel].filter(c => !isLarge(c))

  test('has cases, each with a name of its own', () => {
    const names = CASES[kernel].map(c => c.name)
    expect(names.length).toBeGreaterThan(0)
    expect(names.filter((n, i) => names.indexOf(n) !== i)).toEqual([])
  })
  test('cases are exact where they say so', async () => {
    const exact = cases.filter(c => c.exact)
    expect(failures(await each(exact, c => valueTier(reference(), c, 'exact', 1)))).toEqual([])
  })
  test('float32 rounding of exact results stays within the bounds', async () => {
    const backend = reference({ u: FLOAT64 })
    expect(failures(await each(cases, c => valueTier(backend, c, 'rounding', 2)))).toEqual([])
  })
})

describe('adjoints', () => {
  test.each(LINEAR_KERNELS)('%s', async kernel => {
    const pairs = CASES[kernel].flatMap(c => linearInputs(c).map(i => [c, i] as const))
    expect(pairs.length).toBeGreaterThan(0)
    expect(failures(await each(pairs, ([c, i]) => adjointTier(reference(), c, i, 4)))).toEqual([])
  })
})

describe('gradients', () => {
  const checked = KERNEL_NAMES.filter(k => CASES[k].some(c => differentiableInputs(c).length > 0))
  test('every rule but those of fused kernels (made after differentiation) and constants is checked', () => {
    expect(KERNEL_NAMES.filter(k => !checked.includes(k))).toEqual([
      'maxPoolGrad',
      'argmax',
      'random',
      'copy',
      'fusedMatmul',
      'fusedConv2d',
      'fusedDepthwiseConv2d',
    ])
  })
  test.each(checked)('%s', async kernel => {
    const pairs = CASES[kernel].flatMap(c => differentiableInputs(c).map(i => [c, i] as const))
    expect(failures(await each(pairs, ([c, i]) => gradientTier(c, i, 5)))).toEqual([])
  })
})

test.each(RELATIONS)('$name', async relation => {
  expect(failures([await metamorphicTier(reference(), relation, 6)])).toEqual([])
})

test.each(NETWORKS)('$name: the compiled plan means the graph', async network => {
  expect(failures([await compiledTier(reference(), network, 7)])).toEqual([])
})

test.each(FUSIONS)('fusion: $name, where no optional kernel is there', async fusion => {
  expect(failures([await fusionTier(reference(), fusion, 8)])).toEqual([])
})
