// Losses, and how one is found by name.
import { ArgumentError } from '../errors.js'
import type { Value } from '../graph/value.js'
import { ByName, type Serialized } from '../optimizers/by-name.js'
import { BinaryCrossentropy, BinaryFocalCrossentropy } from './binary.js'
import { CategoricalCrossentropy, CategoricalFocalCrossentropy, SparseCategoricalCrossentropy } from './crossentropy.js'
import { CategoricalHinge, Hinge, SquaredHinge } from './hinge.js'
import { FunctionLoss, Loss } from './loss.js'
import { Dice, Tversky } from './overlap.js'
import {
  CosineSimilarity,
  Huber,
  KLDivergence,
  LogCosh,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
  Poisson,
} from './regression.js'

export type { BinaryCrossentropyOptions, BinaryFocalCrossentropyOptions } from './binary.js'
export type {
  CategoricalCrossentropyOptions,
  CategoricalFocalCrossentropyOptions,
  SparseCategoricalCrossentropyOptions,
} from './crossentropy.js'
export type { LossOptions, Reduction } from './loss.js'
export { DenseLoss, FunctionLoss, Loss } from './loss.js'
export type { DiceOptions, TverskyOptions } from './overlap.js'
export type { CosineSimilarityOptions, HuberOptions } from './regression.js'

/** What `getLoss` understands. */
export type LossOption = string | Loss | Serialized | ((yTrue: Value, yPred: Value) => Value)

const CLASSES = {
  BinaryCrossentropy,
  BinaryFocalCrossentropy,
  CategoricalCrossentropy,
  CategoricalFocalCrossentropy,
  CategoricalHinge,
  CosineSimilarity,
  Dice,
  Hinge,
  Huber,
  KLDivergence,
  LogCosh,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
  Poisson,
  SparseCategoricalCrossentropy,
  SquaredHinge,
  Tversky,
}
const LOSSES = new ByName<Loss>('loss', Object.values(CLASSES), {
  mse: MeanSquaredError,
  mae: MeanAbsoluteError,
  mape: MeanAbsolutePercentageError,
  msle: MeanSquaredLogarithmicError,
  bce: BinaryCrossentropy,
  kld: KLDivergence,
  logcosh: LogCosh,
})

/** Whether `getLoss` knows the name. */
export const isLossName = (name: string): boolean => LOSSES.has(name)

/**
 * A loss from itself, its name (Keras's in camelCase or snake_case, or a short alias), its serialised form or a function
 * that gives the loss of each sample.
 *
 * @throws ArgumentError for an unknown name or argument, listing the known ones
 * @example getLoss('categoricalCrossentropy')
 */
export function getLoss(option: LossOption): Loss {
  if (option instanceof Loss) return option
  if (typeof option === 'function') return new FunctionLoss(option)
  if (typeof option !== 'string' && (typeof option !== 'object' || option === null)) {
    throw new ArgumentError({ where: 'loss', what: 'loss', expected: 'a name, a Loss or a function', got: option })
  }
  return LOSSES.make(option)
}

export {
  BinaryCrossentropy,
  BinaryFocalCrossentropy,
  CategoricalCrossentropy,
  CategoricalFocalCrossentropy,
  CategoricalHinge,
  CosineSimilarity,
  Dice,
  Hinge,
  Huber,
  KLDivergence,
  LogCosh,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
  Poisson,
  SparseCategoricalCrossentropy,
  SquaredHinge,
  Tversky,
}
