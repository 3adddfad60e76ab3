// The names of a model's weights in files: the layers on the way and the weight, unique within the model.
import { StateError } from '../errors.js'
import type { Variable } from '../graph/variable.js'
import type { Layer } from '../layers/layer.js'

/**
 * All weights by name: 'conv2d/kernel', in nested models 'encoder/conv2d/kernel'. A shared layer's come once.
 * @throws StateError if two have one name, or a layer is not built
 */
export function namedWeights(model: Layer): Map<string, Variable> {
  const names = new Map<string, Variable>()
  const seen = new Set<Variable>()
  const visit = (layer: Layer, prefix: string): void => {
    const inner = layer.sublayers()
    const nested = new Set(inner.flatMap(l => l.weights))
    for (const v of layer.weights) {
      if (nested.has(v) || seen.has(v)) continue
      seen.add(v)
      const name = `${prefix}${v.name}`
      if (names.has(name))
        throw new StateError({ where: model.name, what: 'names of weights', expected: 'each once', got: name })
      names.set(name, v)
    }
    for (const l of inner) visit(l, `${prefix}${l.name}/`)
  }
  if (!model.built)
    throw new StateError({ where: model.name, what: 'model is not built', expected: 'an Input, or data first' })
  visit(model, '')
  return names
}
