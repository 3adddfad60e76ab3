// The conformance suite: runs the checks of a level on any backend that a factory opens.
import type { Backend } from '@strata/api/backend'
import { type Check, checksOf, type Level, type RunContext } from './checks.js'
import type { GoldenLoader } from './golden/data.js'
import { declarationTier } from './tiers/declared.js'
import type { TierResult, Token } from './tiers/result.js'

/** A case that a backend's author knows to fail. Members that are left out match everything. */
export interface Skip extends Partial<Pick<Token, 'tier' | 'kernel' | 'case'>> {
  readonly reason: string
}

export interface SuiteOptions {
  /** Default core. */
  readonly level?: Level
  /** Of all data; default 1. */
  readonly seed?: number
  /** How long `soak` goes on; default 10. */
  readonly minutes?: number
  /** Where Keras's values come from; without it the golden tier is left out. */
  readonly goldens?: GoldenLoader
  /** Cases that may fail. They are run all the same: one that passes is a failure. */
  readonly skips?: readonly Skip[]
  /** Which checks to run; default all. */
  readonly only?: (c: Omit<Token, 'seed' | 'path'>) => boolean
  /** Ends the run after the check that is running; the results so far are returned. */
  readonly signal?: AbortSignal
  /** Called after each check. */
  readonly onProgress?: (p: Progress) => void
}

export interface Progress {
  readonly done: number
  /** Number of checks; null if the time decides. */
  readonly total: number | null
  readonly result: TierResult
}

const matches = (s: Skip, c: Omit<Token, 'seed'>): boolean =>
  (s.tier ?? c.tier) === c.tier && (s.kernel ?? c.kernel) === c.kernel && (s.case ?? c.case) === c.case

/** Runs a check; a skip whose case passes is a failure. */
async function runCheck(
  c: Check,
  s: RunContext,
  seed: number,
  skips: readonly Skip[],
  path?: string,
): Promise<TierResult> {
  const result = await c.run(s, seed, path)
  const skip = skips.find(k => matches(k, c))
  if (skip === undefined || result.skipped !== undefined) return result
  const { failure, ...rest } = result
  if (failure !== undefined) return { ...rest, worst: 0, histogram: undefined, skipped: skip.reason, passes: false }
  return { ...rest, failure: { what: `is skipped ('${skip.reason}') but passes` } }
}

/** Lets timers and input run between checks. */
const breathe = (): Promise<void> => new Promise(resolve => setTimeout(resolve))
const BREATH_MS = 50

/**
 * Runs the suite on a backend. Nothing is thrown for a backend that is wrong: what it does is in the results, each with the
 * token that replays it.
 *
 * @param open opens a fresh backend; called once for the whole run, and once for each check of misuse
 * @returns the results in the order of the run
 * @throws what `open` throws
 * @example
 * const results = await runSuite(() => cpu(), { level: 'core' })
 * const failures = results.filter(r => r.failure !== undefined).map(describeFailure)
 */
export async function runSuite(open: () => Promise<Backend>, options: SuiteOptions = {}): Promise<TierResult[]> {
  const { level = 'core', seed = 1, minutes = 10, goldens = null, skips = [], only = () => true } = options
  const { signal, onProgress } = options
  const checks = (await checksOf(level, goldens)).filter(only)
  const backend = await open()
  const context: RunContext = { backend, open, goldens }
  const results: TierResult[] = []
  const soak = level === 'soak'
  const end = Date.now() + 60_000 * minutes
  const total = soak ? null : checks.length
  let breath = Date.now()
  try {
    for (let i = 0; soak ? Date.now() < end && checks.length > 0 : i < checks.length; i++) {
      if (signal?.aborted === true) break
      // Every round of a soak has its own seed.
      const result = await runCheck(checks[i % checks.length], context, seed + Math.floor(i / checks.length), skips)
      results.push(result)
      onProgress?.({ done: results.length, total, result })
      if (Date.now() - breath < BREATH_MS) continue
      await breathe()
      breath = Date.now()
    }
    return [...results, ...declarationTier(backend, results, seed)]
  } finally {
    backend.dispose()
  }
}

/**
 * Runs one check again.
 *
 * @param token of a result (`tokenOf`), as an object or as the JSON of a replay command
 * @throws RangeError if there is no such check
 * @example await replay(() => cpu(), { tier: 'exact', kernel: 'conv2d', case: 'same', seed: 1 })
 */
export async function replay(
  open: () => Promise<Backend>,
  token: Token | string,
  { goldens = null }: { readonly goldens?: GoldenLoader | null } = {},
): Promise<TierResult> {
  const t: Token = typeof token === 'string' ? JSON.parse(token) : token
  const same = (c: Check): boolean => c.tier === t.tier && c.kernel === t.kernel && c.case === t.case
  const check = (await checksOf('full', goldens)).find(same)
  if (check === undefined) throw new RangeError(`no check ${JSON.stringify(token)}`)
  const backend = await open()
  try {
    return await check.run({ backend, open, goldens }, t.seed, t.path)
  } finally {
    backend.dispose()
  }
}
