// Strata's model files: one safetensors file whose metadata hold the model, how it is trained and how far, and whose tensors
// are the weights and the optimizer's state. Training that goes on from such a file gives the bits of training that was
// never interrupted. For browsers and Node; files by path are in node/checkpoint.ts.
import type { Backend } from '../backend.js'
import { checkOptions, FileError, StrataError } from '../errors.js'
import type { Variable } from '../graph/variable.js'
import type { Json } from '../layers/layer.js'
import type { BaseModel } from '../models/base.js'
import { type CustomObjects, modelFromConfig } from '../models/from-config.js'
import type { Model } from '../models/model.js'
import { namedWeights } from '../models/named-weights.js'
import type { Sequential } from '../models/sequential.js'
import { compileFromJson, compileToJson } from './checkpoint-compile.js'
import { readSafetensors, type SafetensorsFile, type SafetensorsInput, writeSafetensors } from './safetensors.js'

const FORMAT = 'strata'
const WEIGHTS_FORMAT = 'strata-weights'
/** Files of a later version are refused. */
const VERSION = 1

export interface SaveOptions {
  /** What a program wants to keep with the model; added to `model.metadata`. */
  readonly metadata?: { readonly [key: string]: Json }
  /** Whether losses, metrics and the optimizer with its state are kept (default true). */
  readonly training?: boolean
}
export interface LoadOptions {
  /** Classes of your own by class name: layers, losses, metrics, optimizers. */
  readonly customObjects?: CustomObjects
  /** The backend to compile for (default: the registered one). */
  readonly backend?: Backend | Promise<Backend>
  /** Whether the model is compiled as it was saved (default true). */
  readonly compile?: boolean
}

/**
 * A model as the bytes of a file.
 * @throws ArgumentError for a loss, metric or layer that has no JSON form; StateError for a model that is not built
 * @example localStorage.model = btoa(String.fromCharCode(...await modelToBytes(model)))
 */
export async function modelToBytes(model: BaseModel, options: SaveOptions = {}): Promise<Uint8Array> {
  checkOptions('modelToBytes', options, ['metadata', 'training'])
  const tensors = await weightTensors(model)
  const metadata: Record<string, string> = {
    format: FORMAT,
    version: String(VERSION),
    model: JSON.stringify({ className: model.className, config: model.getConfig() }),
    metadata: JSON.stringify({ ...model.metadata, ...options.metadata }),
  }
  if (model.compiled && options.training !== false) {
    const { optimizer, seed, epoch } = model.trainer
    metadata.training = JSON.stringify({
      compile: compileToJson(model.trainer.config),
      optimizer: optimizer.serialize(),
      iterations: optimizer.iterations,
      epoch,
      seed,
    })
    if (optimizer.iterations > 0) {
      for (const [name, v] of slotsOf(model)) tensors.set(name, { shape: v.shape, data: await v.read() })
    }
  }
  return writeSafetensors(tensors, metadata)
}

/**
 * The model of a file, with weights, and compiled as it was when it was saved.
 *
 * @param name the file's name, for error messages
 * @throws FileError for a truncated or foreign file, one of a later version, unknown layer classes, tensors that are
 *   missing, too many or of the wrong shape
 * @example const model = modelFromBytes(bytes, { customObjects: { Scale } })
 */
export function modelFromBytes(bytes: Uint8Array, options: LoadOptions = {}, name = 'model'): Sequential | Model {
  checkOptions('modelFromBytes', options, ['customObjects', 'backend', 'compile'])
  const { customObjects = {}, backend, compile = true } = options
  const file = readSafetensors(bytes, name)
  checkFormat(file, name, [FORMAT])
  const model = inFile(name, 'model', () => modelFromConfig(json(file, name, 'model'), customObjects))
  model.metadata = objectOf(json(file, name, 'metadata'), name, 'metadata') as { readonly [key: string]: Json }
  const wanted = new Map([...namedWeights(model)].map(([n, v]) => [`weights/${n}`, v]))
  const training =
    file.metadata.training === undefined ? null : objectOf(json(file, name, 'training'), name, 'training')
  if (training !== null && compile) {
    const iterations = integer(training.iterations, name, 'iterations')
    inFile(name, 'training', () => {
      const config = compileFromJson(training, customObjects)
      model.compile({ ...config, backend, seed: integer(training.seed, name, 'seed') })
    })
    model.optimizer.iterations = iterations
    model.trainer.epoch = integer(training.epoch, name, 'epoch')
    if (iterations > 0) for (const [n, v] of slotsOf(model)) wanted.set(n, v)
  }
  const others = (n: string): boolean => n.startsWith('optimizer/') && (training === null || !compile)
  fill(file, name, wanted, others)
  return model
}

