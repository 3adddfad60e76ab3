// Scalar programs as vector code: four elements at a time, in line. The only translator of this backend: `map`, `reduce`
// and the epilogues of fused kernels use it. Tails go through it too, as vectors with some lanes unused, so that an
// element's bits do not depend on where it lies.
import { constantValue, type Instruction, type ScalarProgram } from '@strata/api/backend'
import * as math from './math/index.js'
import { F32x4, type FunctionBuilder, I32x4, LocalF32x4, type LocalI32x4 } from './wasm/index.js'

type UnaryOp = Exclude<Extract<Instruction, readonly [string, number]>[0], 'in'>
type BinaryOp = Extract<Instruction, readonly [string, number, number]>[0]
type Operand = F32x4
type Mask = I32x4

// Truth values stay lane masks until a number is wanted.
const MASKS: Partial<Record<string, (a: Operand, b: Operand) => Mask>> = {
  lt: (a, b) => a.lt(b),
  le: (a, b) => a.le(b),
  gt: (a, b) => a.gt(b),
  ge: (a, b) => a.ge(b),
  eq: (a, b) => a.eq(b),
  ne: (a, b) => a.ne(b),
}
type MaskOp = 'lt' | 'le' | 'gt' | 'ge' | 'eq' | 'ne' | 'not' | 'and' | 'or'
const isMaskOp = (op: string): op is MaskOp => op in MASKS || op === 'not' || op === 'and' || op === 'or'

const BINARY: { readonly [K in Exclude<BinaryOp, MaskOp | 'pow'>]: (a: F32x4, b: F32x4) => F32x4 } = {
  add: (a, b) => a.add(b),
  sub: (a, b) => a.sub(b),
  mul: (a, b) => a.mul(b),
  div: (a, b) => a.div(b),
  max: (a, b) => a.max(b),
  min: (a, b) => a.min(b),
}

type Unary = (f: FunctionBuilder, x: LocalF32x4) => F32x4
const UNARY: { readonly [K in Exclude<UnaryOp, MaskOp>]: Unary } = {
  neg: (_, x) => x.neg(),
  abs: (_, x) => x.abs(),
  // The sign bit on 1 where x is not 0 (NaN included, whose sign is NaN again by the product).
  sign: (f, x) => {
    const one = f.let(
      x
        .asI32x4()
        .and(I32x4.of(0x80000000 | 0))
        .or(F32x4.of(1).asI32x4())
        .asF32x4(),
    )
    return x.eq(x).select<F32x4>(one.and(x.ne(0)), x)
  },
  floor: (_, x) => x.floor(),
  ceil: (_, x) => x.ceil(),
  round: (_, x) => x.nearest(),
  sqrt: (_, x) => x.sqrt(),
  rsqrt: (_, x) => F32x4.of(1).div(x.sqrt()),
  // `x < 0 ? 0 : x`: NaN stays.
  relu: (_, x) => x.pmax(0),
  exp: math.exp,
  expm1: math.expm1,
  log: math.log,
  log1p: math.log1p,
  tanh: math.tanh,
  sigmoid: math.sigmoid,
  erf: math.erf,
  sin: math.sin,
  cos: math.cos,
}

const operandsOf = (i: Instruction): readonly number[] =>
  i[0] === 'in' || i[0] === 'const' ? [] : (i.slice(1) as readonly number[])

/**
 * Emits the program on `inputs` (four elements each) and returns its outputs as locals or constants, which may be read any
 * number of times in the current scope. An input may be an expression: it is evaluated once, here, if the program reads it.
 *
 * @example
 * const [y] = translate(f, { inputs: 2, code: [['in', 0], ['in', 1], ['add', 0, 1], ['relu', 2]], outs: [3] }, [acc, bias])
 * f.store(p, y)
 */
export function translate(f: FunctionBuilder, program: ScalarProgram, inputs: readonly F32x4[]): F32x4[] {
  const { code, outs } = program
  const uses = new Array<number>(code.length).fill(0)
  // Instructions that no output needs are not emitted.
  const count = (i: number): void => {
    if (uses[i]++ === 0) operandsOf(code[i]).forEach(count)
  }
  outs.forEach(count)

  const read = new Map<number, F32x4>()
  const input = (i: number): F32x4 => {
    let v = read.get(i)
    if (v === undefined) {
      v = keep(inputs[i])
      read.set(i, v)
    }
    return v
  }
  const keep = (v: F32x4): F32x4 => (v instanceof LocalF32x4 || v.constant !== undefined ? v : f.let(v))

  const values: F32x4[] = []
  const masks: (LocalI32x4 | undefined)[] = []
  const value = (i: number): F32x4 => {
    const mask = masks[i]
    return mask === undefined ? values[i] : F32x4.of(1).and(mask)
  }
  const local = (i: number): LocalF32x4 => {
    const v = value(i)
    return v instanceof LocalF32x4 ? v : f.let(v)
  }
  const truth = (i: number): Mask => masks[i] ?? values[i].ne(0)

  code.forEach((instruction, i) => {
    if (uses[i] === 0) return
    const op = instruction[0]
    if (op === 'in') values[i] = input(instruction[1])
    else if (op === 'const') values[i] = F32x4.of(constantValue(instruction[1]))
    else if (op === 'select') {
      values[i] = f.let(truth(instruction[1]).select<F32x4>(value(instruction[2]), value(instruction[3])))
    } else if (isMaskOp(op)) {
      const [a, b] = operandsOf(instruction)
      if (op === 'not') masks[i] = f.let(truth(a).not())
      else if (op === 'and') masks[i] = f.let(truth(a).and(truth(b)))
      else if (op === 'or') masks[i] = f.let(truth(a).or(truth(b)))
      else masks[i] = f.let(MASKS[op]!(value(a), value(b)))
    } else if (op === 'pow') {
      values[i] = f.let(math.pow(f, local(instruction[1]), local(instruction[2])))
    } else if (op in BINARY) {
      const [a, b] = operandsOf(instruction)
      values[i] = f.let(BINARY[op as keyof typeof BINARY](value(a), value(b)))
    } else {
      values[i] = f.let(UNARY[op as keyof typeof UNARY](f, local(operandsOf(instruction)[0])))
    }
  })
  return outs.map(i => keep(value(i)))
}

const COSTLY: Partial<Record<string, number>> = {
  exp: 16,
  expm1: 20,
  log: 24,
  log1p: 32,
  tanh: 32,
  sigmoid: 24,
  erf: 60,
  sin: 40,
  cos: 40,
  pow: 100,
  div: 4,
  sqrt: 4,
  rsqrt: 8,
}
/** Machine operations a vector, roughly: for choosing unrolling and the size of a call. */
export const programCost = (p: ScalarProgram): number => p.code.reduce((n, [op]) => n + (COSTLY[op] ?? 1), 0)
