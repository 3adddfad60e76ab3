// The checks of the suite: what there is to run at each level, one result each.
import { type Backend, KERNEL_NAMES, type KernelName } from '@strata/api/backend'
import type { Case } from './cases/case.js'
import { CASES } from './cases/index.js'
import { NETWORKS } from './cases/networks.js'
import { fuzz } from './fuzz/fuzz.js'
import type { GoldenLoader } from './golden/data.js'
import { GOLDEN_GROUPS, goldenCases, goldenTier } from './golden/tier.js'
import { adjointTier, linearInputs } from './tiers/adjoint.js'
import { compiledTier } from './tiers/compiled.js'
import { determinismTier } from './tiers/determinism.js'
import { FUSIONS, fusionTier } from './tiers/fusion.js'
import { metamorphicTier, RELATIONS } from './tiers/metamorphic.js'
import { MISUSE_NAMES, misuseTier } from './tiers/misuse.js'
import { propertyTier } from './tiers/property.js'
import { guarded, type TierName, type TierResult, type Token } from './tiers/result.js'
import { valueTier } from './tiers/values.js'
import { WHOLE_MODELS } from './whole/models.js'
import { stepTier } from './whole/step.js'
import { trajectoryTier } from './whole/trajectory.js'

/** How much is run: `core` takes under a minute on a fast backend, `full` minutes; `soak` makes random cases until the time is up. */
export const LEVELS = ['core', 'full', 'soak'] as const
export type Level = (typeof LEVELS)[number]

/** What checks run on. */
export interface RunContext {
  readonly backend: Backend
  /** Opens a fresh backend, for checks that dispose theirs. */
  readonly open: () => Promise<Backend>
  readonly goldens: GoldenLoader | null
}

/** One check: runs to one result. */
export interface Check extends Omit<Token, 'seed' | 'path'> {
  run(s: RunContext, seed: number, path?: string): Promise<TierResult>
}

/** Random cases of a kernel, random networks a check, checks of random networks: by level. */
const AMOUNTS = {
  core: { cases: 5, networks: 10, groups: 2 },
  full: { cases: 25, networks: 20, groups: 15 },
  soak: { cases: 25, networks: 20, groups: 1 },
} as const satisfies Record<Level, object>

/** A random network leaves at least this share of the elements with a finite bound, over a check's networks. */
const CHECKED = 0.8

const CASE_TIERS = ['exact', 'rounding', 'adjoint', 'determinism'] as const
type CaseTier = (typeof CASE_TIERS)[number]

function caseChecks(c: Case, tier: CaseTier): Check[] {
  const head = { tier, kernel: c.kernel, case: c.name }
  switch (tier) {
    case 'exact':
    case 'rounding':
      if (tier === 'exact' && !c.exact) return []
      return [{ ...head, run: ({ backend }, seed) => valueTier(backend, c, tier, seed) }]
    case 'adjoint':
      return linearInputs(c).map(i => ({
        ...head,
        case: `${c.name}, input ${i}`,
        run: ({ backend }, seed) => adjointTier(backend, c, i, seed),
      }))
    case 'determinism':
      return [{ ...head, run: ({ backend }, seed) => determinismTier(backend, c, seed) }]
    default:
      return tier satisfies never
  }
}

const randomCheck = (kernel: KernelName, runs: number): Check => ({
  tier: 'random',
  kernel,
  case: 'random cases',
  run: ({ backend }, seed, path) => propertyTier(backend, kernel, runs, seed, path),
})

/** The checks of one kernel. */
export function kernelChecks(kernel: KernelName, level: Level): Check[] {
  const random = randomCheck(kernel, AMOUNTS[level].cases)
  if (level === 'soak') return [random]
  return [...CASE_TIERS.flatMap(tier => CASES[kernel].flatMap(c => caseChecks(c, tier))), random]
}

const graphCheck = (tier: TierName, name: string, run: Check['run']): Check => ({
  tier,
  kernel: 'graph',
  case: name,
  run,
})

const fuzzCheck = (runs: number, group: number): Check =>
  graphCheck('fuzz', `random networks, group ${group}`, async ({ backend }, seed, path) => {
    let counterexample = path
    const result = await guarded(
      { tier: 'fuzz', kernel: 'graph', case: `random networks, group ${group}`, seed },
      async () => {
        // Groups of one seed are different networks; a path belongs to the seed of its group.
        const report = await fuzz(backend, { runs, seed: (seed + 7919 * group) | 0, path })
        const { elements, worst, histogram, checked } = report
        counterexample = report.path ?? path
        if (report.failure !== undefined) return { elements, worst, histogram, failure: { what: report.failure } }
        const few = { what: 'too few elements have a finite bound', got: checked, want: 1, bound: 1 - CHECKED }
        const vague = checked < CHECKED && runs > 1 && path === undefined
        return { elements, worst, histogram, failure: vague ? few : undefined }
      },
    )
    return counterexample === undefined ? result : { ...result, path: counterexample }
  })

/** Whole graphs, models, misuse. */
export function graphChecks(level: Level): Check[] {
  const { networks, groups } = AMOUNTS[level]
  const random = [
    ...RELATIONS.map(r => graphCheck('metamorphic', r.name, (s, seed) => metamorphicTier(s.backend, r, seed))),
    ...NETWORKS.map(n => graphCheck('compiled', n.name, (s, seed) => compiledTier(s.backend, n, seed))),
    ...FUSIONS.map(f => graphCheck('fusion', f.name, (s, seed) => fusionTier(s.backend, f, seed))),
    ...Array.from({ length: groups }, (_, i) => fuzzCheck(networks, i)),
    ...WHOLE_MODELS.map(m => graphCheck('model', m.name, (s, seed) => stepTier(s.backend, m, seed))),
  ]
  if (level === 'soak') return random
  const full = level === 'full'
  return [
    ...random,
    ...MISUSE_NAMES.map(
      (name): Check => ({ tier: 'misuse', kernel: 'copy', case: name, run: s => misuseTier(s.open, name) }),
    ),
    ...WHOLE_MODELS.filter(m => full || m.core).map(m =>
      graphCheck('trajectory', m.name, (s, seed) => trajectoryTier(s.backend, m, seed)),
    ),
  ]
}

/** Keras's values: every case, or at level core the first of each class. */
export async function goldenChecks(level: Level, goldens: GoldenLoader | null): Promise<Check[]> {
  if (level === 'soak' || goldens === null) return []
  const checks: Check[] = []
  for (const group of GOLDEN_GROUPS) {
    for (const id of await goldenCases(goldens, group, level === 'full')) {
      checks.push(graphCheck('golden', `${group}/${id}`, ({ backend }) => goldenTier({ goldens, backend }, group, id)))
    }
  }
  return checks
}

/** All checks of a level, in the order of a run. */
export const checksOf = async (level: Level, goldens: GoldenLoader | null): Promise<Check[]> => [
  ...KERNEL_NAMES.flatMap(k => kernelChecks(k, level)),
  ...graphChecks(level),
  ...(await goldenChecks(level, goldens)),
]
