// The adjoint tier: for a kernel that is linear in an input, <J v, dy> = <v, J' dy>, where J' is the kernel's own gradient
// rule. On integers both sides are exact, so the equality is too.
import { grad, input } from '@strata/api'
import type { AttrsOf, Backend, KernelName } from '@strata/api/backend'
import { type Case, indicesFit, isLarge } from '../cases/case.js'
import { dataOf, type HostData, uniform } from '../cases/data.js'
import { lower } from '../oracle/lower.js'
import { type Exact, reference } from '../oracle/reference.js'
import { execute, executeExactly } from './execute.js'
import { graphOf, inputsOf } from './graphs.js'
import { guarded, type TierResult } from './result.js'

/** The inputs in which each linear kernel is linear. */
const LINEAR: Readonly<Partial<Record<KernelName, readonly number[] | 'all'>>> = {
  matmul: [0, 1],
  conv2d: [0, 1],
  conv2dInputGrad: [0, 1],
  conv2dFilterGrad: [0, 1],
  depthwiseConv2d: [0, 1],
  depthwiseConv2dInputGrad: [0, 1],
  depthwiseConv2dFilterGrad: [0, 1],
  avgPool: [0],
  avgPoolGrad: [0],
  transpose: [0],
  slice: [0],
  pad: [0],
  concat: 'all',
  gather: [0],
  scatterAdd: [1],
  reshape: [0],
  resize: [0],
  resizeGrad: [0],
}
export const LINEAR_KERNELS = Object.keys(LINEAR) as readonly KernelName[]

/** The inputs of a case for which the tier has something to say. */
export function linearInputs(c: Case): readonly number[] {
  if (isLarge(c)) return []
  const linear = LINEAR[c.kernel] ?? []
  const all = linear === 'all' ? c.ins.map((_, i) => i) : linear
  return all.filter(i => c.ins[i].spec.dtype === 'float32' && finite(c))
}
const finite = (c: Case): boolean =>
  indicesFit(c) && c.ins.every(i => i.fill.kind !== 'values' || i.fill.values.every(Number.isFinite))

/** The linear part of an affine kernel: padding with zeros. */
const linearPart = (c: Case): Case =>
  c.kernel === 'pad' ? { ...c, attrs: { ...(c.attrs as AttrsOf<'pad'>), value: 0 } } : c

export const adjointTier = (backend: Backend, c: Case, wrt: number, seed: number): Promise<TierResult> =>
  guarded({ tier: 'adjoint', kernel: c.kernel, case: `${c.name}, input ${wrt}`, seed }, async () => {
    // Jointly linear inputs are taken one at a time: the others are 0.
    const data = dataOf(c, 'exact', seed).map((d, i) => (LINEAR[c.kernel] === 'all' && i !== wrt ? d.fill(0) : d))
    const {
      ins,
      outs: [y],
    } = graphOf(linearPart(c))
    const next = uniform(seed + 1)
    const dy = Float32Array.from({ length: y.shape.reduce((n, d) => n * d, 1) }, () => Math.floor(next() * 9) - 4)
    const forward = lower({ result: y })
    const backward = lower({ result: grad(y, [ins[wrt]], input('upstream', y.spec))[0] })
    const needed = (plan: typeof forward): Record<string, HostData> =>
      Object.fromEntries(Object.entries({ ...inputsOf(data), upstream: dy }).filter(([name]) => name in plan.bind))
    const oracle = reference({ numerics: backend.numerics })
    const jv = (await execute(backend, forward, needed(forward))).result
    const jtdy = (await execute(backend, backward, needed(backward))).result
    const slack =
      inner(dy, (await executeExactly(oracle, forward, needed(forward))).result) +
      inner(data[wrt], (await executeExactly(oracle, backward, needed(backward))).result)
    const left = dot(jv, dy)
    const right = dot(data[wrt], jtdy)
    const error = Math.abs(left - right)
    const failed = !(error <= slack)
    return {
      elements: jv.length + jtdy.length,
      worst: slack > 0 ? error / slack : 0,
      failure: failed ? { what: "<Jv, dy> is not <v, J'dy>", got: left, want: right, bound: slack } : undefined,
    }
  })

function dot(a: HostData, b: HostData): number {
  let s = 0
  for (let i = 0; i < a.length; i++) s += a[i] * b[i]
  return s
}
function inner(a: HostData, b: Exact): number {
  let s = 0
  for (let i = 0; i < a.length; i++) s += Math.abs(a[i]) * b.bound[i]
  return s
}
