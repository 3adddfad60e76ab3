// The compiled tier: whole graphs, fused and with shared memory as the compiler makes them for the backend, against the oracle of
// the graph as it was written.
import { compile } from '@strata/api'
import type { Backend } from '@strata/api/backend'
import { elementsOf, uniform } from '../cases/data.js'
import { leavesOf, type Network } from '../cases/networks.js'
import { lower } from '../oracle/lower.js'
import { reference } from '../oracle/reference.js'
import { compareAll, joinComparisons } from './compare.js'
import { executeExactly, executeRepeatedly } from './execute.js'
import { guarded, type TierResult } from './result.js'

/** At least this share of the elements must have a finite bound: else the check says nothing. */
const CHECKED = 0.9

export const compiledTier = (backend: Backend, n: Network, seed: number): Promise<TierResult> =>
  guarded({ tier: 'compiled', kernel: 'graph', case: n.name, seed }, async () => {
    const next = uniform(seed)
    const inputs = Object.fromEntries(
      Object.entries(n.ins).map(([name, i]) => [name, elementsOf(i, 'rounding', 1, next)]),
    )
    const outputs = n.build(leavesOf(n))
    const want = await executeExactly(reference({ numerics: backend.numerics }), lower(outputs), inputs)
    const bounds = Object.values(want).flatMap(w => [...w.bound])
    const checked = bounds.filter(Number.isFinite).length / bounds.length
    if (checked < CHECKED) {
      const what = 'too few elements have a finite bound'
      return { elements: 0, worst: 0, failure: { what, got: checked, want: 1, bound: 1 - CHECKED } }
    }
    // Twice: the second run finds the scratch memory of the first.
    const runs = await executeRepeatedly(backend, compile({ outputs }, backend), inputs, 2)
    return joinComparisons(runs.map(got => compareAll(got, want, backend.numerics)))
  })
