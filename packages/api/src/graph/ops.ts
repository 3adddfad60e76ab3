// The operations that layers, losses and custom code are written with: thin functions over kernels.
import { ArgumentError, ShapeError } from '../errors.js'
import * as E from '../expr/expr.js'
import { type Expr, toProgram } from '../expr/expr.js'
import type { ScalarProgram } from '../expr/program.js'
import {
  broadcastShapes,
  type DType,
  f32,
  resolveAxes,
  resolveAxis,
  type Shape,
  sameShape,
  sizeOf,
} from '../tensor-spec.js'
import { apply, apply1, constant, isNode, type Value } from './value.js'

export { constant, input } from './value.js'

/**
 * Applies a scalar function element by element, with broadcasting.
 * @example const y = elementwise([x, b], (x, b) => E.relu(E.add(x, b)))
 */
export function elementwise(ins: readonly Value[], f: (...args: Expr[]) => Expr, shape?: Shape): Value {
  return elementwiseAll(ins, (...args) => [f(...args)], shape)[0]
}

/** As `elementwise`, with several results at once (an optimizer's new parameter and new moments). */
export function elementwiseAll(
  ins: readonly Value[],
  f: (...args: Expr[]) => readonly Expr[],
  shape?: Shape,
): readonly Value[] {
  return mapExprs(ins, f(...ins.map((_, i) => E.arg(i))), shape)
}

/** A map of given expressions over inputs `arg(i)`; inputs that no expression reads are dropped. */
export function mapExprs(ins: readonly Value[], outs: readonly Expr[], shape?: Shape): readonly Value[] {
  const out = shape ?? broadcastShapes('map', ...ins.map(v => v.shape))
  const { used, exprs } = dropUnused(ins, outs)
  return apply('map', used, { shape: out, program: toProgram(used.length, exprs) })
}

/** Keeps the inputs that are read, each once. */
function dropUnused(ins: readonly Value[], outs: readonly Expr[]): { used: Value[]; exprs: Expr[] } {
  const used: Value[] = []
  const renumber = new Map<number, number>()
  for (const i of E.inputsOf(outs)) {
    let j = used.indexOf(ins[i])
    if (j < 0) j = used.push(ins[i]) - 1
    renumber.set(i, j)
  }
  const exprs = E.rewrite(outs, e => (e.op === 'in' ? E.arg(renumber.get(e.value)!) : undefined))
  return { used, exprs }
}

/** A tensor of one value. */
export const fill = (shape: Shape, value: number): Value => mapExprs([], [E.constant(value)], shape)[0]

const binary =
  (f: (a: Expr, b: Expr) => Expr) =>
  (a: Value | number, b: Value | number): Value => {
    if (typeof a === 'number' && typeof b === 'number')
      return elementwise([], () => f(E.constant(a), E.constant(b)), [])
    if (typeof a === 'number') return elementwise([b as Value], y => f(E.constant(a), y))
    if (typeof b === 'number') return elementwise([a], x => f(x, E.constant(b)))
    return elementwise([a, b], f)
  }
const unary =
  (f: (a: Expr) => Expr) =>
  (a: Value): Value =>
    elementwise([a], f)

export const add = binary(E.add)
export const sub = binary(E.sub)
export const mul = binary(E.mul)
export const div = binary(E.div)
export const pow = binary(E.pow)
export const maximum = binary(E.max)
export const minimum = binary(E.min)
export const equal = binary(E.eq)
export const notEqual = binary(E.ne)
export const less = binary(E.lt)
export const lessEqual = binary(E.le)
export const greater = binary(E.gt)
export const greaterEqual = binary(E.ge)
export const logicalAnd = binary(E.and)
export const logicalOr = binary(E.or)
export const neg = unary(E.neg)
export const abs = unary(E.abs)
export const sign = unary(E.sign)
export const square = unary(E.square)
export const sqrt = unary(E.sqrt)
export const rsqrt = unary(E.rsqrt)
export const exp = unary(E.exp)
export const log = unary(E.log)
export const log1p = unary(E.log1p)
export const expm1 = unary(E.expm1)
export const tanh = unary(E.tanh)
export const sigmoid = unary(E.sigmoid)
export const erf = unary(E.erf)
export const sin = unary(E.sin)
export const cos = unary(E.cos)
export const relu = unary(E.relu)
export const floor = unary(E.floor)
export const ceil = unary(E.ceil)
export const round = unary(E.round)
export const logicalNot = unary(E.not)

