// The golden tier: Keras's own float64 values. The oracle must give them to the last digits, and a backend within its float32
// bound on top.
import type { Backend } from '@strata/api/backend'
import { FLOAT32, FLOAT64 } from '../oracle/arithmetic.js'
import type { OpenOracle } from '../oracle/reference.js'
import { type Comparison, joinComparisons } from '../tiers/compare.js'
import { guarded, type TierResult } from '../tiers/result.js'
import { runExactly, runOn } from './check.js'
import type { Golden, GoldenCases, GoldenGroup, GoldenLoader, LayerCase, LossCase } from './data.js'
import { callsOf } from './layers.js'
import { CONVENTIONS } from './layers-conventions.js'
import { againstKeras, againstOracle, KERAS_ROUNDING } from './layers-run.js'
import { lossGraph } from './losses-run.js'
import { metricComparisons } from './metrics-run.js'
import { optimizerComparisons } from './optimizers-run.js'
import { strictly } from './strict.js'

/** The groups of golden data that a backend is held to, case by case. */
export const GOLDEN_GROUPS = ['layers', 'losses', 'metrics', 'optimizers'] as const satisfies readonly GoldenGroup[]
export type CheckedGroup = (typeof GOLDEN_GROUPS)[number]

export interface GoldenContext {
  readonly goldens: GoldenLoader
  /** Null holds the oracle alone to Keras. */
  readonly backend: Backend | null
  readonly oracle?: OpenOracle
}

async function layerComparisons(
  golden: Golden<'layers'>,
  c: LayerCase,
  { backend, oracle }: GoldenContext,
): Promise<Comparison[]> {
  const conventions = CONVENTIONS.filter(v => v.id === c.id)
  const found: Comparison[] = []
  for (const call of await callsOf(golden, c)) {
    const findings = Object.values(await againstKeras(call, conventions, oracle))
    // Units of the float64 bounds say nothing about a backend: they stay out of its statistics.
    const failed = findings.filter(f => f.failure !== undefined)
    found.push(...(backend === null ? findings : [...failed, ...Object.values(await againstOracle(call, backend))]))
  }
  return found
}

async function lossComparisons(
  golden: Golden<'losses'>,
  c: LossCase,
  { backend, oracle }: GoldenContext,
): Promise<Comparison[]> {
  const { outputs, feeds, expected, roundings } = lossGraph(golden, c)
  const exact = await runExactly(outputs, feeds, FLOAT64, undefined, oracle)
  const allowed = (name: string, i: number, u: number, bound: number): number =>
    name in roundings ? roundings[name] * u * Math.abs(expected[name][i]) : bound
  const near = (name: string, i: number): number => KERAS_ROUNDING * allowed(name, i, FLOAT64, exact[name].bound[i])
  const found = Object.keys(expected).map(name =>
    strictly(`oracle: ${name}`, exact[name].value, expected[name], i => near(name, i)),
  )
  if (backend === null) return found
  const bounds = await runExactly(outputs, feeds, FLOAT32, backend.numerics, oracle)
  const got = await runOn(backend, outputs, feeds)
  const far = (name: string, i: number): number => allowed(name, i, FLOAT32, bounds[name].bound[i]) + near(name, i)
  return [...found, ...Object.keys(expected).map(name => strictly(name, got[name], expected[name], i => far(name, i)))]
}

async function comparisonsOf(context: GoldenContext, group: CheckedGroup, id: string): Promise<Comparison[]> {
  const { goldens, backend, oracle } = context
  const find = <G extends GoldenGroup>(golden: Golden<G>): GoldenCases[G] => {
    const found = golden.cases.find(c => c.id === id)
    if (found === undefined) throw new RangeError(`no golden case '${id}' of ${group}`)
    return found
  }
  switch (group) {
    case 'layers': {
      const golden = await goldens('layers')
      return layerComparisons(golden, find(golden), context)
    }
    case 'losses': {
      const golden = await goldens('losses')
      return lossComparisons(golden, find(golden), context)
    }
    case 'metrics': {
      const golden = await goldens('metrics')
      return metricComparisons(golden, find(golden), backend, oracle)
    }
    case 'optimizers': {
      const golden = await goldens('optimizers')
      return optimizerComparisons(golden, find(golden), backend, oracle)
    }
    default:
      return group satisfies never
  }
}

/** One golden case on a backend. */
export const goldenTier = (context: GoldenContext, group: CheckedGroup, id: string): Promise<TierResult> =>
  guarded({ tier: 'golden', kernel: 'graph', case: `${group}/${id}`, seed: 0 }, async () =>
    joinComparisons(await comparisonsOf(context, group, id)),
  )

/** The ids of a group's cases: all, or the first one of each class. */
export async function goldenCases(goldens: GoldenLoader, group: CheckedGroup, all: boolean): Promise<string[]> {
  const { cases } = (await goldens(group)) as {
    readonly cases: readonly { readonly id: string; readonly layer: string }[]
  }
  const first = new Set<string>()
  return cases.filter(c => all || (!first.has(c.layer) && first.add(c.layer))).map(c => c.id)
}
