// The fuzz of plans: random networks, a whole training step each, compiled with and without fusion and held to the oracle.
import { evaluate } from '@strata/api'
import type { Backend } from '@strata/api/backend'
import fc from 'fast-check'
import { lower } from '../oracle/lower.js'
import { reference } from '../oracle/reference.js'
import { compareAll } from '../tiers/compare.js'
import { executeExactly } from '../tiers/execute.js'
import { describeFailure, type TierResult } from '../tiers/result.js'
import { DESCRIPTIONS, type Description, nameOf, networkOf } from './network.js'

export interface FuzzOptions {
  /** Of fast-check: the same seed gives the same networks. Default 1. */
  readonly seed?: number
  /** Number of networks. Default 100. */
  readonly runs?: number
  /** The path that fast-check printed, to run one counterexample alone. */
  readonly path?: string
  readonly onProgress?: (done: number) => void
}

export interface FuzzReport {
  readonly networks: number
  readonly elements: number
  /** Share of the elements whose bound is finite: the others hang on a comparison that rounding decides. */
  readonly checked: number
  /** Largest error over its bound. */
  readonly worst: number
  readonly failure?: string
}

/** Runs one network fused and unfused against the oracle. */
export async function checkNetwork(
  backend: Backend,
  d: Description,
): Promise<{ elements: number; checked: number; worst: number }> {
  const g = networkOf(d)
  const news = Object.fromEntries(g.updates.map(u => [`new ${nameOf(u.target)}`, u.value]))
  const plan = lower({ ...g.outputs, ...news })
  const feeds = Object.fromEntries(Object.entries(g.feeds).filter(([name]) => name in plan.bind))
  const want = await executeExactly(reference({ numerics: backend.numerics }), plan, feeds)
  let elements = 0
  let checked = 0
  let worst = 0
  for (const fuse of [true, false]) {
    const results = await evaluate(backend, g, g.feeds, { fuse })
    const got = Object.fromEntries(
      Object.entries(results).map(([name, data]) => [name in g.outputs ? name : `new ${name}`, data]),
    )
    const c = compareAll(got, want, backend.numerics)
    if (c.failure !== undefined) {
      const head = {
        tier: 'compiled',
        kernel: 'graph',
        case: g.text,
        seed: d.seed,
      } as const satisfies Partial<TierResult>
      throw new Error(`${fuse ? 'fused' : 'unfused'}: ${describeFailure({ ...head, ...c })}`)
    }
    elements += c.elements
    worst = Math.max(worst, c.worst)
    for (const name of Object.keys(got)) checked += want[name].bound.filter(Number.isFinite).length
  }
  return { elements, checked, worst }
}

/**
 * Checks random networks; the first failure is shrunk, and its report says how to replay it.
 * @example const report = await fuzz(await cpu(), { runs: 1000, seed: 7 })
 */
export async function fuzz(
  backend: Backend,
  { seed = 1, runs = 100, path, onProgress }: FuzzOptions = {},
): Promise<FuzzReport> {
  let networks = 0
  let elements = 0
  let checked = 0
  let worst = 0
  const property = fc.asyncProperty(DESCRIPTIONS, async d => {
    const r = await checkNetwork(backend, d)
    elements += r.elements
    checked += r.checked
    worst = Math.max(worst, r.worst)
    networks++
    onProgress?.(networks)
  })
  const outcome = await fc.check(property, { numRuns: runs, seed, path, endOnFailure: path !== undefined })
  const report = { networks, elements, checked: checked / Math.max(1, elements), worst }
  if (!outcome.failed) return report
  const cause = outcome.errorInstance
  const what = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  const replay = `replay: fuzz(backend, { seed: ${seed}, path: '${outcome.counterexamplePath}' })`
  return { ...report, failure: `${what}\n${JSON.stringify(outcome.counterexample)}\n${replay}` }
}
