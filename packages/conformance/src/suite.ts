// The conformance suite: every tier over every case, for any backend.
import { type Backend, KERNEL_NAMES, type KernelName } from '@strata/api/backend'
import { CASES } from './cases/index.js'
import { NETWORKS } from './cases/networks.js'
import { adjointTier, linearInputs } from './tiers/adjoint.js'
import { compiledTier } from './tiers/compiled.js'
import { determinismTier } from './tiers/determinism.js'
import { metamorphicTier, RELATIONS } from './tiers/metamorphic.js'
import { propertyTier } from './tiers/property.js'
import type { TierResult } from './tiers/result.js'
import { valueTier } from './tiers/values.js'

export interface SuiteOptions {
  /** Of all data; default 1. */
  readonly seed?: number
  /** Random cases a kernel; default 25. */
  readonly randomCases?: number
}

/** Tiers that run case by case. */
export const KERNEL_TIERS = ['exact', 'rounding', 'adjoint', 'determinism', 'random'] as const
export type KernelTier = (typeof KERNEL_TIERS)[number]

/** One tier over all cases of a kernel. */
export async function runTier(
  backend: Backend,
  kernel: KernelName,
  tier: KernelTier,
  { seed = 1, randomCases = 25 }: SuiteOptions = {},
): Promise<TierResult[]> {
  const results: TierResult[] = []
  if (tier === 'random') return [await propertyTier(backend, kernel, randomCases, seed)]
  for (const c of CASES[kernel]) {
    switch (tier) {
      case 'exact':
        if (c.exact) results.push(await valueTier(backend, c, 'exact', seed))
        break
      case 'rounding':
        results.push(await valueTier(backend, c, 'rounding', seed))
        break
      case 'adjoint':
        for (const i of linearInputs(c)) results.push(await adjointTier(backend, c, i, seed))
        break
      case 'determinism':
        results.push(await determinismTier(backend, c, seed))
        break
      default:
        tier satisfies never
    }
  }
  return results
}

/** The metamorphic relations. */
export async function runRelations(backend: Backend, { seed = 1 }: SuiteOptions = {}): Promise<TierResult[]> {
  const results: TierResult[] = []
  for (const r of RELATIONS) results.push(await metamorphicTier(backend, r, seed))
  return results
}

/** Whole graphs through the compiler. */
export async function runNetworks(backend: Backend, { seed = 1 }: SuiteOptions = {}): Promise<TierResult[]> {
  const results: TierResult[] = []
  for (const n of NETWORKS) results.push(await compiledTier(backend, n, seed))
  return results
}

/**
 * The whole suite.
 *
 * @example
 * const results = await runSuite(await cpu())
 * const failures = results.filter(r => r.failure !== undefined).map(describeFailure)
 */
export async function runSuite(backend: Backend, options: SuiteOptions = {}): Promise<TierResult[]> {
  const results: TierResult[] = []
  for (const kernel of KERNEL_NAMES) {
    for (const tier of KERNEL_TIERS) results.push(...(await runTier(backend, kernel, tier, options)))
  }
  return [...results, ...(await runRelations(backend, options)), ...(await runNetworks(backend, options))]
}
