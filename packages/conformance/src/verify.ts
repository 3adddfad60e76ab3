// The debugging oracle: every step of every plan is also run on the oracle, from the backend's own inputs, and the first one that
// leaves its bound is named.
import { input } from '@strata/api'
import { type Backend, planToString, StrataError } from '@strata/api/backend'
import { lower, namedOutputs } from './oracle/lower.js'
import { reference } from './oracle/reference.js'
import { type StepRun, stepwise } from './stepwise.js'
import { compareAll } from './tiers/compare.js'
import { executeExactly } from './tiers/execute.js'
import { inputsOf, named } from './tiers/graphs.js'

/** A step gave what no correct backend gives from its inputs. */
export class VerifyError extends StrataError {
  override readonly name = 'VerifyError'
  /** Of the plan. */
  readonly step: number
  constructor(s: StepRun, output: string, index: number, got: number, want: number, bound: number) {
    const one = { ...s.plan, steps: [s.plan.steps[s.index]], report: { fused: [], decomposed: [] } }
    const line = planToString(one).split('\n')[1].replace(/^ *0 /, '')
    super({
      where: 'verify',
      what: `step ${s.index} of ${s.plan.steps.length}: ${line}\n  attributes ${JSON.stringify(s.spec.attrs)}\n  ${output}[${index}]`,
      expected: `${want} +- ${bound}`,
      got,
    })
    this.step = s.index
  }
}

/** What checked steps have in common. */
export interface VerifyOptions {
  /** Called after each step that holds its bound: its kernel, and its largest error over its bound. */
  readonly onStep?: (kernel: string, worst: number) => void
}

/**
 * Wraps a backend so that every step is held to the oracle. Reading a result of a wrong step throws. Slow: for debugging, and
 * for models that are too deep for bounds from end to end.
 *
 * @param backend is owned by the result, and disposed with it
 * @throws VerifyError from `read`, `readInt32` and `sync`, naming the first step that leaves its bound
 * @example model.compile({ backend: verify(await cpu()), optimizer: 'sgd', loss: 'mse' })
 */
export function verify(backend: Backend, { onStep }: VerifyOptions = {}): Backend {
  const oracle = reference({ numerics: backend.numerics })
  return stepwise(backend, {
    async after(s) {
      const { kernel, attrs, ins } = s.spec
      const leaves = ins.map((spec, i) => input(`in${i}`, spec))
      const plan = lower(namedOutputs(kernel, leaves, attrs))
      const feeds = Object.fromEntries(Object.entries(inputsOf(s.ins)).filter(([name]) => name in plan.bind))
      const want = await executeExactly(oracle, plan, feeds)
      const { failure: f, worst } = compareAll(named('out', s.outs), want, backend.numerics)
      if (f !== undefined) throw new VerifyError(s, f.output!, f.index!, f.got!, f.want!, f.bound!)
      onStep?.(kernel, worst)
    },
  })
}

/**
 * `verify(backend)` if the environment variable STRATA_VERIFY is 1, else the backend itself: for programs that can be debugged
 * without being changed.
 * @example const backend = verifyIfAsked(await cpu())
 */
export function verifyIfAsked(backend: Backend): Backend {
  const { process } = globalThis as {
    readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> }
  }
  return process?.env?.STRATA_VERIFY === '1' ? verify(backend) : backend
}
