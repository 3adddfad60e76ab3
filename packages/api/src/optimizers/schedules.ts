// Learning-rate schedules by name.
import { ArgumentError, checkOptions } from '../errors.js'
import type { Config } from '../layers/layer.js'
import {
  CosineDecay,
  type CosineDecayOptions,
  CosineDecayRestarts,
  type CosineDecayRestartsOptions,
  ExponentialDecay,
  type ExponentialDecayOptions,
  InverseTimeDecay,
  LearningRateSchedule,
  PiecewiseConstantDecay,
  PolynomialDecay,
  type PolynomialDecayOptions,
} from './schedule.js'

/** A schedule as `serialize` gives it. */
export interface ScheduleConfig {
  readonly className: string
  readonly config: Config
}
export type { CosineDecayOptions, CosineDecayRestartsOptions, ExponentialDecayOptions, PolynomialDecayOptions }

// The constructors check their options at run time, so a Config may be passed to each.
const SCHEDULES: Readonly<Record<string, new (config: never) => LearningRateSchedule>> = {
  ExponentialDecay,
  InverseTimeDecay,
  PiecewiseConstantDecay,
  PolynomialDecay,
  CosineDecay,
  CosineDecayRestarts,
}

/** A schedule from itself or from its serialised form. @throws ArgumentError for an unknown class or argument */
export function getSchedule(option: LearningRateSchedule | ScheduleConfig): LearningRateSchedule {
  if (option instanceof LearningRateSchedule) return option
  checkOptions('learningRate', option, ['className', 'config'])
  const make = Object.hasOwn(SCHEDULES, option.className) ? SCHEDULES[option.className] : undefined
  if (make === undefined) {
    throw new ArgumentError({
      where: 'learningRate',
      what: 'schedule',
      expected: `one of ${Object.keys(SCHEDULES).join(', ')}`,
      got: option.className,
    })
  }
  return new make(option.config as never)
}
