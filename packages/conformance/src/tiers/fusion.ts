// The fusion tier: each fusion fires where it must and not where it must not, and the fused plan, the plan without fusion and
// the oracle agree.
import { compile } from '@strata/api'
import type { Backend, Plan } from '@strata/api/backend'
import { elementsOf, uniform } from '../cases/data.js'
import type { Fusion } from '../cases/fusions.js'
import { leavesOf } from '../cases/networks.js'
import { lower } from '../oracle/lower.js'
import { reference } from '../oracle/reference.js'
import { compareAll, joinComparisons } from './compare.js'
import { execute, executeExactly } from './execute.js'
import { type Failure, guarded, type TierResult } from './result.js'

/** What is wrong with what the compiler did, or undefined. */
function complaint(f: Fusion, plan: Plan, backend: Backend, supported: boolean): Failure | undefined {
  const count = (what: string): number => plan.report.fused.filter(x => x === what).length
  // Without the kernel that it makes, a fusion must not fire.
  const [fires, absent] = supported
    ? [f.fires ?? {}, f.absent ?? []]
    : [{}, [...(f.absent ?? []), ...Object.keys(f.fires ?? {})]]
  for (const [what, times] of Object.entries(fires)) {
    if (count(what) < times) return { what: `'${what}' fired too rarely`, got: count(what), want: times, bound: 0 }
  }
  for (const what of absent) {
    if (count(what) > 0) return { what: `'${what}' fired`, got: count(what), want: 0, bound: 0 }
  }
  if (f.steps !== undefined && supported && backend.linearMemory && plan.steps.length !== f.steps) {
    return { what: 'number of steps', got: plan.steps.length, want: f.steps, bound: 0 }
  }
  return undefined
}

export const fusionTier = (backend: Backend, f: Fusion, seed: number): Promise<TierResult> =>
  guarded({ tier: 'fusion', kernel: 'graph', case: f.name, seed }, async () => {
    const next = uniform(seed)
    const inputs = Object.fromEntries(
      Object.entries(f.ins).map(([name, i]) => [name, elementsOf(i, 'rounding', 1, next)]),
    )
    const outputs = f.build(leavesOf(f))
    const want = await executeExactly(reference({ numerics: backend.numerics }), lower(outputs), inputs)
    let supported = f.needs === undefined
    const options = { linearMemory: backend.linearMemory, supports: backend.supports.bind(backend) }
    const supports: Backend['supports'] = s => {
      const answer = backend.supports(s)
      if (s.kernel === f.needs) supported ||= answer
      return answer
    }
    const fused = compile({ outputs }, { ...options, supports })
    const unfused = compile({ outputs }, { ...options, fuse: false })
    const failure = complaint(f, fused, backend, supported)
    const found = []
    for (const plan of [fused, unfused]) {
      found.push(compareAll(await execute(backend, plan, inputs), want, backend.numerics))
    }
    const all = joinComparisons(found)
    return failure === undefined ? all : { ...all, failure }
  })

export { FUSIONS } from '../cases/fusions.js'
