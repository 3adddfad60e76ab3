// Learning-rate schedules by name.
import { ByName, type Serialized } from './by-name.js'
import {
  CosineDecay,
  CosineDecayRestarts,
  ExponentialDecay,
  InverseTimeDecay,
  LearningRateSchedule,
  PiecewiseConstantDecay,
  PolynomialDecay,
} from './schedule.js'

const SCHEDULES = new ByName<LearningRateSchedule>(
  'learning-rate schedule',
  [ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay, CosineDecay, CosineDecayRestarts],
  {},
)

/** A schedule from itself or from its serialised form. @throws ArgumentError for an unknown class or argument */
export const getSchedule = (option: LearningRateSchedule | Serialized): LearningRateSchedule =>
  option instanceof LearningRateSchedule ? option : SCHEDULES.make(option)
