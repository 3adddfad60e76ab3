// Checks of numeric arguments that losses, metrics and optimizers share.
import { ArgumentError } from '../errors.js'

/**
 * Returns a finite number that fulfils a condition.
 * @throws ArgumentError naming the argument, what it may be and what it was
 * @example checkNumber('SGD', 'momentum', 0.9, v => v >= 0 && v <= 1, 'a number in [0, 1]')
 */
export function checkNumber(
  where: string,
  what: string,
  value: number,
  ok: (v: number) => boolean,
  expected: string,
): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || !ok(value)) {
    throw new ArgumentError({ where, what, expected, got: value })
  }
  return value
}

export const checkPositive = (where: string, what: string, value: number): number =>
  checkNumber(where, what, value, v => v > 0, 'a number above 0')
export const checkNonNegative = (where: string, what: string, value: number): number =>
  checkNumber(where, what, value, v => v >= 0, 'a number of at least 0')
export const checkFraction = (where: string, what: string, value: number): number =>
  checkNumber(where, what, value, v => v >= 0 && v <= 1, 'a number in [0, 1]')
/** An integer of at least `min`. */
export const checkInteger = (where: string, what: string, value: number, min: number): number =>
  checkNumber(where, what, value, v => Number.isInteger(v) && v >= min, `an integer of at least ${min}`)
/** @throws ArgumentError unless value is one of the choices */
export function checkChoice<T extends string | null>(where: string, what: string, value: T, choices: readonly T[]): T {
  if (!choices.includes(value)) {
    throw new ArgumentError({
      where,
      what,
      expected: `one of ${choices.map(c => (c === null ? 'null' : `'${c}'`)).join(', ')}`,
      got: value,
    })
  }
  return value
}
