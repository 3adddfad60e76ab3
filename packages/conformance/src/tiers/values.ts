// The exact and the rounding tier: a kernel's results, element by element, against the oracle's values and bounds.
import type { Backend } from '@strata/api/backend'
import type { Case } from '../cases/case.js'
import { dataOf } from '../cases/data.js'
import { reference } from '../oracle/reference.js'
import { compareAll } from './compare.js'
import { skippedBy } from './declared.js'
import { execute, executeExactly } from './execute.js'
import { inputsOf, meaningOf, planFor } from './graphs.js'
import { guarded, type Outcome, type TierResult } from './result.js'

/**
 * Runs a case on data of the seed. In the exact tier inputs are small integers such that no partial result rounds: the
 * oracle's bounds come out as 0, and any difference is a failure.
 */
export const valueTier = (backend: Backend, c: Case, tier: 'exact' | 'rounding', seed: number): Promise<TierResult> =>
  guarded({ tier, kernel: c.kernel, case: c.name, seed }, async () => {
    const data = dataOf(c, tier, seed)
    const inputs = inputsOf(data)
    // What the backend does not promise is run all the same: a promise that it could make is one that it should make.
    const beyond = !backend.numerics.nonFinite && data.some(d => d.some(v => !Number.isFinite(v)))
    const numerics = beyond ? { ...backend.numerics, nonFinite: true } : backend.numerics
    const oracle = reference({ numerics })
    const want = await executeExactly(oracle, meaningOf(c), inputs)
    if (tier === 'exact') {
      for (const [output, { bound, value }] of Object.entries(want)) {
        const index = bound.findIndex(b => b !== 0)
        if (index < 0) continue
        const failure = { what: 'the case is not exact', output, index, want: value[index], bound: bound[index] }
        return { elements: 0, worst: 0, failure }
      }
    }
    const run = async (): Promise<Outcome> =>
      compareAll(await execute(backend, planFor(backend, c), inputs), want, numerics)
    return beyond ? skippedBy('nonFinite', run) : run()
  })
