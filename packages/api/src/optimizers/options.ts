// The arguments that every optimizer has.
import { ArgumentError } from '../errors.js'
import type { Serialized } from './by-name.js'
import { checkFraction, checkInteger, checkNonNegative, checkPositive } from './numbers.js'
import type { LearningRateSchedule } from './schedule.js'

/** Arguments that every optimizer has. */
export interface OptimizerOptions {
  /** Default of each optimizer as in Keras; 0.001 in most. */
  readonly learningRate?: number | LearningRateSchedule | Serialized
  /** Decoupled: each step first takes learningRate * weightDecay of every weight away. */
  readonly weightDecay?: number | null
  /** Scales the gradient of each variable to at most this norm. At most one of the three clip arguments. */
  readonly clipNorm?: number | null
  /** Clips each gradient element to [-clipValue, clipValue]. */
  readonly clipValue?: number | null
  /** Scales all gradients together to at most this norm. */
  readonly globalClipNorm?: number | null
  /** Keeps a moving average of each variable. */
  readonly useEma?: boolean
  readonly emaMomentum?: number
  /** The variables become their averages every so many updates; null: only by `finalize`. */
  readonly emaOverwriteFrequency?: number | null
  /** Variables change at every n-th step, by the mean gradient of the n steps; null: at every step. */
  readonly gradientAccumulationSteps?: number | null
  readonly name?: string
}
export const BASE_OPTIONS = [
  'learningRate',
  'weightDecay',
  'clipNorm',
  'clipValue',
  'globalClipNorm',
  'useEma',
  'emaMomentum',
  'emaOverwriteFrequency',
  'gradientAccumulationSteps',
  'name',
] as const

/** The common arguments but name and learning rate, checked and with their defaults. */
export interface CheckedOptions {
  readonly weightDecay: number | null
  readonly clipNorm: number | null
  readonly clipValue: number | null
  readonly globalClipNorm: number | null
  readonly useEma: boolean
  readonly emaMomentum: number
  readonly emaOverwriteFrequency: number | null
  readonly gradientAccumulationSteps: number | null
}

/** @throws ArgumentError for a value out of range, or more than one clip argument */
export function checkedOptions(where: string, options: OptimizerOptions): CheckedOptions {
  const ifGiven = (v: number | null | undefined, check: (v: number) => number): number | null =>
    v === null || v === undefined ? null : check(v)
  const positive = (key: 'clipNorm' | 'clipValue' | 'globalClipNorm'): number | null =>
    ifGiven(options[key], v => checkPositive(where, key, v))
  const integer = (key: 'emaOverwriteFrequency' | 'gradientAccumulationSteps', min: number): number | null =>
    ifGiven(options[key], v => checkInteger(where, key, v, min))
  const clips = {
    clipNorm: positive('clipNorm'),
    clipValue: positive('clipValue'),
    globalClipNorm: positive('globalClipNorm'),
  }
  const given = Object.entries(clips).flatMap(([k, v]) => (v === null ? [] : [k]))
  if (given.length > 1) {
    throw new ArgumentError({
      where,
      what: 'clip arguments',
      expected: 'at most one of clipNorm, clipValue, globalClipNorm',
      got: given,
    })
  }
  return {
    weightDecay: ifGiven(options.weightDecay, v => checkNonNegative(where, 'weightDecay', v)),
    ...clips,
    useEma: options.useEma ?? false,
    emaMomentum: checkFraction(where, 'emaMomentum', options.emaMomentum ?? 0.99),
    emaOverwriteFrequency: integer('emaOverwriteFrequency', 1),
    gradientAccumulationSteps: integer('gradientAccumulationSteps', 2),
  }
}
