// ONNX operators on images: convolutions, pooling, resampling, normalisation of channels.
import { expr as E, ops, type Value } from '@strata/api'
import { type ForeignTensor, Unmapped } from './case.js'
import { convolution, type Position, pooling, resampling, transposedConvolution } from './images.js'
import type { Call, Operators } from './scope.js'
import { along, normalized } from './shaping.js'

type Pair = readonly [number, number]
type Padding = readonly [number, number, number, number]

/** A pair of numbers for [height, width]; signals of one dimension have height 1. */
function pair(list: readonly number[], spatial: number, filler: number, what: string): Pair {
  if (list.length !== spatial) throw new Unmapped(`${what} of ${list.length} dimensions`)
  return spatial === 1 ? [filler, list[0]] : [list[0], list[1]]
}

/** Runs an operator of images on signals [N, C, W] too. */
function spatially(x: Value, f: (image: Value, spatial: 1 | 2) => Value): Value {
  if (x.rank === 4) return f(x, 2)
  if (x.rank !== 3) throw new Unmapped(`${x.rank - 2} spatial dimensions`)
  return ops.squeeze(f(ops.expandDims(x, 2), 1), [2])
}

interface Window {
  readonly size: Pair
  readonly strides: Pair
  readonly dilation: Pair
  readonly padding: Padding
}

/** The window attributes that convolutions and pooling share. `size` is the kernel's. */
function windowOf(c: Call, image: Value, kernel: readonly number[], spatial: 1 | 2): Window {
  const ones = kernel.map(() => 1)
  const size = pair(kernel, spatial, 1, 'kernel_shape')
  const strides = pair(c.numbers('strides') ?? ones, spatial, 1, 'strides')
  const dilation = pair(c.numbers('dilations') ?? ones, spatial, 1, 'dilations')
  const pads = c.numbers('pads') ?? [...ones, ...ones].map(() => 0)
  const before = pair(pads.slice(0, spatial), spatial, 0, 'pads')
  const after = pair(pads.slice(spatial), spatial, 0, 'pads')
  const automatic = c.text('auto_pad', 'NOTSET')
  if (automatic === 'NOTSET') return { size, strides, dilation, padding: [before[0], after[0], before[1], after[1]] }
  if (automatic === 'VALID') return { size, strides, dilation, padding: [0, 0, 0, 0] }
  const sides = [0, 1].map(d => {
    const n = image.shape[2 + d]
    const total = Math.max(0, (Math.ceil(n / strides[d]) - 1) * strides[d] + (size[d] - 1) * dilation[d] + 1 - n)
    const less = Math.floor(total / 2)
    return automatic === 'SAME_LOWER' ? [total - less, less] : [less, total - less]
  })
  return { size, strides, dilation, padding: [sides[0][0], sides[0][1], sides[1][0], sides[1][1]] }
}

const optional = (c: Call, i: number): Value | null => (c.has(i) ? c.real(i) : null)
const filterOf = (c: Call, spatial: 1 | 2): Value => (spatial === 2 ? c.real(1) : ops.expandDims(c.real(1), 2))

function conv(c: Call): Value {
  return spatially(c.real(0), (x, spatial) => {
    const w = filterOf(c, spatial)
    const kernel = spatial === 2 ? w.shape.slice(2) : w.shape.slice(3)
    const { strides, dilation, padding } = windowOf(c, x, kernel, spatial)
    const geometry = { layout: 'nchw', filterLayout: 'oihw', strides, dilation, padding, groups: c.number('group', 1) }
    return convolution(x, w, optional(c, 2), geometry)
  })
}

function convTranspose(c: Call): Value {
  return spatially(c.real(0), (x, spatial) => {
    const w = filterOf(c, spatial)
    const kernel = spatial === 2 ? w.shape.slice(2) : w.shape.slice(3)
    if (c.text('auto_pad', 'NOTSET') !== 'NOTSET') throw new Unmapped('auto_pad of a transposed convolution')
    const { size: k, strides, dilation, padding } = windowOf(c, x, kernel, spatial)
    const extra = pair(c.numbers('output_padding') ?? kernel.map(() => 0), spatial, 0, 'output_padding')
    const whole = ([0, 1] as const).map(
      d => strides[d] * (x.shape[2 + d] - 1) + extra[d] + (k[d] - 1) * dilation[d] + 1,
    )
    const stated = c.numbers('output_shape')
    let [top, bottom, left, right] = padding
    let size: Pair = [whole[0] - top - bottom, whole[1] - left - right]
    if (stated !== undefined) {
      size = pair(stated.slice(-spatial), spatial, 1, 'output_shape')
      const total = [whole[0] - size[0], whole[1] - size[1]]
      top = Math.floor(total[0] / 2)
      left = Math.floor(total[1] / 2)
      bottom = total[0] - top
      right = total[1] - left
      if (Math.min(top, left, bottom, right) < 0) throw new Unmapped('output_shape beyond what the window reaches')
    }
    const geometry = { layout: 'nchw', filterLayout: 'iohw', strides, dilation, groups: c.number('group', 1) }
    return transposedConvolution(x, w, optional(c, 2), { ...geometry, padding: [top, bottom, left, right], size })
  })
}

