// Runs golden calls: on the oracle in float64 against Keras's values, and on a backend against the oracle's bounds.
import { evaluate, type Value } from '@strata/api'
import type { Backend } from '@strata/api/backend'
import { FLOAT64, IEEE } from '../oracle/arithmetic.js'
import { lower } from '../oracle/lower.js'
import { type Exact, type OpenOracle, type ReferenceOptions, reference } from '../oracle/reference.js'
import { type Comparison, compare } from '../tiers/compare.js'
import { executeExactly } from '../tiers/execute.js'
import type { GoldenCall } from './layers.js'
import type { Convention } from './layers-conventions.js'

/** What a comparison found, by the name of the result. */
export type Findings = Readonly<Record<string, Comparison>>

/** What the oracle says of a graph. @throws RangeError if it has no bound somewhere: nothing would be compared there */
async function oracleOf(
  options: ReferenceOptions,
  call: GoldenCall,
  feeds: GoldenCall['feeds'],
  open: OpenOracle = reference,
): Promise<Readonly<Record<string, Exact>>> {
  const oracle = open(options)
  const results = await executeExactly(oracle, lower(resultsOf(call)), feeds)
  oracle.dispose()
  for (const [name, { bound }] of Object.entries(results)) {
    if (bound.includes(Number.POSITIVE_INFINITY)) throw new RangeError(`the oracle has no bound for '${name}'`)
  }
  return results
}

/** Everything that a call gives, states included. */
const resultsOf = ({ outputs, updates }: GoldenCall): Record<string, Value> => ({
  ...outputs,
  ...Object.fromEntries(updates.map(u => [u.result, u.value])),
})

/**
 * How many of its own bounds the oracle may be from Keras's float64 value. Both have errors of float64 rounding: one bound
 * each if Keras computes by the same formula. Keras does not always (XLA's own polynomials for built-in functions, other
 * orders of summation): hence twice that.
 */
export const KERAS_ROUNDING = 4

/**
 * The oracle in float64 against Keras, element by element, within KERAS_ROUNDING bounds of float64 rounding.
 * @throws RangeError if a convention makes no difference: then it must go
 */
export async function againstKeras(
  call: GoldenCall,
  conventions: readonly Convention[],
  open?: OpenOracle,
): Promise<Findings> {
  const got = await oracleOf({ u: FLOAT64 }, call, call.feeds, open)
  const findings: Record<string, Comparison> = {}
  for (const [name, { data }] of Object.entries(call.expected)) {
    if (!(name in got)) throw new RangeError(`no result '${name}'; there are ${Object.keys(got).join(', ')}`)
    const { value, bound } = got[name]
    if (value.length !== data.length) throw new RangeError(`${name}: ${data.length} elements, got ${value.length}`)
    const keras = { value: Float64Array.from(data as Float64Array), bound: bound.map(b => b * KERAS_ROUNDING) }
    findings[name] = compare(name, value, keras, IEEE)
    for (const convention of conventions) {
      if (convention.result !== name) continue
      if (findings[name].failure === undefined) throw new RangeError(`the convention for ${name} makes no difference`)
      findings[name] = compare(name, value, adapted(call, convention, keras), IEEE)
    }
  }
  return findings
}

/** Keras's values where the convention lets them be, and its bounds. */
function adapted({ feeds }: GoldenCall, { value, rounding }: Convention, keras: Exact): Exact {
  const result = { value: keras.value.slice(), bound: keras.bound.slice() }
  keras.value.forEach((v, i) => {
    const element = { x: feeds.input_0[i], upstream: feeds.upstream[i], keras: v }
    result.value[i] = value?.(element) ?? v
    result.bound[i] += rounding?.(element) ?? 0
  })
  return result
}

/** A backend's compiled plan against the oracle's values and float32 bounds. */
export async function againstOracle(call: GoldenCall, backend: Backend): Promise<Findings> {
  const feeds = Object.fromEntries(Object.entries(call.feeds).map(([name, data]) => [name, Float32Array.from(data)]))
  const want = await oracleOf({ numerics: backend.numerics }, call, feeds)
  const got = await evaluate(backend, { outputs: call.outputs, updates: call.updates }, feeds)
  const findings: Record<string, Comparison> = {}
  for (const name of Object.keys(call.outputs)) findings[name] = compare(name, got[name], want[name], backend.numerics)
  for (const { target, result } of call.updates) {
    const binding = (target.producer as { readonly name: string }).name
    findings[result] = compare(result, got[binding], want[result], backend.numerics)
  }
  return findings
}