/** A model's weights alone, as the bytes of a file. */
export async function weightsToBytes(model: BaseModel): Promise<Uint8Array> {
  return writeSafetensors(await weightTensors(model), { format: WEIGHTS_FORMAT, version: String(VERSION) })
}
/**
 * Sets a model's weights from a file of weights, or from a whole model's.
 * @throws FileError for tensors that are missing, too many or of the wrong shape: the model is then as it was
 */
export function weightsFromBytes(model: BaseModel, bytes: Uint8Array, name = 'weights'): void {
  const file = readSafetensors(bytes, name)
  checkFormat(file, name, [WEIGHTS_FORMAT, FORMAT])
  const wanted = new Map([...namedWeights(model)].map(([n, v]) => [`weights/${n}`, v]))
  fill(file, name, wanted, n => n.startsWith('optimizer/'))
}

async function weightTensors(model: BaseModel): Promise<Map<string, SafetensorsInput>> {
  const tensors = new Map<string, SafetensorsInput>()
  for (const [name, v] of namedWeights(model)) tensors.set(`weights/${name}`, { shape: v.shape, data: await v.read() })
  return tensors
}

/** The optimizer's state by its name in the file. */
function slotsOf(model: BaseModel): [string, Variable][] {
  const trainable = new Set(model.trainableWeights)
  return [...namedWeights(model)].flatMap(([name, v]) =>
    trainable.has(v)
      ? [...model.optimizer.slots(v)].map(([slot, s]): [string, Variable] => [`optimizer/${name}/${slot}`, s])
      : [],
  )
}

/** Checks all tensors, then writes them to the variables. */
function fill(
  file: SafetensorsFile,
  name: string,
  wanted: ReadonlyMap<string, Variable>,
  mayBeLeft: (tensor: string) => boolean,
): void {
  for (const [key, v] of wanted) {
    const tensor = file.tensors.get(key)
    if (tensor === undefined) {
      throw new FileError({
        where: name,
        what: `tensor '${key}'`,
        expected: `F32 [${v.shape.join(', ')}]`,
        got: 'nothing',
      })
    }
    if (tensor.dtype !== 'F32' || tensor.shape.join() !== v.shape.join()) {
      throw new FileError({
        where: name,
        what: `tensor '${key}'`,
        expected: `F32 [${v.shape.join(', ')}]`,
        got: `${tensor.dtype} [${tensor.shape.join(', ')}]`,
      })
    }
  }
  for (const key of file.tensors.keys()) {
    if (!wanted.has(key) && !mayBeLeft(key)) {
      throw new FileError({
        where: name,
        what: 'tensor that the model has not',
        expected: `${wanted.size} tensors`,
        got: key,
      })
    }
  }
  for (const [key, v] of wanted) v.write(file.tensors.get(key)!.data)
}

function checkFormat(file: SafetensorsFile, name: string, formats: readonly string[]): void {
  const { format, version } = file.metadata
  if (!formats.includes(format)) {
    throw new FileError({ where: name, what: 'format', expected: formats.map(f => `'${f}'`).join(' or '), got: format })
  }
  if (version !== String(VERSION)) {
    throw new FileError({ where: name, what: 'version of the format', expected: String(VERSION), got: version })
  }
}
function json(file: SafetensorsFile, name: string, key: string): unknown {
  const text = file.metadata[key]
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new FileError({ where: name, what: `metadata '${key}'`, expected: 'JSON', got: text, cause })
  }
}
function objectOf(value: unknown, name: string, what: string): { readonly [key: string]: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FileError({ where: name, what: `metadata '${what}'`, expected: 'an object', got: value })
  }
  return value as { readonly [key: string]: unknown }
}
function integer(value: unknown, name: string, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new FileError({
      where: name,
      what: `training state '${what}'`,
      expected: 'an integer of at least 0',
      got: value,
    })
  }
  return value
}
/** What is wrong with the content is the file's fault. */
function inFile<T>(name: string, part: string, f: () => T): T {
  try {
    return f()
  } catch (error) {
    if (!(error instanceof StrataError)) throw error
    const { what, expected, got } = error
    throw new FileError({ where: name, what: `${part}: ${error.where}: ${what}`, expected, got, cause: error })
  }
}
