// The fuzz of plans: random networks, a whole training step each, compiled with and without fusion and held to the oracle.
import type { Backend } from '@strata/api/backend'
import fc from 'fast-check'
import { type Comparison, joinComparisons } from '../tiers/compare.js'
import { compareStep, type StepComparison } from '../whole/step.js'
import { DESCRIPTIONS, type Description, networkOf } from './network.js'

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
  readonly histogram: readonly number[]
  readonly failure?: string
  /** Of the counterexample. */
  readonly path?: string
}

/** Runs one network fused and unfused against the oracle. */
export function checkNetwork(backend: Backend, d: Description): Promise<StepComparison> {
  const g = networkOf(d)
  return compareStep(backend, g, `${g.text} (seed ${d.seed})`)
}

/**
 * Checks random networks; the first failure is shrunk, and its report says how to replay it.
 * @example const report = await fuzz(await cpu(), { runs: 1000, seed: 7 })
 */
export async function fuzz(
  backend: Backend,
  { seed = 1, runs = 100, path, onProgress }: FuzzOptions = {},
): Promise<FuzzReport> {
  const done: Comparison[] = []
  let checked = 0
  const property = fc.asyncProperty(DESCRIPTIONS, async d => {
    const r = await checkNetwork(backend, d)
    checked += r.checked
    done.push(r)
    onProgress?.(done.length)
  })
  const outcome = await fc.check(property, { numRuns: runs, seed, path, endOnFailure: path !== undefined })
  const { elements, worst, histogram } = joinComparisons(done)
  const report = { networks: done.length, elements, checked: checked / Math.max(1, elements), worst, histogram }
  if (!outcome.failed) return report
  const cause = outcome.errorInstance
  const what = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  const replay = `replay: fuzz(backend, { seed: ${seed}, path: '${outcome.counterexamplePath}' })`
  const counterexample = outcome.counterexamplePath ?? undefined
  return { ...report, failure: `${what}\n${JSON.stringify(outcome.counterexample)}\n${replay}`, path: counterexample }
}
