// Checks of arguments: each returns the value in its resolved form, or throws an error that names the argument, what was
// expected and what was got.
import { ArgumentError } from '../errors.js'

/** 'channels_first' -> 'channelsFirst'; camelCase stays. */
export const camelCase = (s: string): string => s.replace(/_+([a-zA-Z0-9])/g, (_, c: string) => c.toUpperCase())

const refuse = (where: string, what: string, expected: string, got: unknown): never => {
  throw new ArgumentError({ where, what, expected, got })
}

/** An integer of at least `least`. @throws ArgumentError */
export function integer(where: string, what: string, value: unknown, least = 1): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
    return refuse(
      where,
      what,
      least === Number.MIN_SAFE_INTEGER ? 'an integer' : `an integer of at least ${least}`,
      value,
    )
  }
  return value
}

/** Any integer, an axis for instance. @throws ArgumentError */
export const anyInteger = (where: string, what: string, value: unknown): number =>
  integer(where, what, value, Number.MIN_SAFE_INTEGER)

/** A finite number in [least, most]. @throws ArgumentError */
export function finite(
  where: string,
  what: string,
  value: unknown,
  least = Number.NEGATIVE_INFINITY,
  most = Number.POSITIVE_INFINITY,
): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least || value > most) {
    const range =
      least === Number.NEGATIVE_INFINITY
        ? ''
        : most === Number.POSITIVE_INFINITY
          ? ` of at least ${least}`
          : ` in [${least}, ${most}]`
    return refuse(where, what, `a finite number${range}`, value)
  }
  return value
}

/** A rate in [0, 1). @throws ArgumentError */
export function rate(where: string, what: string, value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0 && value < 1)) return refuse(where, what, 'a number in [0, 1)', value)
  return value
}

/** @throws ArgumentError unless true or false */
export function flag(where: string, what: string, value: unknown): boolean {
  if (typeof value !== 'boolean') return refuse(where, what, 'true or false', value)
  return value
}

/** One of several names; Keras's snake_case is accepted and resolved to camelCase. @throws ArgumentError */
export function choice<T extends string>(where: string, what: string, value: unknown, choices: readonly T[]): T {
  const name = typeof value === 'string' ? camelCase(value) : value
  const found = choices.find(c => c === name)
  return found ?? refuse(where, what, `one of ${choices.map(c => `'${c}'`).join(', ')}`, value)
}

/** Two integers of at least `least`; one number stands for both. @throws ArgumentError */
export function pair(where: string, what: string, value: unknown, least = 1): readonly [number, number] {
  if (typeof value === 'number') {
    const n = integer(where, what, value, least)
    return [n, n]
  }
  if (!Array.isArray(value) || value.length !== 2) {
    return refuse(where, what, `an integer or two, of at least ${least}`, value)
  }
  return [integer(where, what, value[0], least), integer(where, what, value[1], least)]
}

/** A list of integers of at least `least`. @throws ArgumentError */
export function integers(where: string, what: string, value: unknown, least = 1): readonly number[] {
  if (!Array.isArray(value)) return refuse(where, what, 'a list of integers', value)
  return value.map((v, i) => integer(where, `element ${i} of ${what}`, v, least))
}

/** One axis or several, as given. @throws ArgumentError if it is neither an integer nor a list of distinct ones */
export function axes(where: string, what: string, value: unknown): number | readonly number[] {
  if (!Array.isArray(value)) return anyInteger(where, what, value)
  const list = value.map((v, i) => anyInteger(where, `element ${i} of ${what}`, v))
  if (list.length === 0 || new Set(list).size !== list.length) {
    return refuse(where, what, 'an integer or a list of distinct ones', value)
  }
  return list
}
