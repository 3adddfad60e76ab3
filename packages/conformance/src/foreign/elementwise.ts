// Functions of one element that foreign operators name, as scalar expressions.
import { expr as E, ops, type Value } from '@strata/api'

type Expr = ReturnType<typeof E.arg>
type Unary = (x: Expr) => Expr

/** log(1 + e^x) without overflow. */
const softplus: Unary = x => E.add(E.max(x, 0), E.log1p(E.exp(E.neg(E.abs(x)))))

/** Operators without parameters, by the names of WebNN. */
export const UNARY: Readonly<Record<string, Unary>> = {
  abs: E.abs,
  ceil: E.ceil,
  cos: E.cos,
  erf: E.erf,
  exp: E.exp,
  floor: E.floor,
  identity: x => x,
  log: E.log,
  neg: E.neg,
  reciprocal: x => E.div(1, x),
  relu: E.relu,
  roundEven: E.round,
  sigmoid: E.sigmoid,
  sign: E.sign,
  sin: E.sin,
  softplus,
  softsign: x => E.div(x, E.add(1, E.abs(x))),
  sqrt: E.sqrt,
  tanh: E.tanh,
  tan: x => E.div(E.sin(x), E.cos(x)),
  logicalNot: E.not,
  gelu: x => E.mul(E.mul(x, 0.5), E.add(1, E.erf(E.mul(x, Math.SQRT1_2)))),
  hardSwish: x => E.div(E.mul(x, E.clip(E.add(x, 3), 0, 6)), 6),
  mish: x => E.mul(x, E.tanh(softplus(x))),
}

/** Operators with parameters. */
export const leakyRelu =
  (alpha: number): Unary =>
  x =>
    E.select(E.lt(x, 0), E.mul(x, alpha), x)
export const elu =
  (alpha: number, gamma = 1): Unary =>
  x =>
    E.mul(E.select(E.gt(x, 0), x, E.mul(E.expm1(x), alpha)), gamma)
export const celu =
  (alpha: number): Unary =>
  x =>
    E.add(E.max(x, 0), E.min(E.mul(E.expm1(E.div(x, alpha)), alpha), 0))
export const hardSigmoid =
  (alpha: number, beta: number): Unary =>
  x =>
    E.clip(E.add(E.mul(x, alpha), beta), 0, 1)
export const linear =
  (alpha: number, beta: number): Unary =>
  x =>
    E.add(E.mul(x, alpha), beta)
export const thresholdedRelu =
  (alpha: number): Unary =>
  x =>
    E.select(E.gt(x, alpha), x, 0)
export const tanhGelu: Unary = x =>
  E.mul(
    E.mul(x, 0.5),
    E.add(1, E.tanh(E.mul(Math.sqrt(2 / Math.PI), E.add(x, E.mul(0.044715, E.mul(x, E.mul(x, x))))))),
  )

export const applyUnary = (x: Value, f: Unary): Value => ops.elementwise([x], f)
export const prelu = (x: Value, slope: Value): Value =>
  ops.elementwise([x, slope], (v, s) => E.select(E.lt(v, 0), E.mul(v, s), v))

/** Operators of two operands, by the names of WebNN. Operands of comparisons may be integers. */
export const BINARY: Readonly<Record<string, (a: Value, b: Value) => Value>> = {
  add: ops.add,
  sub: ops.sub,
  mul: ops.mul,
  div: ops.div,
  pow: ops.pow,
  max: ops.maximum,
  min: ops.minimum,
}
export const COMPARISONS: Readonly<Record<string, (a: Value, b: Value) => Value>> = {
  equal: ops.equal,
  notEqual: ops.notEqual,
  lesser: ops.less,
  lesserOrEqual: ops.lessEqual,
  greater: ops.greater,
  greaterOrEqual: ops.greaterEqual,
  logicalAnd: ops.logicalAnd,
  logicalOr: ops.logicalOr,
  logicalXor: (a, b) => ops.notEqual(ops.logicalNot(a), ops.logicalNot(b)),
}

/** Reductions, by the end of their names in both dialects. */
export const REDUCTIONS: Readonly<Record<string, (x: Value, axes: readonly number[], keep: boolean) => Value>> = {
  Sum: ops.sum,
  Mean: ops.mean,
  Max: ops.reduceMax,
  Min: ops.reduceMin,
  L1: (x, axes, keep) => ops.sum(ops.abs(x), axes, keep),
  L2: (x, axes, keep) => ops.sqrt(ops.sum(ops.square(x), axes, keep)),
  SumSquare: (x, axes, keep) => ops.sum(ops.square(x), axes, keep),
  LogSum: (x, axes, keep) => ops.log(ops.sum(x, axes, keep)),
  LogSumExp(x, axes, keep) {
    const most = ops.stopGradient(ops.reduceMax(x, axes, true))
    const sum = ops.add(ops.log(ops.sum(ops.exp(ops.sub(x, most)), axes, true)), most)
    return keep ? sum : ops.squeeze(sum, axes)
  },
}
