// The typed errors of every Strata package. Each names the thing at fault, what was expected and what was got,
// in fields as well as in the message, so that a program can react and a person can read.

/** What an error is about: the argument, tensor or file, the value that was expected, the value that was got. */
export interface ErrorDetails {
  /** The kernel, layer, function or file that refused. */
  readonly where: string
  /** The argument, dimension, tensor or field at fault. */
  readonly what: string
  readonly expected?: unknown
  readonly got?: unknown
  readonly cause?: unknown
}

/** Shows a value in an error message: arrays as shapes, strings quoted, long values cut. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (Array.isArray(value)) return `[${value.map(v => show(v)).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const text = JSON.stringify(value)
    return text === undefined ? String(value) : text.length > 200 ? `${text.slice(0, 200)}...` : text
  }
  return String(value)
}

/** The base of all errors that Strata throws. */
export class StrataError extends Error {
  readonly where: string
  readonly what: string
  readonly expected: unknown
  readonly got: unknown

  constructor(d: ErrorDetails) {
    super(sentence(d), d.cause === undefined ? undefined : { cause: d.cause })
    this.name = new.target.name
    this.where = d.where
    this.what = d.what
    this.expected = d.expected
    this.got = d.got
  }
}

function sentence(d: ErrorDetails): string {
  const expected = 'expected' in d ? [`expected ${text(d.expected)}`] : []
  const got = 'got' in d ? [`got ${show(d.got)}`] : []
  const values = [...expected, ...got].join(', ')
  return `${d.where}: ${d.what}${values === '' ? '' : `: ${values}`}`
}

// Expectations are often written as prose ("a positive integer"): those are not quoted.
const text = (v: unknown): string => (typeof v === 'string' ? v : show(v))

/** An argument, option or attribute has a value that the callee cannot take; also an unknown option. */
export class ArgumentError extends StrataError {}
/** Shapes or ranks do not fit together. */
export class ShapeError extends StrataError {}
/** A tensor has the wrong element type. */
export class DTypeError extends StrataError {}
/** Data that a user gave is empty, out of range, non-finite or inconsistent. */
export class DataError extends StrataError {}
/** A file is unreadable, truncated, of the wrong kind or of an unknown version. */
export class FileError extends StrataError {}
/** A call came at the wrong time: before build or compile, after dispose, while another runs. */
export class StateError extends StrataError {}
/** A buffer is missing, foreign, disposed or of the wrong size for the binding that it was given to. */
export class BindingError extends StrataError {}
/** The backend cannot do what a plan asks: unsupported step, out of memory, lost device. */
export class BackendError extends StrataError {}
/** The user cancelled through an AbortSignal. */
export class CancelledError extends StrataError {}

/**
 * Refuses options that nobody reads (a misspelt argument must not be ignored).
 *
 * @throws ArgumentError naming the option and the known ones; also if `options` is no object, whatever its type says
 * @example checkOptions('Dense', { units: 3 }, ['units', 'activation'])
 */
export function checkOptions(where: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new ArgumentError({ where, what: 'options', expected: 'an object', got: options })
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw new ArgumentError({ where, what: `unknown option '${key}'`, expected: `one of ${known.join(', ')}` })
    }
  }
}
