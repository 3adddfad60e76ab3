// The report of a run: what was run where, every result, and the sums that its readers want. Plain data: `reportToJson` writes
// it, `reportToHtml` and `reportToMarkdown` show it.
import { type Backend, KERNEL_NAMES, type Numerics } from '@strata/api/backend'
import { HISTOGRAM_BINS, type TierName, type TierResult } from '../tiers/result.js'
import type { Environment } from './environment.js'

/** Rises when a field changes its meaning or goes away. */
export const REPORT_SCHEMA = 1

/** What became of a bug that the suite planted into the backend. */
export interface PlantedBug {
  readonly name: string
  /** The tier that caught it; null: nothing did. */
  readonly caughtBy: TierName | null
  /** The check that caught it. */
  readonly check: string
}

/** One backend of a report. */
export interface BackendReport {
  /** Tells the columns apart: the backend's name, with what it was opened with. */
  readonly label: string
  /** The module for a replay line. */
  readonly module: string
  readonly numerics: Numerics
  readonly linearMemory: boolean
  readonly seconds: number
  readonly results: readonly TierResult[]
  /** Of the suite's self-test, if it ran on this backend. */
  readonly planted?: readonly PlantedBug[]
}

export interface Report {
  readonly schema: typeof REPORT_SCHEMA
  readonly level: string
  readonly seed: number
  /** ISO 8601. */
  readonly date: string
  readonly environment: Environment
  /** Whether the run was cancelled: then what is missing did not run. */
  readonly cancelled: boolean
  readonly backends: readonly BackendReport[]
}

/** What a report says of a backend before its results. */
export const describeBackend = (
  backend: Backend,
  label = backend.name,
  module = backend.name,
): Pick<BackendReport, 'label' | 'module' | 'numerics' | 'linearMemory'> => ({
  label,
  module,
  numerics: backend.numerics,
  linearMemory: backend.linearMemory,
})

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}
export interface Summary extends Counts {
  readonly elements: number
  /** Largest error in units of its bound. */
  readonly worst: number
  /** The result that it is from, if any error was above 0. */
  readonly worstResult?: TierResult
  /** Numbers of elements by error over bound; see HISTOGRAM_BINS. */
  readonly histogram: readonly number[]
}

export const stateOf = (r: TierResult): keyof Counts =>
  r.failure !== undefined ? 'failed' : r.skipped !== undefined ? 'skipped' : 'passed'

export function summarize(results: readonly TierResult[]): Summary {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  let worstResult: TierResult | undefined
  for (const r of results) {
    counts[stateOf(r)]++
    if (r.worst > (worstResult?.worst ?? 0)) worstResult = r
  }
  return {
    ...counts,
    elements: results.reduce((n, r) => n + r.elements, 0),
    worst: worstResult?.worst ?? 0,
    worstResult,
    histogram: HISTOGRAM_BINS.map((_, i) => results.reduce((n, r) => n + (r.histogram?.[i] ?? 0), 0)),
  }
}

/** The line of the matrix that a result belongs to: its kernel, or its tier where no single kernel is tested. */
export const rowOf = (r: TierResult): string => (r.kernel === 'graph' || r.tier === 'misuse' ? r.tier : r.kernel)

/** Lines of the matrix, kernels first. */
export function rowsOf(report: Report): { readonly kernels: readonly string[]; readonly others: readonly string[] } {
  const present = new Set(report.backends.flatMap(b => b.results.map(rowOf)))
  const kernels = KERNEL_NAMES.filter(k => present.has(k))
  return { kernels, others: [...present].filter(r => !(KERNEL_NAMES as readonly string[]).includes(r)) }
}

export const resultsOf = (backend: BackendReport, row: string): readonly TierResult[] =>
  backend.results.filter(r => rowOf(r) === row)

/** Results by tier, in order of appearance. */
export function byTier(results: readonly TierResult[]): ReadonlyMap<TierName, readonly TierResult[]> {
  const tiers = new Map<TierName, TierResult[]>()
  for (const r of results) tiers.set(r.tier, [...(tiers.get(r.tier) ?? []), r])
  return tiers
}

/** Why results were skipped, the commonest reason first. */
export function skipsOf(
  backend: BackendReport,
): readonly { readonly reason: string; readonly cases: readonly string[] }[] {
  const reasons = new Map<string, string[]>()
  for (const r of backend.results) {
    if (r.skipped !== undefined && r.failure === undefined)
      reasons.set(r.skipped, [...(reasons.get(r.skipped) ?? []), `${rowOf(r)}: ${r.case}`])
  }
  return [...reasons].map(([reason, cases]) => ({ reason, cases })).sort((a, b) => b.cases.length - a.cases.length)
}

/** Bugs that were planted and not caught. */
export const missedOf = (backend: BackendReport): readonly PlantedBug[] =>
  (backend.planted ?? []).filter(p => p.caughtBy === null)

/** Whether everything ran, nothing failed and every planted bug was caught. An empty run proves nothing: it does not pass. */
export const passed = (report: Report): boolean =>
  !report.cancelled &&
  report.backends.length > 0 &&
  report.backends.every(
    b => b.results.length > 0 && b.results.every(r => r.failure === undefined) && missedOf(b).length === 0,
  )

/** The report as JSON; numbers that JSON lacks are the strings 'NaN', 'Infinity' and '-Infinity'. */
export const reportToJson = (report: Report): string =>
  `${JSON.stringify(report, (_, v: unknown) => (typeof v === 'number' && !Number.isFinite(v) ? String(v) : v), 1)}\n`
