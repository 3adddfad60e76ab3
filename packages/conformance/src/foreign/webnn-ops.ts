// WebNN operators as graphs of ours. Source: Web Neural Network API, W3C Candidate Recommendation, "MLGraphBuilder".
import { ops, type Value } from '@strata/api'
import { Unmapped } from './case.js'
import {
  applyUnary,
  BINARY,
  COMPARISONS,
  elu,
  hardSigmoid,
  leakyRelu,
  linear,
  prelu,
  REDUCTIONS,
  UNARY,
} from './elementwise.js'
import { type Convolution, convolution, pooling, resampling, transposedConvolution } from './images.js'
import { axisOf, type Call, dtypeOf, type Operator, type Operators } from './scope.js'
import { along, broadcast, extreme, gathered, gemm, normalized, product, split } from './shaping.js'

type Pair = readonly [number, number]

function pair(c: Call, name: string, otherwise: Pair): Pair {
  const list = c.numbers(name) ?? otherwise
  if (list.length !== 2) throw new Unmapped(`${name} of ${list.length} numbers`)
  return [list[0], list[1]]
}

/** WebNN's padding is ours: [top, bottom, left, right]. */
function padding(c: Call): readonly [number, number, number, number] {
  const [top, bottom, left, right] = c.numbers('padding') ?? [0, 0, 0, 0]
  return [top, bottom, left, right]
}

const convOptions = (c: Call, filterLayout: string): Convolution => ({
  layout: c.text('inputLayout', 'nchw'),
  filterLayout: c.text('filterLayout', filterLayout),
  strides: pair(c, 'strides', [1, 1]),
  dilation: pair(c, 'dilations', [1, 1]),
  padding: padding(c),
  groups: c.number('groups', 1),
})

function convTranspose(c: Call): Value {
  const options = convOptions(c, 'iohw')
  const [x, w] = [c.real(0), c.real(1)]
  const extra = pair(c, 'outputPadding', [0, 0])
  const [top, bottom, left, right] = options.padding
  const around = [top + bottom, left + right]
  const size = ([0, 1] as const).map(d => {
    const n = x.shape[options.layout.indexOf('hw'[d])]
    const k = w.shape[options.filterLayout.indexOf('hw'[d])]
    return options.strides[d] * (n - 1) + extra[d] + (k - 1) * options.dilation[d] + 1 - around[d]
  })
  const stated = pair(c, 'outputSizes', [size[0], size[1]])
  return transposedConvolution(x, w, c.operand('bias'), { ...options, size: stated })
}

function pool(c: Call, kind: 'max' | 'average'): Value {
  const x = c.real(0)
  const layout = c.text('layout', 'nchw')
  if (pair(c, 'dilations', [1, 1]).some(d => d !== 1)) throw new Unmapped('dilated pooling')
  if (c.numbers('outputSizes') !== undefined) throw new Unmapped('outputSizes of pooling')
  const whole: Pair = [x.shape[layout.indexOf('h')], x.shape[layout.indexOf('w')]]
  return pooling(x, kind, {
    layout,
    size: pair(c, 'windowDimensions', whole),
    strides: pair(c, 'strides', [1, 1]),
    padding: padding(c),
    countPadding: false,
    ceil: c.text('outputShapeRounding', c.text('roundingType', 'floor')) === 'ceil',
  })
}

function resample(c: Call): Value {
  const x = c.real(0)
  const nearest = c.text('mode', 'nearest-neighbor') === 'nearest-neighbor'
  const [first, second] = c.numbers('axes') ?? [2, 3]
  const layout = first === 2 && second === 3 ? 'nchw' : first === 1 && second === 2 ? 'nhwc' : undefined
  if (layout === undefined) throw new Unmapped(`resampling of axes ${first} and ${second}`)
  const n: Pair = [x.shape[first], x.shape[second]]
  const scales = pair(c, 'scales', [1, 1])
  const sizes = c.numbers('sizes')
  const size: Pair =
    sizes === undefined ? [Math.floor(n[0] * scales[0]), Math.floor(n[1] * scales[1])] : [sizes[0], sizes[1]]
  const ratio: Pair = sizes === undefined ? scales : [size[0] / n[0], size[1] / n[1]]
  return resampling(x, layout, size, nearest ? 'nearest' : 'bilinear', (i, d) => {
    const at = (i + 0.5) / ratio[d] - 0.5
    return nearest ? Math.ceil(at - 0.5) : at
  })
}

function layerNormalization(c: Call): Value {
  const x = c.real(0)
  const axes = c.numbers('axes') ?? x.shape.map((_, i) => i).slice(1)
  const spread = (v: Value | null): Value | null => (v === null ? null : along(v, axes, x.rank))
  const { mean, variance } = ops.moments(x, axes)
  const [scale, bias] = [spread(c.operand('scale')), spread(c.operand('bias'))]
  return normalized(x, mean, variance, scale, bias, c.number('epsilon', 1e-5))
}

function channelNormalization(c: Call, axis: number, mean: Value, variance: Value): Value {
  const x = c.real(0)
  const channel = (v: Value | null): Value | null => (v === null ? null : along(v, [axis], x.rank))
  const [scale, bias] = [channel(c.operand('scale')), channel(c.operand('bias'))]
  return normalized(x, mean, variance, scale, bias, c.number('epsilon', 1e-5))
}

