// Arguments of compile, fit, evaluate and predict.
import type { Backend } from '../backend.js'
import type { CallbackLike } from '../callbacks/callback.js'
import type { Dataset } from '../data/dataset.js'
import { ArgumentError, checkOptions } from '../errors.js'
import type { LossOption } from '../losses/index.js'
import type { MetricOption } from '../metrics/index.js'
import type { OptimizerOption } from '../optimizers/index.js'
import type { TensorInput } from './tensors.js'

/** One value per output: a list in their order or an object by their names; for one output the value itself. */
export type PerOutput<T> = T | readonly (T | null)[] | { readonly [output: string]: T | null }

export interface CompileOptions {
  /** Default: what a backend's `register` entry registered. */
  readonly backend?: Backend | Promise<Backend>
  /** Default 'rmsprop'. */
  readonly optimizer?: OptimizerOption
  readonly loss?: PerOutput<LossOption>
  /** Not weighted by sample weights. For several outputs: a list of lists, or an object of lists by output. */
  readonly metrics?: MetricsOption
  /** As `metrics`, weighted by sample weights. */
  readonly weightedMetrics?: MetricsOption
  /** Factors of the outputs' losses in the sum. */
  readonly lossWeights?: PerOutput<number>
  /** Seed of dropout and shuffles (default: the program's seed). */
  readonly seed?: number
}
export type MetricsOption =
  | MetricOption
  | readonly (MetricOption | readonly MetricOption[] | null)[]
  | { readonly [output: string]: MetricOption | readonly MetricOption[] }
const COMPILE_OPTIONS = ['backend', 'optimizer', 'loss', 'metrics', 'weightedMetrics', 'lossWeights', 'seed'] as const
export const checkCompileOptions = (options: CompileOptions): void => checkOptions('compile', options, COMPILE_OPTIONS)

/** A batch of a data set: inputs, targets, and how much each sample counts. */
export type BatchInput =
  | { readonly x: TensorInput; readonly y?: TensorInput; readonly sampleWeight?: WeightInput }
  | readonly [x: TensorInput]
  | readonly [x: TensorInput, y: TensorInput]
  | readonly [x: TensorInput, y: TensorInput, sampleWeight: WeightInput]
/** Weights of the samples: for all outputs, or for each. */
export type WeightInput = TensorInput
/** Batches: a Dataset, any iterable, or a function that returns one for an epoch. */
export type BatchSource<B = BatchInput> =
  | Dataset<B>
  | AsyncIterable<B>
  | Iterable<B>
  | ((epoch: number) => Iterable<B> | AsyncIterable<B>)

/** Factors by class number. */
export type ClassWeight = { readonly [label: number]: number }

export interface FitOptions {
  /** Samples per step of array data (default 32). A data set brings its batches. */
  readonly batchSize?: number
  /** The epoch to stop before (default 1): training runs `epochs - initialEpoch` of them. */
  readonly epochs?: number
  /** 0 (default): silent; 1 or 2: a line per epoch on the console. */
  readonly verbose?: 0 | 1 | 2
  /** The fraction at the end of the data, before shuffling, that is for validation alone. */
  readonly validationSplit?: number
  readonly validationData?: ValidationData
  /** Samples per validation step (default `batchSize`). */
  readonly validationBatchSize?: number
  /** Whether array data come in a new order each epoch, a function of (seed, epoch) (default true). */
  readonly shuffle?: boolean
  readonly classWeight?: ClassWeight
  readonly sampleWeight?: WeightInput
  /** The first epoch's number (default 0), to go on where a checkpoint left off. */
  readonly initialEpoch?: number
  /** Steps per epoch (default: until the data end). */
  readonly stepsPerEpoch?: number
  readonly validationSteps?: number
  /** Validate after every n-th epoch, or after those listed (counted from 1). */
  readonly validationFreq?: number | readonly number[]
  readonly callbacks?: readonly CallbackLike[]
  /** Stops training after the current step. */
  readonly signal?: AbortSignal
}
export type ValidationData =
  | readonly [x: TensorInput, y: TensorInput]
  | readonly [x: TensorInput, y: TensorInput, sampleWeight: WeightInput]
  | BatchSource
