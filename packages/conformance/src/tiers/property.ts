// Random cases of a kernel: fast-check makes them, shrinks what fails, and its seed replays it.
import type { Backend, KernelName } from '@strata/api/backend'
import fc from 'fast-check'
import { ARBITRARY } from '../cases/arbitrary.js'
import type { Case } from '../cases/case.js'
import { addHistograms } from './histogram.js'
import { describeFailure, type TierResult } from './result.js'
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
 */
export async function propertyTier(
  backend: Backend,
  kernel: KernelName,
  runs: number,
  seed: number,
): Promise<TierResult> {
  let worst = 0
  let elements = 0
  let histogram = addHistograms([])
  const property = fc.asyncProperty(ARBITRARY[kernel], fc.nat(), async (c, dataSeed) => {
    const r = await check(backend, c, dataSeed)
    if (r.failure !== undefined) throw new Error(`${describeFailure(r)}\n  ${JSON.stringify(c)}`)
    worst = Math.max(worst, r.worst)
    elements += r.elements
    histogram = addHistograms([histogram, r.histogram])
  })
  const outcome = await fc.check(property, { numRuns: runs, seed })
  const head = { tier: 'rounding', kernel, case: `${runs} random cases`, seed } as const
  if (!outcome.failed) return { ...head, elements, worst, histogram }
  const cause = outcome.errorInstance
  const what = `${cause instanceof Error ? cause.message : String(cause)}\n  replay: seed ${seed}, path '${outcome.counterexamplePath}'`
  return { ...head, elements, worst, histogram, failure: { what } }
}
