// ONNX operators as graphs of ours. Source: the operator schemas of the ONNX project (Operators.md).
import { constant, ops, type Value } from '@strata/api'
import { broadcastShapes } from '@strata/api/backend'
import { Unmapped } from './case.js'
import {
  applyUnary,
  BINARY,
  COMPARISONS,
  celu,
  elu,
  hardSigmoid,
  leakyRelu,
  linear,
  prelu,
  REDUCTIONS,
  tanhGelu,
  thresholdedRelu,
  UNARY,
} from './elementwise.js'
import { IMAGE_OPERATORS, tensorAttribute } from './onnx-images.js'
import { ONNX_DTYPES } from './onnx-proto.js'
import { axisOf, type Call, dtypeOf, elementsIn, type Operator, type Operators, specOfTensor } from './scope.js'
import { broadcast, extreme, gathered, gemm, product, sliced, split } from './shaping.js'

const unary =
  (name: keyof typeof UNARY): Operator =>
  c =>
    applyUnary(c.real(0), UNARY[name])
const binary =
  (name: keyof typeof BINARY): Operator =>
  c =>
    BINARY[name](c.real(0), c.real(1))
const comparison =
  (name: keyof typeof COMPARISONS): Operator =>
  c =>
    COMPARISONS[name](c.in(0), c.in(1))
/** Any number of operands. */
const folded =
  (f: (a: Value, b: Value) => Value): Operator =>
  c =>
    c.reals.reduce(f)

/** Axes as an input (later versions) or as an attribute; empty: all, or none. */
function axesOf(c: Call, i: number, rank: number): readonly number[] {
  const axes = c.data(i, 'axes') ?? c.numbers('axes') ?? []
  if (axes.length > 0) return axes.map(a => axisOf(a, rank))
  return c.number('noop_with_empty_axes', 0) === 1 ? [] : Array.from({ length: rank }, (_, d) => d)
}

const reduction =
  (name: keyof typeof REDUCTIONS): Operator =>
  c => {
    const x = c.real(0)
    return REDUCTIONS[name](x, axesOf(c, 1, x.rank), c.number('keepdims', 1) === 1)
  }

/** Softmax 13 works along an axis; earlier versions along all axes from it on. */
function softmaxAxes(c: Call, x: Value): readonly number[] {
  const late = c.scope.version >= 13
  const axis = axisOf(c.number('axis', late ? -1 : 1), x.rank)
  return late ? [axis] : x.shape.map((_, i) => i).slice(axis)
}

function logSoftmax(c: Call): Value {
  const x = c.real(0)
  const axes = softmaxAxes(c, x)
  const shifted = ops.sub(x, ops.reduceMax(x, axes, true))
  return ops.sub(shifted, ops.log(ops.sum(ops.exp(shifted), axes, true)))
}

function clip(c: Call): Value {
  const low = c.data(1, 'min')?.[0] ?? c.number('min', Number.NEGATIVE_INFINITY)
  const high = c.data(2, 'max')?.[0] ?? c.number('max', Number.POSITIVE_INFINITY)
  return ops.minimum(ops.maximum(c.real(0), low), high)
}

function reshape(c: Call): Value {
  const x = c.in(0)
  const stated = c.data(1, 'shape') ?? c.numbers('shape')
  if (stated === undefined) throw new Unmapped('no shape')
  const keep = c.number('allowzero', 0) === 0
  return ops.reshape(
    x,
    stated.map((d, i) => (d === 0 && keep ? x.shape[i] : d)),
  )
}

function pad(c: Call): Value {
  c.only('mode', 'constant')
  const x = c.real(0)
  const pads = c.data(1, 'pads') ?? c.numbers('pads') ?? c.numbers('paddings') ?? []
  const axes = (c.data(3, 'axes') ?? x.shape.map((_, i) => i)).map(a => axisOf(a, x.rank))
  const value = c.data(2, 'constant_value')?.[0] ?? c.number('value', 0)
  const padding = x.shape.map((_, i): [number, number] => {
    const at = axes.indexOf(i)
    return at < 0 ? [0, 0] : [pads[at], pads[axes.length + at]]
  })
  if (padding.flat().some(n => n < 0)) throw new Unmapped('negative padding')
  return ops.pad(x, padding, value)
}

