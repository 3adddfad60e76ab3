// Configurations: what a model is made of as JSON.
import type { Config, Json, Layer } from '../layers/layer.js'
import type { Call, SymbolicTensor } from '../layers/symbolic.js'
import type { Network } from './network.js'

/** A layer as JSON. */
export const layerConfig = (layer: Layer): { readonly className: string; readonly config: Config } => ({
  className: layer.className,
  config: layer.getConfig(),
})

/** A tensor by the call that makes it: [layer, call, output]. Calls count within the network alone. */
export type TensorRef = readonly [layer: string, call: number, output: number]

/** Layers, their calls in order, inputs and outputs. */
export function networkConfig(network: Network): Config {
  const ordinals = callOrdinals(network.calls)
  const ref = (t: SymbolicTensor): TensorRef =>
    t.call === null ? [t.name, 0, 0] : [t.call.layer.name, ordinals.get(t.call)!, t.index]
  const calls = network.calls.map((c): Json => {
    const call = { layer: c.layer.name, index: ordinals.get(c)!, inputs: c.inputs.map(ref) }
    return c.mask === null ? call : { ...call, mask: ref(c.mask) }
  })
  return {
    layers: network.layers.map(layerConfig),
    calls,
    inputs: network.inputs.map(ref),
    outputs: network.outputs.map(ref),
  }
}

/** Which call of its layer each call is, within a network. */
function callOrdinals(calls: readonly Call[]): Map<Call, number> {
  const counts = new Map<Layer, number>()
  return new Map(
    calls.map(c => {
      const n = counts.get(c.layer) ?? 0
      counts.set(c.layer, n + 1)
      return [c, n]
    }),
  )
}
