// Runs graphs on the oracle and on backends, and holds both to golden values.
//
// A golden value is itself a float64 computation: the oracle may differ from it by KERAS_ROUNDING of its own bounds at
// u = 2^-53, a float32 backend by its bound at u = 2^-24 on top.
import { evaluate, input, type Value } from '@strata/api'
import { type Backend, bytesOf, type Numerics } from '@strata/api/backend'
import { IEEE } from '../oracle/arithmetic.js'
import { lower } from '../oracle/lower.js'
import { type Exact, type OpenOracle, reference } from '../oracle/reference.js'

/** Data of an input; float64 data may carry a bound on its error. */
export type Feed = Float32Array | Int32Array | Exact
export type Feeds = Readonly<Record<string, Feed>>
export type Outputs = Readonly<Record<string, Value>>

const isExact = (f: Feed): f is Exact => 'bound' in f

/** The oracle's values of a graph with their bounds for arithmetic of unit roundoff `u`. */
export async function runExactly(
  outputs: Outputs,
  feeds: Feeds,
  u: number,
  numerics: Numerics = IEEE,
  open: OpenOracle = reference,
): Promise<Record<string, Exact>> {
  const oracle = open({ u, numerics })
  const plan = lower(outputs)
  const bind = Object.fromEntries(
    Object.entries(plan.bind).map(([name, t]) => [name, oracle.alloc(bytesOf(plan.tensors[t].spec))]),
  )
  for (const name of Object.keys(bind)) {
    if (name in outputs) continue
    const feed = feeds[name]
    if (isExact(feed)) oracle.writeExact(bind[name], feed.value, feed.bound)
    else oracle.write(bind[name], feed)
  }
  const executable = await oracle.load(plan)
  executable.run(bind)
  const results: Record<string, Exact> = {}
  for (const name of Object.keys(outputs)) results[name] = await oracle.readExact(bind[name])
  oracle.dispose()
  return results
}

/** What a backend makes of a graph, compiled; float64 feeds are rounded to float32. */
export async function runOn(backend: Backend, outputs: Outputs, feeds: Feeds): Promise<Record<string, Float32Array>> {
  const rounded = Object.fromEntries(
    Object.entries(feeds).map(([n, f]) => [n, isExact(f) ? Float32Array.from(f.value) : f]),
  )
  return (await evaluate(backend, { outputs }, rounded)) as Record<string, Float32Array>
}

/** A leaf for a golden tensor. */
export const leafOf = (
  name: string,
  t: { readonly shape: readonly number[]; readonly data: Float32Array | Int32Array },
): Value => input(name, { shape: t.shape, dtype: t.data instanceof Int32Array ? 'int32' : 'float32' })
