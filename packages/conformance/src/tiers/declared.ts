// What a backend does not promise. Its cases are run and never fail; but if every one of them passes, the backend should promise it.
import type { Backend, Numerics } from '@strata/api/backend'
import type { Outcome, TierResult } from './result.js'

type Promised = 'nonFinite' | 'deterministic'
const REASONS: Readonly<Record<Promised, string>> = {
  nonFinite: 'numerics.nonFinite is false: infinities and NaN may be anything',
  deterministic: 'numerics.deterministic is false: bits may differ from run to run',
}

/** Runs a case that a declaration takes out of the suite, to see whether it would pass. */
export async function skippedBy(promise: Promised, run: () => Promise<Outcome>): Promise<Outcome> {
  const skipped = REASONS[promise]
  try {
    const { elements, failure } = await run()
    return { elements, worst: 0, skipped, passes: failure === undefined }
  } catch {
    return { elements: 0, worst: 0, skipped, passes: false }
  }
}

/** One result for each thing that the backend does not promise: a failure if all skipped cases pass. */
export function declarationTier(backend: Backend, results: readonly TierResult[], seed: number): TierResult[] {
  const absent = (Object.keys(REASONS) as Promised[]).filter(p => !backend.numerics[p satisfies keyof Numerics])
  return absent.flatMap(p => {
    const skipped = results.filter(r => r.skipped === REASONS[p])
    if (skipped.length === 0) return []
    const passing = skipped.filter(r => r.passes === true).length
    const what = `numerics.${p} is false, but all ${passing} cases pass that it takes out: declare it true`
    const failure = passing === skipped.length ? { what } : undefined
    return {
      tier: 'declaration',
      kernel: 'graph',
      case: `numerics.${p}`,
      seed,
      elements: 0,
      worst: 0,
      failure,
    } as const
  })
}