function slice(c: Call): Value {
  const x = c.in(0)
  const starts = c.data(1, 'starts') ?? c.numbers('starts') ?? []
  const ends = c.data(2, 'ends') ?? c.numbers('ends') ?? []
  const axes = c.data(3, 'axes') ?? c.numbers('axes') ?? starts.map((_, i) => i)
  return sliced(x, starts, ends, axes, c.data(4, 'steps') ?? starts.map(() => 1))
}

function splitOf(c: Call): Value[] {
  const x = c.in(0)
  const axis = axisOf(c.number('axis', 0), x.rank)
  const parts = c.node.outputs.length
  const even = Math.ceil(x.shape[axis] / parts)
  const equal = Array.from({ length: parts }, (_, i) => Math.min(even, x.shape[axis] - i * even))
  return split(x, axis, c.data(1, 'split') ?? c.numbers('split') ?? equal)
}

function squeeze(c: Call): Value {
  const axes = c.data(1, 'axes') ?? c.numbers('axes')
  return ops.squeeze(c.in(0), axes === undefined ? null : axes)
}

function unsqueeze(c: Call): Value {
  const x = c.in(0)
  const list = c.data(1, 'axes') ?? c.numbers('axes') ?? []
  const axes = list.map(a => axisOf(a, x.rank + list.length)).sort((a, b) => a - b)
  return axes.reduce((v, a) => ops.expandDims(v, a), x)
}

/** Arg extremes: the first of equals, unless the last is asked for. */
const argExtreme =
  (kind: 'max' | 'min'): Operator =>
  c => {
    c.only('select_last_index', 0)
    return extreme(c.real(0), kind, c.number('axis', 0), c.number('keepdims', 1) === 1)
  }

function cast(c: Call): Value {
  const to = ONNX_DTYPES[c.number('to', 0)] ?? 'an unknown type'
  const x = c.in(0)
  if (to === 'bool') return ops.notEqual(x, 0)
  if (to === 'uint8' || to === 'int8') throw new Unmapped(`a cast to ${to}`)
  return ops.cast(x, dtypeOf(to))
}

function constantOf(c: Call): Value {
  const tensor = tensorAttribute(c, 'value')
  if (tensor !== undefined) return constant([...tensor.data], specOfTensor(tensor))
  for (const [name, dtype] of [
    ['value_float', 'float32'],
    ['value_int', 'int32'],
  ] as const) {
    const one = c.node.attrs[name]
    if (typeof one === 'number') return constant([one], { shape: [], dtype })
    const list = c.numbers(`${name}s`)
    if (list !== undefined) return constant(list, { shape: [list.length], dtype })
  }
  throw new Unmapped('a constant of another kind')
}

