// Random cases of a kernel: fast-check makes them, shrinks what fails, and its seed replays it.
import type { Backend, KernelName } from '@strata/api/backend'
import fc from 'fast-check'
import { ARBITRARY } from '../cases/arbitrary.js'
import type { Case } from '../cases/case.js'
import { type Comparison, joinComparisons } from './compare.js'
import type { TierResult } from './result.js'
import { valueTier } from './values.js'

/** The first failure among the exact (where it applies) and the rounding tier of a random case. */
async function check(backend: Backend, c: Case, seed: number): Promise<TierResult> {
  if (c.exact) {
    const exact = await valueTier(backend, c, 'exact', seed)
    if (exact.failure !== undefined) return exact
  }
  return valueTier(backend, c, 'rounding', seed)
}

/**
 * Runs the exact and the rounding tier on `runs` random cases.
 *
 * @param seed of fast-check: the same seed gives the same cases
 * @param path of a counterexample, as fast-check printed it: runs that one alone
 */
export async function propertyTier(
  backend: Backend,
  kernel: KernelName,
  runs: number,
  seed: number,
  path?: string,
): Promise<TierResult> {
  const done: Comparison[] = []
  const property = fc.asyncProperty(ARBITRARY[kernel], fc.nat(), async (c, dataSeed) => {
    const r = await check(backend, c, dataSeed)
    if (r.failure !== undefined) {
      const { what, output, index, got, want, bound } = r.failure
      const where = output === undefined ? '' : ` at ${output}[${index}]: got ${got}, want ${want} +- ${bound}`
      throw new Error(`${r.tier} ${kernel}: ${what}${where}\n  ${JSON.stringify(c)}, data of seed ${dataSeed}`)
    }
    if (r.histogram !== undefined) done.push({ ...r, histogram: r.histogram })
  })
  const outcome = await fc.check(property, { numRuns: runs, seed, path, endOnFailure: path !== undefined })
  const head = { tier: 'random', kernel, case: 'random cases', seed } as const
  const all = joinComparisons(done)
  if (!outcome.failed) return { ...head, ...all, path }
  const cause = outcome.errorInstance
  const what = cause instanceof Error ? cause.message : String(cause)
  return { ...head, ...all, path: outcome.counterexamplePath ?? undefined, failure: { what } }
}
