// The determinism tier: the same plan on the same data gives the same bits, run after run and load after load.
import type { Backend } from '@strata/api/backend'
import type { Case } from '../cases/case.js'
import { dataOf } from '../cases/data.js'
import { skippedBy } from './declared.js'
import { executeRepeatedly } from './execute.js'
import { inputsOf, planFor } from './graphs.js'
import { type Failure, guarded, type Outcome, type TierResult } from './result.js'

export const determinismTier = (backend: Backend, c: Case, seed: number): Promise<TierResult> =>
  guarded({ tier: 'determinism', kernel: c.kernel, case: c.name, seed }, async () => {
    if (!backend.numerics.deterministic) return skippedBy('deterministic', () => compareRuns(backend, c, seed))
    return compareRuns(backend, c, seed)
  })

async function compareRuns(backend: Backend, c: Case, seed: number): Promise<Outcome> {
  const plan = planFor(backend, c)
  const inputs = inputsOf(dataOf(c, 'rounding', seed))
  const runs = [
    ...(await executeRepeatedly(backend, plan, inputs, 2)),
    ...(await executeRepeatedly(backend, plan, inputs, 1)),
  ]
  let failure: Failure | undefined
  let elements = 0
  for (const [output, first] of Object.entries(runs[0])) {
    elements += first.length
    for (const other of runs.slice(1)) {
      const index = first.findIndex((v, i) => !Object.is(v, other[output][i]))
      if (index < 0) continue
      failure = {
        what: 'bits differ between runs',
        output,
        index,
        got: other[output][index],
        want: first[index],
        bound: 0,
      }
    }
  }
  return { elements, worst: 0, failure }
}