const FIT_OPTIONS = [
  'batchSize',
  'epochs',
  'verbose',
  'validationSplit',
  'validationData',
  'validationBatchSize',
  'shuffle',
  'classWeight',
  'sampleWeight',
  'initialEpoch',
  'stepsPerEpoch',
  'validationSteps',
  'validationFreq',
  'callbacks',
  'signal',
] as const
export function checkFitOptions(o: FitOptions): void {
  checkOptions('fit', o, FIT_OPTIONS)
  count('fit', 'batchSize', o.batchSize, 1)
  count('fit', 'epochs', o.epochs, 0)
  count('fit', 'initialEpoch', o.initialEpoch, 0)
  count('fit', 'stepsPerEpoch', o.stepsPerEpoch, 1)
  count('fit', 'validationSteps', o.validationSteps, 1)
  count('fit', 'validationBatchSize', o.validationBatchSize, 1)
  if (typeof o.validationFreq === 'number') count('fit', 'validationFreq', o.validationFreq, 1)
  if (o.verbose !== undefined && ![0, 1, 2].includes(o.verbose)) {
    throw new ArgumentError({ where: 'fit', what: 'verbose', expected: '0, 1 or 2', got: o.verbose })
  }
  const { validationSplit: s } = o
  if (s !== undefined && !(typeof s === 'number' && s >= 0 && s < 1)) {
    throw new ArgumentError({ where: 'fit', what: 'validationSplit', expected: 'a number in [0, 1)', got: s })
  }
  if (s !== undefined && s > 0 && o.validationData !== undefined) {
    throw new ArgumentError({ where: 'fit', what: 'validationSplit and validationData', expected: 'one of them' })
  }
  if (o.classWeight !== undefined && o.sampleWeight !== undefined) {
    throw new ArgumentError({ where: 'fit', what: 'classWeight and sampleWeight', expected: 'one of them' })
  }
}

export interface EvaluateOptions {
  /** Samples per step of array data (default 32). */
  readonly batchSize?: number
  readonly verbose?: 0 | 1 | 2
  readonly sampleWeight?: WeightInput
  readonly steps?: number
  readonly callbacks?: readonly CallbackLike[]
  readonly signal?: AbortSignal
}
export function checkEvaluateOptions(o: EvaluateOptions): void {
  checkOptions('evaluate', o, ['batchSize', 'verbose', 'sampleWeight', 'steps', 'callbacks', 'signal'])
  count('evaluate', 'batchSize', o.batchSize, 1)
  count('evaluate', 'steps', o.steps, 1)
}
export interface PredictOptions {
  /** Samples per step of array data (default 32). */
  readonly batchSize?: number
  readonly steps?: number
  readonly callbacks?: readonly CallbackLike[]
  readonly signal?: AbortSignal
}
export function checkPredictOptions(o: PredictOptions): void {
  checkOptions('predict', o, ['batchSize', 'steps', 'callbacks', 'signal'])
  count('predict', 'batchSize', o.batchSize, 1)
  count('predict', 'steps', o.steps, 1)
}
export interface BatchOptions {
  readonly sampleWeight?: WeightInput
  readonly classWeight?: ClassWeight
}
export const checkBatchOptions = (where: string, o: BatchOptions): void => {
  checkOptions(where, o, ['sampleWeight', 'classWeight'])
  if (o.classWeight !== undefined && o.sampleWeight !== undefined) {
    throw new ArgumentError({ where, what: 'classWeight and sampleWeight', expected: 'one of them' })
  }
}

function count(where: string, what: string, value: number | undefined, least: number): void {
  if (value === undefined) return
  if (!Number.isSafeInteger(value) || value < least) {
    throw new ArgumentError({ where, what, expected: `an integer of at least ${least}`, got: value })
  }
}
