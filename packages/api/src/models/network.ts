// Network: the graph of layer calls between a model's inputs and outputs, in the order in which Keras lists it.
// Source of the order: Keras 3, keras/src/ops/function.py (map_graph).
import { ArgumentError } from '../errors.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import type { Layer } from '../layers/layer.js'
import type { Call, SymbolicTensor } from '../layers/symbolic.js'
import { type InputLayer, inputLayerOf } from './input.js'

/** A call of a layer, or an input, which Keras counts as a call, too. */
interface Vertex {
  readonly layer: Layer
  readonly call: Call | null
  depth: number
}

/** The calls that lead from `inputs` to `outputs`. */
export class Network {
  /** Calls, each after those whose results it takes. */
  readonly calls: readonly Call[]
  /** All layers, input layers included, each once. */
  readonly layers: readonly Layer[]
  readonly inputLayers: readonly InputLayer[]
  /** Whether the calls form a chain of layers that are called once each: no "Connected to" column is needed. */
  readonly isChain: boolean

  /** @throws ArgumentError if an output does not depend on the inputs alone, or two layers have one name */
  constructor(
    readonly where: string,
    readonly inputs: readonly SymbolicTensor[],
    readonly outputs: readonly SymbolicTensor[],
  ) {
    this.inputLayers = inputs.map(t => inputLayerOf(where, t))
    if (new Set(inputs).size !== inputs.length) {
      throw new ArgumentError({ where, what: 'inputs', expected: 'each once', got: inputs.map(t => t.name) })
    }
    const { order, firstSeen } = this.#visit()
    const depths = assignDepths(order)
    for (const layer of this.inputLayers) {
      if (!firstSeen.has(layer)) {
        firstSeen.set(layer, -1)
        depths.set(layer, 0)
      }
    }
    this.layers = [...firstSeen.keys()].sort(
      (a, b) => depths.get(b)! - depths.get(a)! || firstSeen.get(a)! - firstSeen.get(b)!,
    )
    this.calls = order.flatMap(v => (v.call === null ? [] : [v.call]))
    this.isChain = isChain(order)
    const names = new Set<string>()
    for (const { name } of this.layers) {
      if (names.has(name)) {
        throw new ArgumentError({ where, what: 'names of layers', expected: 'each once', got: name })
      }
      names.add(name)
    }
  }

  /** Depth-first post-order from the outputs, and the order in which layers are met. Iterative: networks are deep. */
  #visit(): { order: Vertex[]; firstSeen: Map<Layer, number> } {
    const isInput = new Set(this.inputs)
    const order: Vertex[] = []
    const firstSeen = new Map<Layer, number>()
    const done = new Set<Call | SymbolicTensor>()
    const stack: { tensor: SymbolicTensor; path: SymbolicTensor | null; leave: boolean }[] = []
    for (const tensor of [...this.outputs].reverse()) stack.push({ tensor, path: null, leave: false })
    while (stack.length > 0) {
      const { tensor, path, leave } = stack.pop()!
      const key = tensor.call ?? tensor
      if (leave) {
        if (done.has(key)) continue
        done.add(key)
        order.push({ layer: layerOf(this.where, tensor), call: tensor.call, depth: 0 })
        continue
      }
      if (done.has(key)) continue
      if (tensor.call === null && !isInput.has(tensor)) {
        throw new ArgumentError({
          where: this.where,
          what: `disconnected: layer '${path?.call?.layer.name ?? 'output'}' depends on '${tensor.name}'`,
          expected: `one of the inputs ${this.inputs.map(t => t.name).join(', ')}`,
          got: tensor.name,
        })
      }
      const layer = layerOf(this.where, tensor)
      if (!firstSeen.has(layer)) firstSeen.set(layer, firstSeen.size)
      stack.push({ tensor, path, leave: true })
      if (tensor.call !== null) {
        for (const t of dependencies(tensor.call).reverse()) stack.push({ tensor: t, path: tensor, leave: false })
      }
    }
    return { order, firstSeen }
  }

  /** Builds the graph: values of the inputs to values of the outputs. */
  run(values: readonly Value[], ctx: CallContext): readonly Value[] {
    const known = new Map<SymbolicTensor, Value>()
    this.inputs.forEach((t, i) => {
      known.set(t, values[i])
    })
    const get = (t: SymbolicTensor): Value => known.get(t)!
    for (const call of this.calls) {
      const outs = call.layer.callOn(call.inputs.map(get), ctx, call.mask === null ? null : get(call.mask))
      call.outputs.forEach((t, i) => {
        known.set(t, outs[i])
      })
    }
    return this.outputs.map(get)
  }
}

const layerOf = (where: string, t: SymbolicTensor): Layer => t.call?.layer ?? inputLayerOf(where, t)
const dependencies = (call: Call): SymbolicTensor[] => [...call.inputs, ...(call.mask === null ? [] : [call.mask])]

/** The longest way from each layer to an output, over all its calls; layers of shared calls stand at the deepest. */
function assignDepths(order: readonly Vertex[]): Map<Layer, number> {
  const layers = new Map<Layer, number>()
  const vertices = new Map<Call | SymbolicTensor, Vertex>()
  for (const v of order) vertices.set(v.call ?? inputOf(v), v)
  for (const v of [...order].reverse()) {
    v.depth = Math.max(v.depth, layers.get(v.layer) ?? 0)
    layers.set(v.layer, v.depth)
    if (v.call === null) continue
    for (const t of dependencies(v.call)) {
      const parent = vertices.get(t.call ?? t)!
      parent.depth = Math.max(parent.depth, v.depth + 1)
    }
  }
  return layers
}
const inputOf = (v: Vertex): SymbolicTensor => (v.layer as InputLayer).output

function isChain(order: readonly Vertex[]): boolean {
  const depths = new Set<number>()
  const layers = new Set<Layer>()
  for (const v of order) {
    if (depths.has(v.depth) || layers.has(v.layer)) return false
    if (v.call !== null && dependencies(v.call).length > 1) return false
    depths.add(v.depth)
    layers.add(v.layer)
  }
  return true
}
