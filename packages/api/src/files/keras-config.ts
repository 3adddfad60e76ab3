// Keras's model configurations (to_json, config.json of .keras files) in Strata's form. Formats: Keras 3,
// keras/src/models/functional.py and keras/src/saving/serialization_lib.py.
import { ArgumentError } from '../errors.js'
import { camelCase } from '../layers/arguments.js'
import type { Config, Json } from '../layers/layer.js'

/** An object as Strata serialises it. */
export interface StrataConfig {
  readonly className: string
  readonly config: Config
}

type Fields = { readonly [key: string]: unknown }

/** Where objects live, how they were built and how they compute: nothing that the result depends on. */
const IGNORED = new Set(['module', 'registered_name', 'build_config', 'dtype', 'autocast', 'name_scope', 'ragged'])
/** Arguments that Strata has no counterpart of, and the values at which they do nothing. */
const INERT: Readonly<Record<string, readonly unknown[]>> = {
  sparse: [false],
  optional: [false],
  synchronized: [false],
  renorm: [false],
  renorm_clipping: [null],
  renorm_momentum: [0.99],
  input_axes: [null],
  output_axes: [null],
  lora_rank: [null],
  lora_alpha: [null],
  quantization_config: [null],
  supports_masking: [true, false],
}

const WHERE = 'fromKerasConfig'
const refuse = (what: string, expected: string, got: unknown): never => {
  throw new ArgumentError({ where: WHERE, what, expected, got })
}
const isObject = (v: unknown): v is Fields => typeof v === 'object' && v !== null && !Array.isArray(v)
const object = (what: string, v: unknown): Fields => (isObject(v) ? v : refuse(what, 'an object', v))
const list = (what: string, v: unknown): readonly unknown[] => (Array.isArray(v) ? v : refuse(what, 'a list', v))

/**
 * The configuration of a model (or layer) that Keras 3 wrote, for `modelFromConfig`.
 *
 * @throws ArgumentError for arguments that Strata cannot honour, naming them
 * @example const model = modelFromConfig(fromKerasConfig(JSON.parse(kerasModel.to_json())))
 */
export function fromKerasConfig(json: unknown): StrataConfig {
  const { class_name: name, config } = object('model', json)
  if (typeof name !== 'string') return refuse('class_name', 'a name', name)
  const fields = object(`config of ${name}`, config)
  if (name === 'Sequential') {
    const layers = list('layers', fields.layers).map(l => fromKerasConfig(l) as Json & StrataConfig)
    return { className: name, config: { name: String(fields.name), trainable: fields.trainable !== false, layers } }
  }
  if (name === 'Functional' || name === 'Model') return { className: 'Functional', config: functional(fields) }
  if (name === 'InputLayer') return { className: name, config: inputLayer(fields) }
  return { className: name, config: args(name, fields) }
}

/** Constructor arguments in camelCase; values that are objects of Keras, too. */
function args(owner: string, fields: Fields): Config {
  const out: Record<string, Json> = {}
  for (const [key, v] of Object.entries(fields)) {
    if (IGNORED.has(key)) continue
    const inert = INERT[key]
    if (inert === undefined) out[camelCase(key)] = value(`${owner}.${key}`, v)
    else if (!inert.includes(v)) refuse(`${owner}.${key}`, inert.map(String).join(' or '), v)
  }
  return out
}
function value(what: string, v: unknown): Json {
  if (v === null || typeof v === 'boolean' || typeof v === 'number' || typeof v === 'string') return v
  if (Array.isArray(v)) return v.map((x, i) => value(`${what}[${i}]`, x))
  const fields = object(what, v)
  // A function by its name, as activations are written.
  if (fields.class_name === 'function') return value(what, fields.config)
  return 'class_name' in fields ? (fromKerasConfig(fields) as Json & StrataConfig) : args(what, fields)
}

function inputLayer(fields: Fields): Config {
  const shape = list('batch_shape', fields.batch_shape ?? fields.batch_input_shape)
  const dtype = String(fields.dtype ?? 'float32')
  return {
    name: String(fields.name),
    batchSize: shape[0] as number | null,
    shape: shape.slice(1) as number[],
    dtype: dtype.startsWith('int') ? 'int32' : 'float32',
  }
}

/** A call that waits for its inputs. */
interface Pending {
  readonly layer: string
  readonly index: number
  readonly inputs: readonly Ref[]
  readonly mask: Ref | null
}
type Ref = readonly [layer: string, call: number, output: number]

function functional(fields: Fields): Config {
  const layers = list('layers', fields.layers).map(l => object('layer', l))
  const pending: Pending[] = []
  const known = new Set<string>()
  for (const layer of layers) {
    const name = String(layer.name)
    if (layer.class_name === 'InputLayer') known.add(`${name}\n0`)
    list(`inbound_nodes of ${name}`, layer.inbound_nodes ?? []).forEach((node, index) => {
      const { args: positional, kwargs = {} } = object(`inbound node of ${name}`, node)
      const { mask = null, ...others } = object('kwargs', kwargs)
      for (const [key, v] of Object.entries(others)) {
        // What Keras's own call says about training comes first; it records false where nothing was said.
        if (key !== 'training' || v === true) refuse(`call argument ${key} of ${name}`, 'none', v)
      }
      pending.push({
        layer: name,
        index,
        inputs: tensors(name, positional),
        mask: mask === null ? null : ref(name, mask),
      })
    })
  }
  const calls: Json[] = []
  while (pending.length > 0) {
    const ready = pending.findIndex(c =>
      [...c.inputs, ...(c.mask === null ? [] : [c.mask])].every(r => known.has(`${r[0]}\n${r[1]}`)),
    )
    if (ready < 0)
      refuse(
        'inbound nodes',
        'a graph without cycles',
        pending.map(c => c.layer),
      )
    const [{ layer, index, inputs, mask }] = pending.splice(ready, 1)
    known.add(`${layer}\n${index}`)
    calls.push({ layer, index, inputs, ...(mask === null ? {} : { mask }) })
  }
  return {
    name: String(fields.name),
    trainable: fields.trainable !== false,
    layers: layers.map(l => fromKerasConfig(l) as Json & StrataConfig),
    calls,
    inputs: refs('input_layers', fields.input_layers),
    outputs: refs('output_layers', fields.output_layers),
  }
}

/** The tensors in a call's positional arguments, which may be one list of them. */
function tensors(layer: string, positional: unknown): Ref[] {
  const given = list(`arguments of ${layer}`, positional)
  const flat = given.length === 1 && Array.isArray(given[0]) ? list('tensors', given[0]) : given
  return flat.map(t => ref(layer, t))
}
function ref(layer: string, tensor: unknown): Ref {
  const { class_name: name, config } = object(`argument of ${layer}`, tensor)
  if (name !== '__keras_tensor__') return refuse(`argument of ${layer}`, 'a tensor', tensor)
  return history(object('tensor', config).keras_history)
}
function history(v: unknown): Ref {
  const [layer, call, output] = list('keras_history', v)
  return [String(layer), Number(call), Number(output)]
}
/** One [layer, call, output], or a list of them. */
function refs(what: string, v: unknown): Ref[] {
  const given = list(what, v)
  return typeof given[0] === 'string' ? [history(given)] : given.map(history)
}