/** a where c is not 0, else b; all broadcast. */
export const where = (c: Value, a: Value | number, b: Value | number): Value => {
  const ins = [c, a, b].filter((v): v is Value => typeof v !== 'number')
  return elementwise(ins, (...args) => {
    let i = 0
    const next = (v: Value | number): Expr => (typeof v === 'number' ? E.constant(v) : args[i++])
    return E.select(next(c), next(a), next(b))
  })
}
/** Clips to [lo, hi]; NaN stays; the gradient at the bounds is 1. */
export const clip = (x: Value, lo: number, hi: number): Value => elementwise([x], v => E.clip(v, lo, hi))
/** x repeated to `shape`. */
export const broadcastTo = (x: Value, shape: Shape): Value =>
  sameShape(x.shape, shape) ? x : elementwise([x], v => v, shape)
/** x, through which no gradient flows. */
export const stopGradient = (x: Value): Value => apply1('copy', [x], {})

type Axes = number | readonly number[] | null

/** Reduces scalar functions of broadcast inputs: `reduceMap('sum', [x, y], (x, y) => [E.mul(x, y)], [0], false)`. */
export function reduceMap(
  op: 'sum' | 'max' | 'min',
  ins: readonly Value[],
  f: (...args: Expr[]) => readonly Expr[],
  axes: Axes,
  keepdims: boolean,
): readonly Value[] {
  const shape = broadcastShapes('reduce', ...ins.map(v => v.shape))
  const { used, exprs } = dropUnused(ins, f(...ins.map((_, i) => E.arg(i))))
  const program = toProgram(used.length, exprs)
  return apply('reduce', used, { op, shape, program, axes: resolveAxes('reduce', axes, shape.length), keepdims })
}
const reduction =
  (op: 'sum' | 'max' | 'min') =>
  (x: Value, axes: Axes = null, keepdims = false): Value =>
    reduceMap(op, [x], v => [v], axes, keepdims)[0]

export const sum = reduction('sum')
export const reduceMax = reduction('max')
export const reduceMin = reduction('min')
/** Arithmetic mean over `axes` (null: all). */
export function mean(x: Value, axes: Axes = null, keepdims = false): Value {
  const s = sum(x, axes, keepdims)
  return div(s, sizeOf(x.shape) / sizeOf(s.shape))
}
/** Population mean and variance over `axes`, reduced dimensions kept as 1. */
export function moments(x: Value, axes: Axes): { mean: Value; variance: Value } {
  const [m, v] = apply('moments', [x], { axes: resolveAxes('moments', axes, x.rank) })
  return { mean: m, variance: v }
}
/** Sums `x` over the dimensions in which `shape` was broadcast to x's shape. */
export function sumTo(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x
  const lead = x.rank - shape.length
  const axes = x.shape.flatMap((d, i) => (i < lead || (shape[i - lead] === 1 && d !== 1) ? [i] : []))
  return reshape(sum(x, axes, false), shape)
}

/** The same elements in another shape; one dimension may be -1. @throws ShapeError if the sizes differ */
export function reshape(x: Value, shape: Shape): Value {
  const unknown = shape.indexOf(-1)
  const known = sizeOf(shape.filter(d => d !== -1))
  const full = unknown < 0 ? [...shape] : shape.map(d => (d === -1 ? sizeOf(x.shape) / known : d))
  if (full.filter(d => !Number.isInteger(d) || d < 0).length > 0 || sizeOf(full) !== sizeOf(x.shape)) {
    throw new ShapeError({
      where: 'reshape',
      what: `shape does not hold ${sizeOf(x.shape)} elements`,
      expected: [...x.shape],
      got: [...shape],
    })
  }
  return sameShape(full, x.shape) ? x : apply1('reshape', [x], { shape: full })
}
export const expandDims = (x: Value, axis: number): Value => {
  const a = resolveAxis('expandDims', axis, x.rank + 1)
  return reshape(x, [...x.shape.slice(0, a), 1, ...x.shape.slice(a)])
}
/** Removes dimensions of size 1. */
export function squeeze(x: Value, axes: Axes): Value {
  const drop = resolveAxes('squeeze', axes, x.rank).filter(a => axes !== null || x.shape[a] === 1)
  for (const a of drop) {
    if (x.shape[a] !== 1)
      throw new ShapeError({ where: 'squeeze', what: `dimension ${a}`, expected: 1, got: x.shape[a] })
  }
  return reshape(
    x,
    x.shape.filter((_, i) => !drop.includes(i)),
  )
}
/** Reorders dimensions: output dimension i is input dimension perm[i]. */
export function transpose(x: Value, perm?: readonly number[]): Value {
  const p = perm ?? x.shape.map((_, i) => x.rank - 1 - i)
  return p.every((d, i) => d === i) && p.length === x.rank ? x : apply1('transpose', [x], { perm: p })
}
export function slice(x: Value, begin: readonly number[], size: readonly number[], strides?: readonly number[]): Value {
  return apply1('slice', [x], { begin, size, strides: strides ?? begin.map(() => 1) })
}
/** `size` consecutive elements along one axis. */
export function sliceAxis(x: Value, axis: number, begin: number, size: number): Value {
  const a = resolveAxis('slice', axis, x.rank)
  return slice(
    x,
    x.shape.map((_, i) => (i === a ? begin : 0)),
    x.shape.map((d, i) => (i === a ? size : d)),
  )
}
export const pad = (x: Value, padding: readonly (readonly [number, number])[], value = 0): Value =>
  padding.every(([a, b]) => a === 0 && b === 0) ? x : apply1('pad', [x], { padding, value })