function batchNormalization(c: Call): Value {
  const axis = c.number('axis', 1)
  const x = c.real(0)
  return channelNormalization(c, axis, along(c.real(1), [axis], x.rank), along(c.real(2), [axis], x.rank))
}

function instanceNormalization(c: Call): Value {
  const layout = c.text('layout', 'nchw')
  const { mean, variance } = ops.moments(c.real(0), [layout.indexOf('h'), layout.indexOf('w')])
  return channelNormalization(c, layout.indexOf('c'), mean, variance)
}

const reduction =
  (name: keyof typeof REDUCTIONS): Operator =>
  c => {
    const x = c.real(0)
    const axes = c.numbers('axes') ?? x.shape.map((_, i) => i)
    return REDUCTIONS[name](x, axes, c.flag('keepDimensions', false))
  }

const argExtreme =
  (kind: 'max' | 'min'): Operator =>
  c =>
    extreme(c.real(0), kind, c.number('axis', 0), c.flag('keepDimensions', false))

function splits(c: Call): Value[] {
  const x = c.in(0)
  const axis = c.number('axis', 0)
  const parts = c.node.attrs.splits
  const even = (n: number): number[] => Array.from({ length: n }, () => x.shape[axis] / n)
  return split(x, axis, typeof parts === 'number' ? even(parts) : (c.numbers('splits') ?? []))
}

function slice(c: Call): Value {
  const strides = c.numbers('strides') ?? c.in(0).shape.map(() => 1)
  const size = (c.numbers('sizes') ?? []).map((n, i) => Math.ceil(n / strides[i]))
  return ops.slice(c.in(0), c.numbers('starts') ?? [], size, strides)
}

function pad(c: Call): Value {
  c.only('mode', 'constant')
  const after = c.numbers('endingPadding') ?? []
  const border = (c.numbers('beginningPadding') ?? []).map((before, i): Pair => [before, after[i]])
  return ops.pad(c.real(0), border, c.number('value', 0))
}

function reverse(c: Call): Value {
  const x = c.in(0)
  const axes = (c.numbers('axes') ?? x.shape.map((_, i) => i)).map(a => axisOf(a, x.rank))
  const begin = x.shape.map((d, i) => (axes.includes(i) ? d - 1 : 0))
  const strides = x.shape.map((_, i) => (axes.includes(i) ? -1 : 1))
  return ops.slice(x, begin, x.shape, strides)
}

const { logicalNot: _, mish: __, ...plain } = UNARY

/** Every mapped operator. */
export const WEBNN_OPERATORS: Operators = {
  ...Object.fromEntries(Object.entries(plain).map(([name, f]) => [name, (c: Call) => applyUnary(c.real(0), f)])),
  ...Object.fromEntries(Object.entries(BINARY).map(([name, f]) => [name, (c: Call) => f(c.real(0), c.real(1))])),
  ...Object.fromEntries(Object.entries(COMPARISONS).map(([name, f]) => [name, (c: Call) => f(c.in(0), c.in(1))])),
  ...Object.fromEntries(Object.keys(REDUCTIONS).map(name => [`reduce${name}`, reduction(name)])),
  logicalNot: c => applyUnary(c.in(0), UNARY.logicalNot),
  where: c => ops.where(c.in(0), c.real(1), c.real(2)),
  clamp(c) {
    const low = c.number('minValue', Number.NEGATIVE_INFINITY)
    return ops.minimum(ops.maximum(c.real(0), low), c.number('maxValue', Number.POSITIVE_INFINITY))
  },
  elu: c => applyUnary(c.real(0), elu(c.number('alpha', 1))),
  leakyRelu: c => applyUnary(c.real(0), leakyRelu(c.number('alpha', 0.01))),
  hardSigmoid: c => applyUnary(c.real(0), hardSigmoid(c.number('alpha', 0.2), c.number('beta', 0.5))),
  linear: c => applyUnary(c.real(0), linear(c.number('alpha', 1), c.number('beta', 0))),
  prelu: c => prelu(c.real(0), c.real(1)),
  softmax: c => ops.softmax(c.real(0), c.number('axis', c.real(0).rank - 1)),
  matmul: c => product(c.real(0), c.real(1)),
  gemm: c =>
    gemm(c.real(0), c.real(1), c.operand('c'), {
      alpha: c.number('alpha', 1),
      beta: c.number('beta', 1),
      transposeA: c.flag('aTranspose', false),
      transposeB: c.flag('bTranspose', false),
    }),
  conv2d: c => convolution(c.real(0), c.real(1), c.operand('bias'), convOptions(c, 'oihw')),
  convTranspose2d: convTranspose,
  averagePool2d: c => pool(c, 'average'),
  maxPool2d: c => pool(c, 'max'),
  resample2d: resample,
  batchNormalization,
  instanceNormalization,
  layerNormalization,
  transpose: c => ops.transpose(c.in(0), c.numbers('permutation')),
  reshape: c => ops.reshape(c.in(0), c.numbers('newShape') ?? []),
  expand: c => broadcast(c.in(0), c.numbers('newShape') ?? []),
  concat: c =>
    ops.concat(
      c.node.inputs.map((_, i) => c.in(i)),
      c.number('axis', 0),
    ),
  split: splits,
  slice,
  pad,
  reverse,
  gather: c => gathered(c.in(0), c.in(1), c.number('axis', 0)),
  argMax: argExtreme('max'),
  argMin: argExtreme('min'),
  cast: c => ops.cast(c.in(0), dtypeOf(c.text('type', ''))),
}
