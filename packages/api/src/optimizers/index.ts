// Optimizers, and how one is found by name.
import { ArgumentError } from '../errors.js'
import { Adadelta, Adagrad } from './adagrad.js'
import { Adam, Adamax, AdamW, Nadam } from './adam.js'
import { ByName, type Serialized } from './by-name.js'
import { Ftrl } from './ftrl.js'
import { Lion } from './lion.js'
import { Optimizer } from './optimizer.js'
import { RMSprop } from './rmsprop.js'
import { SGD } from './sgd.js'

export type { AdadeltaOptions, AdagradOptions } from './adagrad.js'
export type { AdamaxOptions, AdamOptions } from './adam.js'
export type { Serialized } from './by-name.js'
export type { FtrlOptions } from './ftrl.js'
export type { LionOptions } from './lion.js'
export type { Exprs, GradientPair, OptimizerOptions, SlotSpec, Update } from './optimizer.js'
export { Optimizer, optimizerBinding } from './optimizer.js'
export type { RMSpropOptions } from './rmsprop.js'
export type {
  CosineDecayOptions,
  CosineDecayRestartsOptions,
  ExponentialDecayOptions,
  PolynomialDecayOptions,
} from './schedule.js'
export {
  CosineDecay,
  CosineDecayRestarts,
  ExponentialDecay,
  InverseTimeDecay,
  LearningRateSchedule,
  PiecewiseConstantDecay,
  PolynomialDecay,
} from './schedule.js'
export { getSchedule } from './schedules.js'
export type { SGDOptions } from './sgd.js'

/** What `getOptimizer` understands. */
export type OptimizerOption = string | Optimizer | Serialized

const OPTIMIZERS = new ByName<Optimizer>(
  'optimizer',
  [SGD, RMSprop, Adam, AdamW, Adagrad, Adadelta, Adamax, Nadam, Lion, Ftrl],
  { rmsprop: RMSprop, adamw: AdamW },
)

/**
 * An optimizer from itself, its name (any case that Keras takes) or its serialised form.
 *
 * @throws ArgumentError for an unknown name or argument, listing the known ones
 * @example getOptimizer('rmsprop')
 */
export function getOptimizer(option: OptimizerOption): Optimizer {
  if (option instanceof Optimizer) return option
  if (typeof option !== 'string' && (typeof option !== 'object' || option === null)) {
    throw new ArgumentError({ where: 'optimizer', what: 'optimizer', expected: 'a name or an Optimizer', got: option })
  }
  return OPTIMIZERS.make(option)
}

export { Adadelta, Adagrad, Adam, Adamax, AdamW, Ftrl, Lion, Nadam, RMSprop, SGD }
