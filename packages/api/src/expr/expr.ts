// Scalar expressions: how activations, losses, optimizer updates and epilogues are written. Expressions are hash-consed
// (equal ones are one object), so that derivatives and fusion can compare them by identity.
import type { BinaryOp, Instruction, ScalarProgram, UnaryOp } from './program.js'
import { constantValue } from './program.js'

export type ExprOp = 'in' | 'const' | UnaryOp | BinaryOp | 'select'

/** A node of a scalar expression; make it with the functions below, never directly. */
export interface Expr {
  readonly id: number
  readonly op: ExprOp
  /** Input index or constant; 0 for the others. */
  readonly value: number
  readonly args: readonly Expr[]
}

const table = new Map<string, WeakRef<Expr>>()
let nextId = 0
const cleanup = new FinalizationRegistry<string>(key => {
  if (table.get(key)?.deref() === undefined) table.delete(key)
})

function intern(op: ExprOp, value: number, args: readonly Expr[]): Expr {
  // Object.is distinguishes -0 in constants.
  const key = `${op}|${Object.is(value, -0) ? '-0' : value}|${args.map(a => a.id).join(',')}`
  const known = table.get(key)?.deref()
  if (known !== undefined) return known
  const made: Expr = { id: nextId++, op, value, args }
  table.set(key, new WeakRef(made))
  cleanup.register(made, key)
  return made
}

type Operand = Expr | number
const expr = (x: Operand): Expr => (typeof x === 'number' ? constant(x) : x)
const isConst = (e: Expr, v?: number): boolean => e.op === 'const' && (v === undefined || Object.is(e.value, v))

/** The i-th input of the program. */
export const arg = (i: number): Expr => intern('in', i, [])
export const constant = (v: number): Expr => intern('const', v, [])

const unary =
  (op: UnaryOp) =>
  (a: Operand): Expr =>
    intern(op, 0, [expr(a)])
const binary =
  (op: BinaryOp) =>
  (a: Operand, b: Operand): Expr =>
    intern(op, 0, [expr(a), expr(b)])

export const abs = unary('abs')
export const sign = unary('sign')
export const floor = unary('floor')
export const ceil = unary('ceil')
export const round = unary('round')
export const sqrt = unary('sqrt')
export const rsqrt = unary('rsqrt')
export const exp = unary('exp')
export const expm1 = unary('expm1')
export const log = unary('log')
export const log1p = unary('log1p')
export const tanh = unary('tanh')
export const sigmoid = unary('sigmoid')
export const erf = unary('erf')
export const sin = unary('sin')
export const cos = unary('cos')
export const relu = unary('relu')
export const not = unary('not')
export const max = binary('max')
export const min = binary('min')
export const lt = binary('lt')
export const le = binary('le')
export const gt = binary('gt')
export const ge = binary('ge')
export const eq = binary('eq')
export const ne = binary('ne')
export const and = binary('and')
export const or = binary('or')

export function neg(a: Operand): Expr {
  const x = expr(a)
  if (isConst(x)) return constant(-x.value)
  if (x.op === 'neg') return x.args[0]
  return intern('neg', 0, [x])
}

// Only rewrites that keep every bit (NaN, infinities and signed zeros aside, which equal 0 here): no reassociation. Products
// with 0 vanish because a derivative's dead branch must not cost work; an infinite factor there is the gradient of a
// point where the function does not exist.
export function add(a: Operand, b: Operand): Expr {
  const [x, y] = [expr(a), expr(b)]
  if (isConst(x, 0)) return y
  if (isConst(y, 0)) return x
  if (isConst(x) && isConst(y)) return constant(x.value + y.value)
  if (y.op === 'neg') return sub(x, y.args[0])
  return intern('add', 0, [x, y])
}
export function sub(a: Operand, b: Operand): Expr {
  const [x, y] = [expr(a), expr(b)]
  if (isConst(y, 0)) return x
  if (isConst(x, 0)) return neg(y)
  if (isConst(x) && isConst(y)) return constant(x.value - y.value)
  return intern('sub', 0, [x, y])
}
export function mul(a: Operand, b: Operand): Expr {
  const [x, y] = [expr(a), expr(b)]
  if (isConst(x, 0) || isConst(y, 0)) return constant(0)
  if (isConst(x, 1)) return y
  if (isConst(y, 1)) return x
  if (isConst(x, -1)) return neg(y)
  if (isConst(y, -1)) return neg(x)
  if (isConst(x) && isConst(y)) return constant(x.value * y.value)
  return intern('mul', 0, [x, y])
}
export function div(a: Operand, b: Operand): Expr {
  const [x, y] = [expr(a), expr(b)]
  if (isConst(y, 1)) return x
  if (isConst(x, 0)) return constant(0)
  if (isConst(x) && isConst(y)) return constant(x.value / y.value)
  return intern('div', 0, [x, y])
}
export function pow(a: Operand, b: Operand): Expr {
  const [x, y] = [expr(a), expr(b)]
  if (isConst(y, 1)) return x
  if (isConst(y, 2)) return mul(x, x)
  if (isConst(y, 0.5)) return sqrt(x)
  return intern('pow', 0, [x, y])
}
export const square = (a: Operand): Expr => mul(a, a)

