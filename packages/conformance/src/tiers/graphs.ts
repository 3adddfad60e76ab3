// Graphs of cases: what the tiers lower to plans.
import { apply, input, type Value } from '@strata/api'
import { type Backend, isCore, type Plan, type StepSpec } from '@strata/api/backend'
import { type Case, stepOfCase } from '../cases/case.js'
import type { HostData } from '../cases/data.js'
import { lower, stepPlan } from '../oracle/lower.js'

export interface CaseGraph {
  readonly ins: readonly Value[]
  readonly outs: readonly Value[]
}

/** A case as a graph of inputs in0, in1, ... */
export function graphOf(c: Case): CaseGraph {
  const ins = c.ins.map((i, k) => input(`in${k}`, i.spec))
  return { ins, outs: apply(c.kernel, ins, c.attrs) }
}

export const named = <T>(prefix: string, items: readonly T[]): Record<string, T> =>
  Object.fromEntries(items.map((x, i) => [`${prefix}${i}`, x]))

/** What the case means, in core kernels alone: inputs in0, in1, ..., outputs out0, out1, ... */
export const meaningOf = (c: Case): Plan => lower(named('out', graphOf(c).outs))

/** What the backend runs for the case: the kernel itself where it has it, else the decomposition. */
export function planFor(backend: Backend, c: Case): Plan {
  const step: StepSpec = stepOfCase(c)
  return isCore(c.kernel) || backend.supports(step) ? stepPlan(step) : meaningOf(c)
}

export const inputsOf = (data: readonly HostData[]): Record<string, HostData> => named('in', data)
