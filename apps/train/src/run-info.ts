// What the app stores with a model: its classes, how to prepare an image for it, and how to go on training it.

import { FileError, type Json } from '@strata/api'
import type { ImageShape } from './network.js'
import type { TrainArguments } from './options.js'

/** The settings that make a run what it is: a resumed run has the same. */
export interface RunSettings {
  /** The path of the data; null for drawn shapes. */
  readonly data: string | null
  readonly seed: number
  readonly batchSize: number
  readonly learningRate: number
  readonly imageSize: number
  readonly trainCount: number | null
  readonly validationCount: number | null
  readonly testCount: number | null
}

/** Stored in the checkpoint's metadata, as JSON under {@link KEY}. */
export interface RunInfo {
  readonly classNames: readonly string[]
  readonly imageShape: ImageShape
  /** How many epochs the run was started for; the model knows how many are done. */
  readonly epochs: number
  readonly settings: RunSettings
}

/** The key in the checkpoint's metadata. */
const KEY = 'train'

/** What goes into the model's metadata. */
export function storedInfo(info: RunInfo): { readonly [key: string]: Json } {
  const { classNames, imageShape, epochs, settings } = info
  return { [KEY]: { classNames, imageShape, epochs, settings: { ...settings } } }
}

const DEFAULTS = { seed: 1, batchSize: 16, learningRate: 0.002, imageSize: 64 }

/** The settings of a new run. */
export function settingsOf(args: TrainArguments): RunSettings {
  return {
    data: args.data ?? null,
    seed: args.seed ?? DEFAULTS.seed,
    batchSize: args.batchSize ?? DEFAULTS.batchSize,
    learningRate: args.learningRate ?? DEFAULTS.learningRate,
    imageSize: args.imageSize ?? DEFAULTS.imageSize,
    trainCount: args.trainCount ?? null,
    validationCount: args.validationCount ?? null,
    testCount: args.testCount ?? null,
  }
}

/**
 * The settings of a resumed run: those of the checkpoint. Naming one on the command line is harmless if it is the same.
 *
 * @throws FileError for another value, since the run would not go on as it began.
 */
export function resumedSettings(path: string, stored: RunSettings, args: TrainArguments): RunSettings {
  for (const [key, value] of Object.entries(stored)) {
    const given = args[key as keyof RunSettings]
    if (given !== undefined && given !== value) {
      throw new FileError({ where: path, what: `${key} of the checkpoint to resume`, expected: given, got: value })
    }
  }
  return stored
}

const isCount = (v: unknown): v is number => Number.isSafeInteger(v) && Number(v) >= 0
const isCountOrNull = (v: unknown): v is number | null => v === null || isCount(v)
const isObject = (v: unknown): v is Readonly<Record<string, unknown>> => typeof v === 'object' && v !== null
const isShape = (v: unknown): v is ImageShape => Array.isArray(v) && v.length === 3 && v.every(d => isCount(d) && d > 0)
const isNames = (v: unknown): v is readonly string[] => Array.isArray(v) && v.every(n => typeof n === 'string')

function isSettings(v: unknown): v is RunSettings {
  return (
    isObject(v) &&
    (v.data === null || typeof v.data === 'string') &&
    [v.seed, v.batchSize, v.imageSize].every(isCount) &&
    typeof v.learningRate === 'number' &&
    [v.trainCount, v.validationCount, v.testCount].every(isCountOrNull)
  )
}

/**
 * Reads what {@link storedInfo} made.
 *
 * @param path the checkpoint, for error messages.
 * @param metadata the model's metadata.
 * @throws FileError when the file was not written by this app, or by another version of it.
 */
export function parseRunInfo(path: string, metadata: Readonly<Record<string, Json>>): RunInfo {
  const stored: unknown = metadata[KEY]
  if (
    isObject(stored) &&
    isNames(stored.classNames) &&
    isShape(stored.imageShape) &&
    isCount(stored.epochs) &&
    isSettings(stored.settings)
  ) {
    const { classNames, imageShape, epochs, settings } = stored
    return { classNames, imageShape, epochs, settings }
  }
  const expected = `what this app stores under '${KEY}'`
  throw new FileError({ where: path, what: 'metadata of the model', expected, got: stored })
}