const POINTWISE: Operators = {
  ...Object.fromEntries(
    (
      [
        ['Abs', 'abs'],
        ['Ceil', 'ceil'],
        ['Cos', 'cos'],
        ['Erf', 'erf'],
        ['Exp', 'exp'],
        ['Floor', 'floor'],
        ['Log', 'log'],
        ['Neg', 'neg'],
        ['Reciprocal', 'reciprocal'],
        ['Relu', 'relu'],
        ['Round', 'roundEven'],
        ['Sigmoid', 'sigmoid'],
        ['Sign', 'sign'],
        ['Sin', 'sin'],
        ['Softplus', 'softplus'],
        ['Softsign', 'softsign'],
        ['Sqrt', 'sqrt'],
        ['Tan', 'tan'],
        ['Tanh', 'tanh'],
        ['Mish', 'mish'],
        ['Not', 'logicalNot'],
      ] as const
    ).map(([theirs, ours]) => [theirs, unary(ours)]),
  ),
  Identity: c => c.in(0),
  Dropout: c => {
    if (c.has(2) && c.data(2, 'training_mode')?.[0] !== 0) throw new Unmapped('dropout in training')
    if (c.node.outputs.length > 1) throw new Unmapped('the mask of dropout')
    return c.in(0)
  },
  Gelu: c => applyUnary(c.real(0), c.text('approximate', 'none') === 'tanh' ? tanhGelu : UNARY.gelu),
  LeakyRelu: c => applyUnary(c.real(0), leakyRelu(c.number('alpha', 0.01))),
  Elu: c => applyUnary(c.real(0), elu(c.number('alpha', 1))),
  Selu: c => applyUnary(c.real(0), elu(c.number('alpha', 1.6732632423543772), c.number('gamma', 1.0507009873554805))),
  Celu: c => applyUnary(c.real(0), celu(c.number('alpha', 1))),
  HardSigmoid: c => applyUnary(c.real(0), hardSigmoid(c.number('alpha', 0.2), c.number('beta', 0.5))),
  HardSwish: c => ops.mul(c.real(0), applyUnary(c.real(0), hardSigmoid(1 / 6, 0.5))),
  ThresholdedRelu: c => applyUnary(c.real(0), thresholdedRelu(c.number('alpha', 1))),
  PRelu: c => prelu(c.real(0), c.real(1)),
  Clip: clip,
  Add: binary('add'),
  Sub: binary('sub'),
  Mul: binary('mul'),
  Div: binary('div'),
  Pow: binary('pow'),
  Max: folded(ops.maximum),
  Min: folded(ops.minimum),
  Sum: folded(ops.add),
  Mean: c =>
    applyUnary(
      c.reals.reduce((a, b) => ops.add(a, b)),
      linear(1 / c.node.inputs.length, 0),
    ),
  Equal: comparison('equal'),
  Less: comparison('lesser'),
  LessOrEqual: comparison('lesserOrEqual'),
  Greater: comparison('greater'),
  GreaterOrEqual: comparison('greaterOrEqual'),
  And: comparison('logicalAnd'),
  Or: comparison('logicalOr'),
  Xor: comparison('logicalXor'),
  Where: c => ops.where(c.in(0), c.real(1), c.real(2)),
}

/** Every mapped operator. */
export const ONNX_OPERATORS: Operators = {
  ...POINTWISE,
  ...IMAGE_OPERATORS,
  ...Object.fromEntries(Object.keys(REDUCTIONS).map(name => [`Reduce${name}`, reduction(name)])),
  MatMul: c => product(c.real(0), c.real(1)),
  Gemm: c =>
    gemm(c.real(0), c.real(1), c.has(2) ? c.real(2) : null, {
      alpha: c.number('alpha', 1),
      beta: c.number('beta', 1),
      transposeA: c.number('transA', 0) === 1,
      transposeB: c.number('transB', 0) === 1,
    }),
  Softmax: c => ops.softmax(c.real(0), softmaxAxes(c, c.real(0))),
  LogSoftmax: logSoftmax,
  Transpose: c => ops.transpose(c.in(0), c.numbers('perm')),
  Reshape: reshape,
  Flatten(c) {
    const x = c.in(0)
    const axis = axisOf(c.number('axis', 1), x.rank)
    return ops.reshape(x, [elementsIn(x.shape.slice(0, axis)), elementsIn(x.shape.slice(axis))])
  },
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Concat: c =>
    ops.concat(
      c.node.inputs.map((_, i) => c.in(i)),
      c.number('axis', 0),
    ),
  Split: splitOf,
  Slice: slice,
  Pad: pad,
  Gather: c => gathered(c.in(0), c.in(1), c.number('axis', 0)),
  ArgMax: argExtreme('max'),
  ArgMin: argExtreme('min'),
  Cast: cast,
  Constant: constantOf,
  Shape(c) {
    const { shape, rank } = c.in(0)
    const end = c.number('end', rank)
    const part = shape.slice(c.number('start', 0), end)
    return constant(part, { shape: [part.length], dtype: 'int32' })
  },
  Expand(c) {
    const x = c.in(0)
    return broadcast(x, broadcastShapes('Expand', x.shape, c.data(1, 'shape') ?? []))
  },
}
