// ScalarProgram: what a `map` or `reduce` computes for one element, as a flat list of instructions. It is plain JSON, so
// that it travels inside a plan; each backend translates it to its own language and the oracle interprets it.

/** Unary instructions. `relu` and `sigmoid` are primitive because their derivatives are written from the output. */
export const UNARY_OPS = [
  'neg',
  'abs',
  'sign',
  'floor',
  'ceil',
  'round',
  'sqrt',
  'rsqrt',
  'exp',
  'expm1',
  'log',
  'log1p',
  'tanh',
  'sigmoid',
  'erf',
  'sin',
  'cos',
  'relu',
  'not',
] as const
/** Binary instructions; comparisons and `and`/`or` give 1 or 0. `max`/`min` return NaN if either side is NaN. */
export const BINARY_OPS = [
  'add',
  'sub',
  'mul',
  'div',
  'max',
  'min',
  'pow',
  'lt',
  'le',
  'gt',
  'ge',
  'eq',
  'ne',
  'and',
  'or',
] as const

export type UnaryOp = (typeof UNARY_OPS)[number]
export type BinaryOp = (typeof BINARY_OPS)[number]

/**
 * One instruction; number operands are indices of earlier instructions.
 * `select` is [c, a, b]: a where c is not 0, else b. `round` goes to even. `sign(0)` is 0. `not` is 1 where the operand is 0.
 * Constants are float64 here and rounded to float32 by a backend; a non-finite one is written as a string.
 */
export type Instruction =
  | readonly ['in', number]
  | readonly ['const', number | 'Infinity' | '-Infinity' | 'NaN']
  | readonly [UnaryOp, number]
  | readonly [BinaryOp, number, number]
  | readonly ['select', number, number, number]

/**
 * A straight-line program from `inputs` scalars to `outs.length` scalars.
 * @example { inputs: 2, code: [['in', 0], ['in', 1], ['add', 0, 1], ['relu', 2]], outs: [3] } // relu(x + b)
 */
export interface ScalarProgram {
  readonly inputs: number
  readonly code: readonly Instruction[]
  readonly outs: readonly number[]
}

/** The numeric value of a `const` instruction's operand. */
export const constantValue = (v: number | string): number => Number(v)

/** The program that returns its only input. */
export const IDENTITY: ScalarProgram = { inputs: 1, code: [['in', 0]], outs: [0] }

export const isIdentity = (p: ScalarProgram): boolean =>
  p.inputs === 1 && p.outs.length === 1 && p.code[p.outs[0]][0] === 'in'
