// Golden layer cases as graphs: a Keras configuration becomes a layer, a call becomes output, gradients and new states.
import {
  type Config,
  deserializeLayer,
  grad,
  hostTensor,
  input,
  type Layer,
  Normalization,
  type SafetensorsTensor,
  Trace,
  type Value,
  type Variable,
} from '@strata/api'
import { f32, type Shape } from '@strata/api/backend'
import type { Golden, KerasConfig, LayerCall, LayerCase } from './data.js'
import { fromKeras } from './keras.js'

/** Keras's constructor arguments as Strata's. */
export const configOf = (config: KerasConfig): Config => fromKeras(config) as Config

/** The layer of a case; `function:<name>` is an Activation layer. */
export function layerOf({ layer, config }: LayerCase): Layer {
  const [kind, name] = layer.split(':')
  if (kind !== 'function') return deserializeLayer({ className: layer, config: configOf(config) })
  const activation = { className: name, config: configOf(config) }
  return deserializeLayer({ className: 'Activation', config: { activation } })
}

/** Data by binding name; float64 where the golden data are. */
export type GoldenFeeds = Record<string, Float32Array | Float64Array>

/** One call of a golden layer, ready to run. */
export interface GoldenCall {
  /** Results by the name of the expectation: output, grad_input_0, grad_kernel, new_moving_mean. */
  readonly outputs: Readonly<Record<string, Value>>
  /** State variables that the call changes. */
  readonly updates: readonly { readonly target: Value; readonly value: Value; readonly result: string }[]
  readonly feeds: Readonly<GoldenFeeds>
  /** Keras's results in float64. */
  readonly expected: Readonly<Record<string, SafetensorsTensor>>
}

const floats = (t: SafetensorsTensor): Float32Array | Float64Array =>
  t.data instanceof Float64Array || t.data instanceof Float32Array ? t.data : Float32Array.from(t.data as Uint8Array)

/** Traces all calls of a case. Each starts from Keras's own state after the call before. */
export async function callsOf(golden: Golden<'layers'>, c: LayerCase): Promise<GoldenCall[]> {
  const layer = layerOf(c)
  const state: Record<string, Float32Array | Float64Array> = {}
  for (const [name, key] of Object.entries(c.weights ?? {})) state[name] = floats(golden.tensor(key))
  const calls: GoldenCall[] = []
  for (const call of 'sequence' in c ? c.sequence : [c]) {
    if (c.adapt_data !== undefined) await adapt(golden, layer, c.adapt_data, call, state)
    calls.push(trace(golden, layer, call, c.mask, state))
    for (const name of Object.keys(state)) {
      const next = call.expected[`new_${name}`]
      if (typeof next === 'string') state[name] = floats(golden.tensor(next))
    }
  }
  return calls
}

/** Adapts a Normalization layer; its statistics must be Keras's, rounded to float32. */
async function adapt(
  golden: Golden<'layers'>,
  layer: Layer,
  key: string,
  { expected }: LayerCall,
  state: Record<string, Float32Array | Float64Array>,
): Promise<void> {
  if (!(layer instanceof Normalization)) throw new TypeError(`${layer.className} has no adapt`)
  const data = golden.tensor(key)
  await layer.adapt(hostTensor(floats(data), data.shape))
  for (const w of layer.weights) {
    if (w.name === 'count') {
      state.count = await w.read()
      continue
    }
    const want = floats(golden.tensor(expected[w.name] as string))
    const got = await w.read()
    got.forEach((v, i) => {
      // One rounding to float32, and float64 rounding of the two sums.
      if (Math.abs(v - want[i]) > 2 ** -23 * Math.abs(want[i])) {
        throw new RangeError(`${w.path}[${i}] after adapt: expected ${want[i]}, got ${v}`)
      }
    })
    state[w.name] = want
  }
}

function trace(
  golden: Golden<'layers'>,
  layer: Layer,
  call: LayerCall,
  maskKey: string | undefined,
  state: Readonly<Record<string, Float32Array | Float64Array>>,
): GoldenCall {
  const feeds: GoldenFeeds = {}
  const leaf = (name: string, key: string): Value => {
    const t = golden.tensor(key)
    feeds[name] = floats(t)
    return input(name, f32(t.shape as Shape))
  }
  const ins = call.inputs.map((key, i) => leaf(`input_${i}`, key))
  const mask = maskKey === undefined ? null : leaf('mask', maskKey)
  const upstream = leaf('upstream', call.upstream)
  const ctx = new Trace(call.training)
  const [output] = layer.callOn(ins, ctx, mask)
  const named = (v: Variable): Float32Array | Float64Array => {
    if (!(v.name in state)) throw new RangeError(`the golden case has no weight '${v.name}'`)
    return state[v.name]
  }
  for (const v of layer.weights) feeds[Trace.bindingOf(v)] = named(v)

  const weights = layer.trainableWeights
  const gradients = grad(output, [...ins, ...weights.map(w => ctx.leaf(w))], upstream)
  const outputs: Record<string, Value> = { output }
  ins.forEach((_, i) => {
    outputs[`grad_input_${i}`] = gradients[i]
  })
  weights.forEach((w, i) => {
    outputs[`grad_${w.name}`] = gradients[ins.length + i]
  })
  const updates = [...ctx.updates].map(([v, value]) => ({ target: ctx.leaf(v), value, result: `new_${v.name}` }))
  return {
    outputs,
    updates,
    feeds,
    expected: expectationsOf(golden, layer, call, state, new Set(updates.map(u => u.result))),
  }
}

/** Keras's results by name. States that the layer leaves alone are checked here: Keras must leave them alone too. */
function expectationsOf(
  golden: Golden<'layers'>,
  layer: Layer,
  { expected }: LayerCall,
  state: Readonly<Record<string, Float32Array | Float64Array>>,
  updated: ReadonlySet<string>,
): Record<string, SafetensorsTensor> {
  const results: Record<string, SafetensorsTensor> = {}
  for (const [name, keys] of Object.entries(expected)) {
    if (name === 'grad_input') {
      ;[keys].flat().forEach((key, i) => {
        results[`grad_input_${i}`] = golden.tensor(key)
      })
      continue
    }
    const t = golden.tensor(keys as string)
    const stays = name.startsWith('new_') && !updated.has(name)
    if (stays) {
      const start = state[name.slice('new_'.length)]
      floats(t).forEach((v, i) => {
        if (v !== start[i]) throw new RangeError(`${layer.name}: Keras changes ${name}[${i}] from ${start[i]} to ${v}`)
      })
    } else if (name === 'output' || name.startsWith('grad_') || name.startsWith('new_')) results[name] = t
  }
  return results
}
