// What a tier reports about one case.
import type { KernelName } from '@strata/api/backend'

export type TierName =
  | 'exact'
  | 'rounding'
  | 'adjoint'
  | 'gradient'
  | 'metamorphic'
  | 'determinism'
  | 'compiled'
  | 'misuse'

/** What went wrong; for a wrong element, which one and by how much. */
export interface Failure {
  readonly what: string
  /** Name of the output. */
  readonly output?: string
  /** Row-major index of the element. */
  readonly index?: number
  readonly got?: number
  readonly want?: number
  /** Largest error that a correct backend may have there. */
  readonly bound?: number
}
export interface TierResult {
  readonly tier: TierName
  readonly kernel: KernelName | 'graph'
  readonly case: string
  /** Replays the case: the same seed gives the same data. */
  readonly seed: number
  /** Elements compared. */
  readonly elements: number
  /** Largest error divided by its bound, over the elements whose bound is not 0. */
  readonly worst: number
  readonly failure?: Failure
  /** Why the case does not apply to the backend. */
  readonly skipped?: string
}

/** A failure in a sentence, with what replays it. */
export function describeFailure(r: TierResult): string {
  const f = r.failure
  if (f === undefined) return `${r.tier} ${r.kernel} '${r.case}': passed`
  const where = f.output === undefined ? '' : ` at ${f.output}[${f.index}]`
  const numbers = f.got === undefined ? '' : `: got ${f.got}, want ${f.want} +- ${f.bound}`
  return `${r.tier} ${r.kernel} '${r.case}' (seed ${r.seed}): ${f.what}${where}${numbers}`
}

/** Runs a check; what it throws is a failure. */
export async function guarded(
  head: Pick<TierResult, 'tier' | 'kernel' | 'case' | 'seed'>,
  check: () => Promise<Pick<TierResult, 'elements' | 'worst' | 'failure' | 'skipped'>>,
): Promise<TierResult> {
  try {
    return { ...head, ...(await check()) }
  } catch (e) {
    return {
      ...head,
      elements: 0,
      worst: 0,
      failure: { what: e instanceof Error ? (e.stack ?? e.message) : String(e) },
    }
  }
}