export const concat = (xs: readonly Value[], axis: number): Value => {
  if (xs.length === 0)
    throw new ArgumentError({ where: 'concat', what: 'number of inputs', expected: 'at least 1', got: 0 })
  return xs.length === 1 ? xs[0] : apply1('concat', xs, { axis: resolveAxis('concat', axis, xs[0].rank) })
}
/** Matrix product over the last two dimensions; leading dimensions are equal. */
export const matmul = (a: Value, b: Value, { transposeA = false, transposeB = false } = {}): Value =>
  apply1('matmul', [a, b], { transposeA, transposeB })
export const gather = (x: Value, indices: Value, axis: number): Value =>
  apply1('gather', [x, indices], { axis: resolveAxis('gather', axis, x.rank) })
export const argmax = (x: Value, axis: number): Value =>
  apply1('argmax', [x], { axis: resolveAxis('argmax', axis, x.rank) })
export const cast = (x: Value, dtype: DType): Value => (x.spec.dtype === dtype ? x : apply1('cast', [x], { dtype }))
/** Rows of `classes` values, 1 at each label. Labels out of range give zeros. labels: int32 or whole float32. */
export function oneHot(labels: Value, classes: number): Value {
  const ids = constant(
    Array.from({ length: classes }, (_, i) => i),
    f32([classes]),
  )
  return elementwise([expandDims(labels, -1), ids], E.eq)
}

const channelsLast = (rank: number): number[] => Array.from({ length: rank }, (_, i) => i)
/** Softmax over one or several axes. */
export function softmax(x: Value, axis: number | readonly number[] = -1): Value {
  const axes = resolveAxes('softmax', axis, x.rank)
  const rest = channelsLast(x.rank).filter(i => !axes.includes(i))
  const perm = [...rest, ...axes]
  const moved = transpose(x, perm)
  const rows = reshape(moved, [...rest.map(i => x.shape[i]), sizeOf(axes.map(i => x.shape[i]))])
  const y = apply1('softmax', [rows], {})
  const inverse = perm.map((_, i) => perm.indexOf(i))
  return transpose(reshape(y, moved.shape), inverse)
}
/** log(softmax(x)) along an axis, without overflow. */
export function logSoftmax(x: Value, axis = -1): Value {
  const shifted = sub(x, stopGradient(reduceMax(x, axis, true)))
  return sub(shifted, log(sum(exp(shifted), axis, true)))
}

/** The logits of a value that is a softmax over its last axis, else null: losses are computed from logits where they exist. */
export function softmaxLogits(y: Value): Value | null {
  const p = y.producer
  if (!isNode(p)) return null
  if (p.kernel === 'softmax') return p.ins[0]
  // Flatten or Reshape after the softmax that keeps the last dimension.
  if (p.kernel === 'reshape' && p.ins[0].shape.at(-1) === y.shape.at(-1)) {
    const inner = softmaxLogits(p.ins[0])
    return inner === null ? null : reshape(inner, y.shape)
  }
  return null
}
/** The logits of a value that is a sigmoid, else null. */
export function sigmoidLogits(y: Value): Value | null {
  const p = y.producer
  if (!isNode(p)) return null
  if (p.kernel === 'reshape') {
    const inner = sigmoidLogits(p.ins[0])
    return inner === null ? null : reshape(inner, y.shape)
  }
  if (p.kernel !== 'map') return null
  const { code, outs } = (p.attrs as { program: { code: readonly (readonly unknown[])[]; outs: readonly number[] } })
    .program
  return code.length === 2 && outs.length === 1 && code[outs[0]][0] === 'sigmoid' ? p.ins[0] : null
}

/** A map of a given program. */
export const mapProgram = (ins: readonly Value[], program: ScalarProgram, shape: Shape): readonly Value[] =>
  apply('map', ins, { shape, program })
