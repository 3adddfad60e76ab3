// Models and weights in files by path, written so that a file is always whole.
import { readFile } from 'node:fs/promises'
import { FileError } from '../../errors.js'
import type { BaseModel } from '../../models/base.js'
import type { Model } from '../../models/model.js'
import type { Sequential } from '../../models/sequential.js'
import {
  type LoadOptions,
  modelFromBytes,
  modelToBytes,
  type SaveOptions,
  weightsFromBytes,
  weightsToBytes,
} from '../checkpoint.js'
import { writeFileAtomic } from './atomic-write.js'

/**
 * Writes a model to a file: layers, weights, losses, metrics, optimizer and its state. Whatever happens, the path holds the
 * old file or the new one, whole.
 *
 * @throws FileError if it cannot be written; ArgumentError for parts that have no JSON form
 * @example await saveModel(model, 'model.safetensors', { metadata: { classes: ['cat', 'dog'] } })
 */
export async function saveModel(model: BaseModel, path: string, options: SaveOptions = {}): Promise<void> {
  await writeFileAtomic(path, await modelToBytes(model, options))
}
/**
 * Reads a model that `saveModel` wrote. Training goes on with `fit(x, y, { initialEpoch: model.epoch, ... })`.
 *
 * @throws FileError if it cannot be read, is truncated, foreign, of a later version or inconsistent
 * @example const model = await loadModel('model.safetensors', { backend: await cpu() })
 */
export async function loadModel(path: string, options: LoadOptions = {}): Promise<Sequential | Model> {
  return modelFromBytes(await read(path), options, path)
}
/** Writes a model's weights alone. @throws FileError */
export async function saveWeights(model: BaseModel, path: string): Promise<void> {
  await writeFileAtomic(path, await weightsToBytes(model))
}
/** Reads the weights of `saveWeights` or `saveModel` into a model. @throws FileError */
export async function loadWeights(model: BaseModel, path: string): Promise<void> {
  weightsFromBytes(model, await read(path), path)
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FileError({ where: path, what: `could not be read (${reason})`, cause })
  }
}
