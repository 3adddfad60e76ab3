// What a check of the suite reports, and the token that replays it.
import type { KernelName } from '@strata/api/backend'

export const TIERS = [
  'exact',
  'rounding',
  'adjoint',
  'determinism',
  'random',
  'gradient',
  'metamorphic',
  'compiled',
  'fusion',
  'misuse',
  'fuzz',
  'model',
  'trajectory',
  'golden',
  'foreign',
  'declaration',
] as const
export type TierName = (typeof TIERS)[number]

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

/** Names one check and its data: the same token gives the same run. */
export interface Token {
  readonly tier: TierName
  readonly kernel: KernelName | 'graph'
  readonly case: string
  /** The same seed gives the same data. */
  readonly seed: number
  /** Of a random case, as fast-check prints it: the counterexample alone. */
  readonly path?: string
}

export interface TierResult extends Token {
  /** Elements compared. */
  readonly elements: number
  /** Largest error divided by its bound, over the elements whose bound is not 0. */
  readonly worst: number
  /** Numbers of elements by error over bound; see HISTOGRAM_BINS. */
  readonly histogram?: readonly number[]
  readonly failure?: Failure
  /** Why the case does not apply to the backend. */
  readonly skipped?: string
  /** Of a skipped case: whether the backend passes it all the same. */
  readonly passes?: boolean
}
/** The part of a result that the check itself finds. */
export type Outcome = Omit<TierResult, 'tier' | 'kernel' | 'case' | 'seed'>

/**
 * Upper ends of the bins of `TierResult.histogram`: elements without any error, then error over bound up to 2^-10, 2^-9, ..., 1,
 * and beyond the bound.
 */
export const HISTOGRAM_BINS: readonly number[] = [
  0,
  ...Array.from({ length: 11 }, (_, i) => 2 ** (i - 10)),
  Number.POSITIVE_INFINITY,
]

/** What replays a result. */
export function tokenOf({ tier, kernel, case: name, seed, path }: TierResult): Token {
  return { tier, kernel, case: name, seed, ...(path === undefined ? {} : { path }) }
}

/**
 * The command that replays a result.
 * @param backend the module that `--backend` names
 */
export function replayCommand(r: TierResult, backend = './my-backend.js'): string {
  const quoted = JSON.stringify(tokenOf(r)).replaceAll("'", "'\\''")
  return `strata-conformance --backend ${backend} --replay '${quoted}'`
}

/** A failure in a sentence, with what replays it. */
export function describeFailure(r: TierResult): string {
  const f = r.failure
  if (f === undefined) return `${r.tier} ${r.kernel} '${r.case}': passed`
  const where = f.output === undefined ? '' : ` at ${f.output}[${f.index}]`
  const numbers = f.got === undefined ? '' : `: got ${f.got}, want ${f.want} +- ${f.bound}`
  return `${r.tier} ${r.kernel} '${r.case}' (seed ${r.seed}): ${f.what}${where}${numbers}\n  ${replayCommand(r)}`
}

/** Runs a check; what it throws is a failure. */
export async function guarded(
  head: Pick<TierResult, 'tier' | 'kernel' | 'case' | 'seed'>,
  check: () => Promise<Outcome>,
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
