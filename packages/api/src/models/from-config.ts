// Makes models from their configurations.
import { ArgumentError } from '../errors.js'
import { deserializeLayer, type LayerClass } from '../layers/index.js'
import { Layer } from '../layers/layer.js'
import type { SymbolicTensor } from '../layers/symbolic.js'
import type { BaseModel } from './base.js'
import type { TensorRef } from './config.js'
import { InputLayer } from './input.js'
import { Model } from './model.js'
import { Sequential } from './sequential.js'

/** Classes of the user's own by class name: layers, losses, metrics, optimizers. */
export type CustomObjects = Readonly<Record<string, { readonly className: string } & (new (config: never) => object)>>

const WHERE = 'modelFromConfig'

/**
 * A model from what `{ className: model.className, config: model.getConfig() }` gave, with new weights.
 *
 * @throws ArgumentError for classes, names and fields that are unknown or missing
 * @example const twin = modelFromConfig({ className: 'Sequential', config: model.getConfig() }) as Sequential
 */
export function modelFromConfig(json: unknown, customObjects: CustomObjects = {}): Sequential | Model {
  const { className, config } = serialized(json)
  if (className === 'Sequential') return sequential(config, customObjects)
  if (className === 'Functional' || className === 'Model') return functional(config, customObjects)
  throw new ArgumentError({
    where: WHERE,
    what: 'class of the model',
    expected: 'Sequential or Functional',
    got: className,
  })
}

/** A model of the same layers with new weights. */
export function cloneModel<M extends BaseModel>(model: M): Sequential | Model {
  const classes: Record<string, CustomObjects[string]> = {}
  const collect = (layer: Layer): void => {
    // Models and inputs are known here; the classes of the rest may be anybody's.
    const known = layer instanceof Model || layer instanceof Sequential || layer instanceof InputLayer
    if (!known) classes[layer.className] = layer.constructor as CustomObjects[string]
    layer.sublayers().forEach(collect)
  }
  model.layers.forEach(collect)
  return modelFromConfig({ className: model.className, config: model.getConfig() }, classes)
}

type Fields = { readonly [key: string]: unknown }

function fields(what: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ArgumentError({ where: WHERE, what, expected: 'an object', got: value })
  }
  return value as Fields
}
function list(what: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new ArgumentError({ where: WHERE, what, expected: 'a list', got: value })
  return value
}
function text(what: string, value: unknown): string {
  if (typeof value !== 'string') throw new ArgumentError({ where: WHERE, what, expected: 'a name', got: value })
  return value
}
function serialized(json: unknown): { readonly className: string; readonly config: Fields } {
  const { className, config } = fields('layer', json)
  return { className: text('className', className), config: fields(`config of ${String(className)}`, config ?? {}) }
}

function layerFrom(json: unknown, customObjects: CustomObjects): Layer {
  const { className, config } = serialized(json)
  if (className === 'InputLayer') return new InputLayer(config as never)
  if (Object.hasOwn(customObjects, className)) {
    const layer = new customObjects[className](config as never)
    if (layer instanceof Layer) return layer
    throw new ArgumentError({
      where: WHERE,
      what: `custom object '${className}'`,
      expected: 'a class of layers',
      got: className,
    })
  }
  if (className === 'Sequential' || className === 'Functional') return modelFromConfig(json, customObjects)
  return deserializeLayer({ className, config: config as never }, {} satisfies Record<string, LayerClass>)
}

const options = (config: Fields): { name: string; trainable: boolean } => ({
  name: text('name of the model', config.name),
  trainable: config.trainable !== false,
})

function sequential(config: Fields, customObjects: CustomObjects): Sequential {
  const layers = list('layers', config.layers).map(l => layerFrom(l, customObjects))
  return new Sequential(
    layers.map(l => (l instanceof InputLayer ? l.output : l)),
    options(config),
  )
}

function functional(config: Fields, customObjects: CustomObjects): Model {
  const layers = new Map<string, Layer>()
  const tensors = new Map<string, SymbolicTensor>()
  for (const json of list('layers', config.layers)) {
    const layer = layerFrom(json, customObjects)
    layers.set(layer.name, layer)
    if (layer instanceof InputLayer) tensors.set(key([layer.name, 0, 0]), layer.output)
  }
  const tensor = (ref: unknown): SymbolicTensor => {
    const found = tensors.get(key(ref))
    if (found === undefined)
      throw new ArgumentError({ where: WHERE, what: 'tensor', expected: 'the result of an earlier call', got: ref })
    return found
  }
  for (const json of list('calls', config.calls)) {
    const call = fields('call', json)
    const name = text('layer of a call', call.layer)
    const layer = layers.get(name)
    if (layer === undefined) {
      throw new ArgumentError({
        where: WHERE,
        what: 'layer of a call',
        expected: `one of ${[...layers.keys()].join(', ')}`,
        got: name,
      })
    }
    const mask = call.mask === undefined ? {} : { mask: tensor(call.mask) }
    const outputs = layer.applyAll(list('inputs of a call', call.inputs).map(tensor), mask)
    outputs.forEach((t, i) => {
      tensors.set(key([name, Number(call.index), i]), t)
    })
  }
  return new Model({
    inputs: list('inputs', config.inputs).map(tensor),
    outputs: list('outputs', config.outputs).map(tensor),
    ...options(config),
  })
}
const key = (ref: unknown): string => list('tensor', ref as TensorRef).join('\n')
