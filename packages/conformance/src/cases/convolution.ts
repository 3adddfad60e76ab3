// Convolutions and their gradients: every geometry gives one case of the forward kernel and one of each gradient.
import type { ConvAttrs, StepSpec } from '@strata/api/backend'
import { f32 } from '@strata/api/backend'
import { stepOf } from '../oracle/lower.js'
import { type Case, makeCase, real } from './case.js'

export interface ConvGeometry {
  readonly name: string
  /** [N, H, W, C] */
  readonly x: readonly [number, number, number, number]
  /** [kh, kw] */
  readonly size: readonly [number, number]
  /** Filters, or for a depthwise convolution the multiplier. */
  readonly filters: number
  readonly groups: number
  readonly strides: readonly [number, number]
  readonly padding: readonly [number, number, number, number]
  readonly dilation: readonly [number, number]
}

const base: Omit<ConvGeometry, 'name' | 'x'> = {
  size: [3, 3],
  filters: 4,
  groups: 1,
  strides: [1, 1],
  padding: [0, 0, 0, 0],
  dilation: [1, 1],
}
const geometry = (name: string, x: ConvGeometry['x'], rest: Partial<ConvGeometry> = {}): ConvGeometry => ({
  ...base,
  ...rest,
  name,
  x,
})

/** Edges that both kinds of convolution have. */
const SHARED: readonly ConvGeometry[] = [
  geometry('one pixel', [1, 1, 1, 1], { size: [1, 1], filters: 1 }),
  geometry('one pixel in padding', [1, 1, 1, 1], { padding: [1, 1, 1, 1], filters: 1 }),
  geometry('padding wider than the filter', [1, 2, 2, 3], { padding: [4, 3, 5, 4] }),
  geometry('padding on one side', [2, 5, 5, 3], { padding: [0, 2, 1, 0] }),
  geometry('same', [2, 7, 5, 3], { padding: [1, 1, 1, 1], filters: 5 }),
  geometry('same of an even filter', [1, 6, 6, 2], { size: [2, 4], padding: [0, 1, 1, 2], filters: 3 }),
  geometry('strides', [2, 9, 8, 3], { strides: [2, 3], padding: [1, 1, 0, 1] }),
  geometry('strides beyond the filter', [1, 11, 9, 2], { size: [2, 2], strides: [4, 3] }),
  geometry('strides that leave a rest', [1, 10, 7, 3], { strides: [3, 2] }),
  geometry('dilation', [1, 9, 11, 2], { dilation: [2, 3], padding: [2, 2, 3, 3] }),
  geometry('dilation and strides', [1, 12, 10, 2], { dilation: [3, 2], strides: [2, 2], padding: [1, 2, 0, 1] }),
  geometry('row filter', [1, 3, 13, 3], { size: [1, 5], padding: [0, 0, 2, 2] }),
  geometry('column filter', [1, 13, 2, 3], { size: [7, 1], padding: [3, 3, 0, 0] }),
  geometry('filter as large as the image', [3, 5, 4, 2], { size: [5, 4] }),
  geometry('primes', [1, 13, 11, 7], { filters: 7, padding: [1, 1, 1, 1] }),
  geometry('first layer', [2, 12, 12, 3], { filters: 8, padding: [1, 1, 1, 1] }),
  geometry('5x5', [1, 11, 10, 4], { size: [5, 5], padding: [2, 2, 2, 2] }),
  geometry('7x7 of stride 2', [1, 15, 14, 3], { size: [7, 7], strides: [2, 2], padding: [3, 3, 3, 3], filters: 5 }),
  geometry('no batch', [0, 4, 4, 2]),
  ...[3, 4, 5, 15, 16, 17].map(c => geometry(`${c} channels`, [1, 5, 6, c], { padding: [1, 1, 1, 1], filters: c })),
]