function pool(c: Call, kind: 'max' | 'average'): Value {
  if (c.node.outputs.length > 1) throw new Unmapped('indices of maxima')
  c.only('storage_order', 0)
  return spatially(c.real(0), (x, spatial) => {
    const kernel = c.numbers('kernel_shape') ?? []
    const { size, strides, dilation, padding } = windowOf(c, x, kernel, spatial)
    if (dilation.some(d => d !== 1)) throw new Unmapped('dilated pooling')
    const countPadding = c.number('count_include_pad', 0) === 1
    const ceil = c.number('ceil_mode', 0) === 1
    return pooling(x, kind, { layout: 'nchw', size, strides, padding, countPadding, ceil })
  })
}

const spatialAxes = (x: Value): number[] => x.shape.map((_, i) => i).slice(2)

/** Where Resize samples, by its attributes; `scale` is output over input. */
function positionOf(c: Call, scale: Pair, out: Pair, n: Pair, rounded: boolean): Position {
  const mode = c.text('coordinate_transformation_mode', 'half_pixel')
  const at: Position = (i, d) => {
    switch (mode) {
      case 'half_pixel':
        return (i + 0.5) / scale[d] - 0.5
      case 'pytorch_half_pixel':
        return out[d] > 1 ? (i + 0.5) / scale[d] - 0.5 : 0
      case 'half_pixel_symmetric': {
        const offset = (n[d] / 2) * (1 - out[d] / (scale[d] * n[d]))
        return offset + (i + 0.5) / scale[d] - 0.5
      }
      case 'asymmetric':
        return i / scale[d]
      case 'align_corners':
        return out[d] === 1 ? 0 : (i * (n[d] - 1)) / (out[d] - 1)
      default:
        throw new Unmapped(`coordinates ${mode}`)
    }
  }
  if (!rounded) return at
  const how = c.text('nearest_mode', 'round_prefer_floor')
  const rounding: Readonly<Record<string, (v: number) => number>> = {
    floor: Math.floor,
    ceil: Math.ceil,
    round_prefer_floor: v => Math.ceil(v - 0.5),
    round_prefer_ceil: v => Math.floor(v + 0.5),
  }
  const round = rounding[how]
  if (round === undefined) throw new Unmapped(`nearest_mode ${how}`)
  return (i, d) => round(at(i, d))
}

function resize(c: Call): Value {
  const x = c.real(0)
  const mode = c.text('mode', 'nearest')
  if (mode !== 'nearest' && mode !== 'linear') throw new Unmapped(`mode ${mode}`)
  c.only('antialias', 0)
  c.only('keep_aspect_ratio_policy', 'stretch')
  if (x.rank !== 4) throw new Unmapped(`rank ${x.rank}`)
  // Resize 11 and later: x, roi, scales, sizes; 10 and Upsample: x, scales.
  const early = c.node.inputs.length === 2
  const scales = c.data(early ? 1 : 2, 'scales')
  const sizes = early ? undefined : c.data(3, 'sizes')
  const axes = (c.numbers('axes') ?? [0, 1, 2, 3]).map(a => (a < 0 ? a + 4 : a))
  const all = (list: readonly number[], filler: readonly number[]): number[] =>
    filler.map((f, i) => (axes.includes(i) ? list[axes.indexOf(i)] : f))
  const given = scales !== undefined && scales.length > 0
  if (!given && sizes === undefined) throw new Unmapped('neither scales nor sizes')
  const out = given ? all(scales, [1, 1, 1, 1]).map((s, i) => Math.floor(x.shape[i] * s)) : all(sizes ?? [], x.shape)
  if (out[0] !== x.shape[0] || out[1] !== x.shape[1]) throw new Unmapped('resampling of channels')
  const ratio = given ? all(scales, [1, 1, 1, 1]) : out.map((o, i) => o / x.shape[i])
  const size: Pair = [out[2], out[3]]
  const at = positionOf(c, [ratio[2], ratio[3]], size, [x.shape[2], x.shape[3]], mode === 'nearest')
  return resampling(x, 'nchw', size, mode === 'nearest' ? 'nearest' : 'bilinear', at)
}

