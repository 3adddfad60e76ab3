// Runs a foreign case on a backend.
//
// Both sides are float32 computations of one function, and neither is exact: the oracle gives the true value y and bounds on the
// error of either. The foreign expectation e was computed somewhere, in float32 at worst: |e - y| <= its bound, for IEEE arithmetic,
// plus one rounding of e to float32 (it may have been computed in float64 and be rounded, or written as text). A backend's result r
// is then within both: |r - e| <= bound of the backend + bound of e. Where the oracle says that the result is exact (integers,
// movement), both bounds are 0.
import { compile, type Value } from '@strata/api'
import { type Backend, StrataError, sameShape, sizeOf } from '@strata/api/backend'
import { FLOAT32, IEEE } from '../oracle/arithmetic.js'
import { lower } from '../oracle/lower.js'
import { type Exact, reference } from '../oracle/reference.js'
import { type Comparison, compare, joinComparisons } from '../tiers/compare.js'
import { execute, executeExactly } from '../tiers/execute.js'
import { guarded, type Outcome, type TierResult } from '../tiers/result.js'
import { type ForeignCase, type ForeignTensor, Unmapped, type UnreadCase } from './case.js'
import { ONNX_OPERATORS } from './onnx-ops.js'
import { Call, hostData, type Operators, Scope } from './scope.js'
import { WEBNN_OPERATORS } from './webnn-ops.js'

const OPERATORS: Readonly<Record<ForeignCase['dialect'], Operators>> = { onnx: ONNX_OPERATORS, webnn: WEBNN_OPERATORS }

/** The operators of a dialect that are mapped. */
export const mappedOperators = (dialect: ForeignCase['dialect']): readonly string[] => Object.keys(OPERATORS[dialect])

/** A case as a graph of ours: outputs, and the names of the inputs that it reads. */
export interface BuiltCase {
  readonly outputs: Readonly<Record<string, Value>>
  readonly inputs: readonly string[]
}

/** @throws Unmapped with the reason if there is no such graph */
export function buildCase(c: ForeignCase): BuiltCase {
  const scope = new Scope(c)
  for (const node of c.nodes) {
    if (!Object.hasOwn(OPERATORS[c.dialect], node.op)) throw new Unmapped(`operator ${node.op}`)
    let made: Value | readonly Value[]
    try {
      made = OPERATORS[c.dialect][node.op](new Call(scope, node))
    } catch (e) {
      // What our kernels refuse (a window of padding alone, an empty extreme) has no counterpart.
      if (e instanceof StrataError) throw new Unmapped(`${node.op}: ${e.message}`)
      throw e
    }
    const values = Array.isArray(made) ? (made as readonly Value[]) : [made as Value]
    node.outputs.forEach((name, i) => {
      if (name === '') return
      if (values[i] === undefined) throw new Unmapped(`output ${i} of ${node.op}`)
      scope.define(name, values[i])
    })
  }
  const outputs = Object.fromEntries(Object.keys(c.expected).map((name): [string, Value] => [name, scope.value(name)]))
  for (const [name, value] of Object.entries(outputs)) {
    const { shape, data } = c.expected[name]
    if (!sameShape(value.shape, shape) || data.length !== sizeOf(shape)) {
      throw new Error(`output '${name}' has shape [${value.shape}], the case expects [${shape}]`)
    }
  }
  return { outputs, inputs: [...scope.read] }
}

/** The foreign expectation as a value with the bound on its own error. */
function expectationOf({ data, dtype }: ForeignTensor, truth: Exact): Exact {
  const value = dtype === 'float32' ? data.map(Math.fround) : data
  const bound = truth.bound.map((b, i) => {
    const exact = b === 0 && (dtype !== 'float32' || Math.fround(truth.value[i]) === truth.value[i])
    return exact || !Number.isFinite(value[i]) ? b : b + FLOAT32 * Math.abs(value[i])
  })
  return { value, bound }
}

/** Prefixed, so that a message says which comparison failed. */
const saying = (what: string, c: Comparison): Comparison =>
  c.failure === undefined ? c : { ...c, failure: { ...c.failure, what } }

async function check(backend: Backend, c: ForeignCase): Promise<Outcome> {
  let built: BuiltCase
  let inputs: Record<string, Float32Array | Int32Array>
  try {
    built = buildCase(c)
    inputs = Object.fromEntries(built.inputs.map(name => [name, hostData(c.inputs[name])]))
  } catch (e) {
    if (!(e instanceof Unmapped)) throw e
    return { elements: 0, worst: 0, skipped: `not mapped: ${e.message}` }
  }
  // Names of outputs and inputs may coincide (Identity): outputs get names of their own.
  const outputs = Object.fromEntries(Object.entries(built.outputs).map(([name, v]) => [`result ${name}`, v]))
  const meaning = lower(outputs)
  const truth = await executeExactly(reference({ numerics: IEEE }), meaning, inputs)
  const own = await executeExactly(reference({ numerics: backend.numerics }), meaning, inputs)
  const got = await execute(backend, compile({ outputs }, backend), inputs)
  const comparisons = Object.entries(c.expected).map(([name, tensor]) => {
    const key = `result ${name}`
    const theirs = expectationOf(tensor, truth[key])
    const oracle = saying(
      'the oracle differs from the foreign expectation',
      compare(name, truth[key].value, theirs, IEEE),
    )
    if (oracle.failure !== undefined) return oracle
    const both = { value: theirs.value, bound: theirs.bound.map((b, i) => b + own[key].bound[i]) }
    return saying('differs from the foreign expectation', compare(name, got[key], both, backend.numerics))
  })
  const joined = joinComparisons(comparisons)
  const bounded = joined.histogram.reduce((a, b) => a + b, 0)
  if (joined.elements > 0 && bounded === 0) return { elements: 0, worst: 0, skipped: 'no element has a bound' }
  return joined
}

/** One result for a foreign case: what is not mapped is skipped with the reason. */
export function foreignTier(backend: Backend, c: ForeignCase | UnreadCase): Promise<TierResult> {
  const head = { tier: 'foreign', kernel: 'graph', case: c.name, seed: 0 } as const
  return guarded(head, async () =>
    'reason' in c ? { elements: 0, worst: 0, skipped: `not mapped: ${c.reason}` } : check(backend, c),
  )
}