/** Geometries of conv2d. */
export const CONV_GEOMETRIES: readonly ConvGeometry[] = [
  ...SHARED,
  geometry('pointwise', [2, 5, 7, 9], { size: [1, 1], filters: 11 }),
  geometry('pointwise of stride 2', [1, 7, 8, 5], { size: [1, 1], filters: 6, strides: [2, 2] }),
  geometry('2 groups', [1, 6, 5, 6], { groups: 2, filters: 4, padding: [1, 1, 1, 1] }),
  geometry('groups of one channel', [1, 5, 5, 5], { groups: 5, filters: 10, padding: [1, 1, 1, 1] }),
  geometry('3 groups, strides, dilation', [2, 9, 9, 9], { groups: 3, filters: 12, dilation: [2, 2], strides: [1, 2] }),
  geometry('one filter', [1, 6, 6, 5], { filters: 1 }),
  geometry('one filter, one pixel of 4 channels', [1, 1, 1, 4], { size: [2, 1], filters: 1, padding: [0, 1, 0, 0] }),
  geometry('one filter, one channel, padding before', [1, 1, 1, 1], {
    size: [1, 2],
    filters: 1,
    padding: [0, 0, 1, 0],
  }),
  geometry('many filters', [1, 4, 4, 3], { filters: 33 }),
  geometry('deep', [1, 5, 5, 64], { filters: 12, padding: [1, 1, 1, 1] }),
  geometry('many channels', [1, 9, 9, 96], { padding: [1, 1, 1, 1], filters: 50 }),
  geometry('many pixels', [2, 40, 37, 3], { padding: [1, 1, 1, 1], filters: 9 }),
  geometry('many pixels of stride 2', [3, 33, 34, 6], { padding: [0, 1, 0, 1], strides: [2, 2], filters: 17 }),
  geometry('pointwise, many pixels', [2, 24, 24, 33], { size: [1, 1], filters: 34 }),
  geometry('no channels', [1, 4, 4, 0], { filters: 3 }),
]

/** Geometries of depthwiseConv2d. */
export const DEPTHWISE_GEOMETRIES: readonly ConvGeometry[] = [
  ...SHARED.map(g => ({ ...g, filters: 1 })),
  geometry('multiplier 2', [1, 6, 7, 3], { filters: 2, padding: [1, 1, 1, 1] }),
  geometry('multiplier 3, strides', [2, 9, 8, 5], { filters: 3, strides: [2, 2], padding: [0, 1, 0, 1] }),
  geometry('multiplier 4, dilation', [1, 9, 9, 2], { filters: 4, dilation: [2, 2], padding: [2, 2, 2, 2] }),
  geometry('one channel, multiplier 7', [1, 5, 5, 1], { filters: 7 }),
  geometry('33 channels', [1, 7, 7, 33], { filters: 1, padding: [1, 1, 1, 1] }),
  geometry('150 channels', [2, 9, 9, 150], { filters: 1, padding: [1, 1, 1, 1] }),
  geometry('many pixels', [2, 40, 37, 8], { filters: 1, padding: [1, 1, 1, 1] }),
  geometry('many pixels, 5x5 of stride 2', [1, 41, 43, 12], {
    filters: 1,
    size: [5, 5],
    strides: [2, 2],
    padding: [2, 2, 2, 2],
  }),
  geometry('9x9', [1, 12, 13, 5], { filters: 1, size: [9, 9], padding: [4, 4, 4, 4] }),
]

const windowOf = ({ strides, padding, dilation }: ConvGeometry): Omit<ConvAttrs, 'groups'> => ({
  strides,
  padding,
  dilation,
})

/** The three cases of a convolution. @throws ArgumentError if the geometry has no output */
export function convCases(g: ConvGeometry): [Case<'conv2d'>, Case<'conv2dInputGrad'>, Case<'conv2dFilterGrad'>] {
  const attrs = { ...windowOf(g), groups: g.groups }
  const w = [...g.size, g.x[3] / g.groups, g.filters]
  const y = outputShape(stepOf('conv2d', attrs, [f32(g.x), f32(w)]))
  return [
    makeCase('conv2d', g.name, attrs, [real(g.x), real(w)]),
    makeCase('conv2dInputGrad', g.name, { ...attrs, inputShape: g.x }, [real(y), real(w)]),
    makeCase('conv2dFilterGrad', g.name, { ...attrs, filterShape: w }, [real(g.x), real(y)]),
  ]
}

/** The three cases of a depthwise convolution. @throws ArgumentError if the geometry has no output */
export function depthwiseCases(
  g: ConvGeometry,
): [Case<'depthwiseConv2d'>, Case<'depthwiseConv2dInputGrad'>, Case<'depthwiseConv2dFilterGrad'>] {
  const attrs = windowOf(g)
  const w = [...g.size, g.x[3], g.filters]
  const y = outputShape(stepOf('depthwiseConv2d', attrs, [f32(g.x), f32(w)]))
  return [
    makeCase('depthwiseConv2d', g.name, attrs, [real(g.x), real(w)]),
    makeCase('depthwiseConv2dInputGrad', g.name, { ...attrs, inputShape: g.x }, [real(y), real(w)]),
    makeCase('depthwiseConv2dFilterGrad', g.name, { ...attrs, filterShape: w }, [real(g.x), real(y)]),
  ]
}

const outputShape = (s: StepSpec): readonly number[] => s.outs[0].shape