/** Upsample 9: nearest at floor(i / scale). */
function upsample(c: Call): Value {
  const attrs = { ...c.node.attrs, coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
  return resize(Object.assign(Object.create(Object.getPrototypeOf(c)), c, { node: { ...c.node, attrs } }))
}

function batchNormalization(c: Call): Value {
  c.only('training_mode', 0)
  const x = c.real(0)
  const channel = (i: number): Value => along(c.real(i), [1], x.rank)
  return normalized(x, channel(3), channel(4), channel(1), channel(2), c.number('epsilon', 1e-5))
}

function layerNormalization(c: Call): readonly Value[] {
  const x = c.real(0)
  const axis = c.number('axis', -1)
  const first = axis < 0 ? axis + x.rank : axis
  const { mean, variance } = ops.moments(x, x.shape.map((_, i) => i).slice(first))
  const epsilon = c.number('epsilon', 1e-5)
  const y = normalized(x, mean, variance, c.real(1), optional(c, 2), epsilon)
  return [y, mean, ops.elementwise([variance], v => E.rsqrt(E.add(v, epsilon)))]
}

function rmsNormalization(c: Call): Value {
  const x = c.real(0)
  const axis = c.number('axis', -1)
  const axes = x.shape.map((_, i) => i).slice(axis < 0 ? axis + x.rank : axis)
  const square = ops.mean(ops.square(x), axes, true)
  const epsilon = c.number('epsilon', 1e-5)
  return ops.mul(
    ops.elementwise([x, square], (v, s) => E.mul(v, E.rsqrt(E.add(s, epsilon)))),
    c.real(1),
  )
}

function instanceNormalization(c: Call): Value {
  const x = c.real(0)
  const { mean, variance } = ops.moments(x, spatialAxes(x))
  const channel = (i: number): Value => along(c.real(i), [1], x.rank)
  return normalized(x, mean, variance, channel(1), channel(2), c.number('epsilon', 1e-5))
}

function groupNormalization(c: Call): Value {
  const x = c.real(0)
  const groups = c.number('num_groups', 1)
  const [n, channels] = x.shape
  if (c.real(1).shape[0] !== channels) throw new Unmapped('scales of groups')
  const rows = ops.reshape(x, [n, groups, -1])
  const { mean, variance } = ops.moments(rows, [2])
  const y = ops.reshape(normalized(rows, mean, variance, null, null, c.number('epsilon', 1e-5)), x.shape)
  return ops.add(ops.mul(y, along(c.real(1), [1], x.rank)), along(c.real(2), [1], x.rank))
}

export const IMAGE_OPERATORS: Operators = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: c => pool(c, 'max'),
  AveragePool: c => pool(c, 'average'),
  GlobalAveragePool: c => ops.mean(c.real(0), spatialAxes(c.real(0)), true),
  GlobalMaxPool: c => ops.reduceMax(c.real(0), spatialAxes(c.real(0)), true),
  Resize: resize,
  Upsample: upsample,
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  DepthToSpace(c) {
    const [n, channels, h, w] = c.real(0).shape
    const b = c.number('blocksize', 1)
    const d = channels / (b * b)
    const crd = c.text('mode', 'DCR') === 'CRD'
    const split = ops.reshape(c.real(0), crd ? [n, d, b, b, h, w] : [n, b, b, d, h, w])
    return ops.reshape(ops.transpose(split, crd ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]), [n, d, h * b, w * b])
  },
  SpaceToDepth(c) {
    const [n, channels, h, w] = c.real(0).shape
    const b = c.number('blocksize', 1)
    const split = ops.reshape(c.real(0), [n, channels, h / b, b, w / b, b])
    const perm = c.text('mode', 'DCR') === 'CRD' ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4]
    return ops.reshape(ops.transpose(split, perm), [n, channels * b * b, h / b, w / b])
  },
}

/** The numbers of an attribute that is a tensor. */
export function tensorAttribute(c: Call, name: string): ForeignTensor | undefined {
  const v = c.node.attrs[name]
  const tensor = typeof v === 'object' && v !== null && 'data' in v && 'shape' in v
  return tensor ? (v as ForeignTensor) : undefined
}
