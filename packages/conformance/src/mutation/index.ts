// The self-test of the suite: bugs that backends really have, planted one at a time into a correct backend.
import type { Backend } from '@strata/api/backend'
import { type Check, checksOf, type Level, type RunContext } from '../checks.js'
import type { GoldenLoader } from '../golden/data.js'
import { stepwise } from '../stepwise.js'
import type { TierName, TierResult } from '../tiers/result.js'
import { ARITHMETIC } from './arithmetic.js'
import { LAYOUT } from './layout.js'
import { MEMORY } from './memory.js'
import type { Mutation } from './mutation.js'

export type { Mutation } from './mutation.js'

/** All planted bugs. */
export const MUTATIONS: readonly Mutation[] = [...LAYOUT, ...ARITHMETIC, ...MEMORY]

/** Plants a bug into a backend, which belongs to the result. */
export const mutate = (backend: Backend, m: Mutation): Backend => stepwise(backend, m.hooks())

/** What became of one planted bug. */
export interface MutationReport {
  readonly mutation: string
  /** The tier that caught it; null if none did. */
  readonly caughtBy: TierName | null
  /** The lowest level that has the check. */
  readonly level: Level | null
  /** What the check said. */
  readonly result: TierResult | null
  /** Number of checks until then. */
  readonly checks: number
  /** Failures of the backend without the bug in the same checks: the proof is worth nothing if there are any. */
  readonly unmutated: readonly TierResult[]
}

export interface SelfTestOptions {
  readonly goldens?: GoldenLoader | null
  readonly seed?: number
  readonly mutations?: readonly Mutation[]
  readonly onProgress?: (r: MutationReport) => void
}

const nameOf = (c: Check): string => JSON.stringify([c.tier, c.kernel, c.case])

/**
 * Plants each bug and runs the checks that could see it until one does; the same checks run on the backend as it is.
 *
 * @param open opens a fresh backend that is correct
 * @example (await selfTest(() => cpu())).filter(r => r.caughtBy === null) // should be empty
 */
export async function selfTest(open: () => Promise<Backend>, options: SelfTestOptions = {}): Promise<MutationReport[]> {
  const { goldens = null, seed = 1, mutations = MUTATIONS, onProgress } = options
  const core = new Set((await checksOf('core', goldens)).map(nameOf))
  const checks = await checksOf('full', goldens)
  // What is in core is tried first.
  const ordered = [...checks.filter(c => core.has(nameOf(c))), ...checks.filter(c => !core.has(nameOf(c)))]
  const correct: RunContext = { backend: stepwise(await open(), {}), open, goldens }
  const known = new Map<string, TierResult>()
  const unmutated = async (some: readonly Check[]): Promise<TierResult[]> => {
    for (const c of some) if (!known.has(nameOf(c))) known.set(nameOf(c), await c.run(correct, seed))
    return some.map(c => known.get(nameOf(c))!).filter(r => r.failure !== undefined)
  }
  const reports: MutationReport[] = []
  for (const m of mutations) {
    const wrong: RunContext = { backend: mutate(await open(), m), open, goldens }
    const ran: Check[] = []
    let caught: TierResult | null = null
    for (const c of ordered.filter(m.seen)) {
      ran.push(c)
      const result = await c.run(wrong, seed)
      if (result.failure === undefined) continue
      caught = result
      break
    }
    wrong.backend.dispose()
    const level = caught === null ? null : core.has(nameOf(ran[ran.length - 1])) ? 'core' : 'full'
    const report: MutationReport = {
      mutation: m.name,
      caughtBy: caught?.tier ?? null,
      level,
      result: caught,
      checks: ran.length,
      unmutated: await unmutated(ran),
    }
    reports.push(report)
    onProgress?.(report)
  }
  correct.backend.dispose()
  return reports
}