/** `a` where c is not 0, else `b`. Not a blend: the other side may be NaN. */
export function select(c: Operand, a: Operand, b: Operand): Expr {
  const [x, y, z] = [expr(c), expr(a), expr(b)]
  if (isConst(x)) return x.value !== 0 ? y : z
  if (y === z) return y
  return intern('select', 0, [x, y, z])
}

/** Clips to [lo, hi]; NaN stays; the gradient at the bounds is 1. */
export const clip = (a: Operand, lo: number, hi: number): Expr => select(lt(a, lo), lo, select(gt(a, hi), hi, a))

/** Makes any expression from its parts, through the simplifying constructors. */
export function make(op: ExprOp, value: number, args: readonly Expr[]): Expr {
  switch (op) {
    case 'in':
      return arg(value)
    case 'const':
      return constant(value)
    case 'neg':
      return neg(args[0])
    case 'add':
      return add(args[0], args[1])
    case 'sub':
      return sub(args[0], args[1])
    case 'mul':
      return mul(args[0], args[1])
    case 'div':
      return div(args[0], args[1])
    case 'pow':
      return pow(args[0], args[1])
    case 'select':
      return select(args[0], args[1], args[2])
    default:
      return intern(op, 0, args)
  }
}

/** Rebuilds `roots` with `replace` consulted first at every node (return undefined to descend). */
export function rewrite(roots: readonly Expr[], replace: (e: Expr) => Expr | undefined): Expr[] {
  const done = new Map<Expr, Expr>()
  const visit = (e: Expr): Expr => {
    const known = done.get(e)
    if (known !== undefined) return known
    const r = replace(e) ?? (e.args.length === 0 ? e : make(e.op, e.value, e.args.map(visit)))
    done.set(e, r)
    return r
  }
  return roots.map(visit)
}

/** The distinct input indices that the expressions read, ascending. */
export function inputsOf(roots: readonly Expr[]): number[] {
  const found = new Set<number>()
  const seen = new Set<Expr>()
  const visit = (e: Expr): void => {
    if (seen.has(e)) return
    seen.add(e)
    if (e.op === 'in') found.add(e.value)
    e.args.forEach(visit)
  }
  roots.forEach(visit)
  return [...found].sort((a, b) => a - b)
}

/** Flattens expressions into a program of `inputs` inputs, in a deterministic order. */
export function toProgram(inputs: number, outs: readonly Expr[]): ScalarProgram {
  const code: Instruction[] = []
  const index = new Map<Expr, number>()
  const visit = (e: Expr): number => {
    const known = index.get(e)
    if (known !== undefined) return known
    const args = e.args.map(visit)
    code.push(instruction(e, args))
    index.set(e, code.length - 1)
    return code.length - 1
  }
  const roots = outs.map(visit)
  return { inputs, code, outs: roots }
}

function instruction(e: Expr, args: readonly number[]): Instruction {
  switch (e.op) {
    case 'in':
      return ['in', e.value]
    case 'const':
      return ['const', Number.isFinite(e.value) ? e.value : (String(e.value) as 'Infinity' | '-Infinity' | 'NaN')]
    case 'select':
      return ['select', args[0], args[1], args[2]]
    default:
      return args.length === 1 ? [e.op as UnaryOp, args[0]] : [e.op as BinaryOp, args[0], args[1]]
  }
}

/** The expressions of a program's outputs, its inputs replaced by `inputs` (default: `arg(i)`). */
export function fromProgram(p: ScalarProgram, inputs?: readonly Expr[]): Expr[] {
  const made: Expr[] = []
  for (const ins of p.code) {
    if (ins[0] === 'in') made.push(inputs === undefined ? arg(ins[1]) : inputs[ins[1]])
    else if (ins[0] === 'const') made.push(constant(constantValue(ins[1])))
    else
      made.push(
        make(
          ins[0],
          0,
          (ins.slice(1) as number[]).map(i => made[i]),
        ),
      )
  }
  return p.outs.map(i => made[i])
}
