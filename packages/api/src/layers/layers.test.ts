// Every layer: default configuration, round trip through its JSON, shapes, weights, states.
import { describe, expect, test } from 'vitest'
import { ShapeError } from '../errors.js'
import { Trace } from '../graph/trace.js'
import { input } from '../graph/value.js'
import { f32 } from '../tensor-spec.js'
import * as L from './index.js'

/** A symbolic input [batch, ...shape]. */
const symbol = (...shape: number[]): L.SymbolicTensor => new L.SymbolicTensor([null, ...shape], 'float32', null, 0, 'x')

/** Required arguments, an input shape and the output shape of each class. */
const EXAMPLES: Readonly<Record<string, [config: L.Config, inputs: number[][], output: number[]]>> = {
  Activation: [{ activation: 'hard_silu' }, [[4]], [4]],
  ActivityRegularization: [{ l1: 0.1, l2: 0.2 }, [[4]], [4]],
  Add: [{}, [[3, 4], [4]], [3, 4]],
  Average: [{}, [[4], [1]], [4]],
  AveragePooling2D: [{ poolSize: [2, 3], padding: 'same' }, [[5, 7, 2]], [3, 3, 2]],
  BatchNormalization: [{ axis: 1, momentum: 0.9, movingMeanInitializer: 'ones' }, [[5, 7, 2]], [5, 7, 2]],
  Concatenate: [
    { axis: 1 },
    [
      [2, 4],
      [3, 4],
    ],
    [5, 4],
  ],
  Conv2D: [{ filters: 6, kernelSize: 3, groups: 2, dataFormat: 'channels_first' }, [[4, 8, 9]], [6, 6, 7]],
  Cropping2D: [
    {
      cropping: [
        [1, 0],
        [2, 1],
      ],
    },
    [[5, 7, 2]],
    [4, 4, 2],
  ],
  Dense: [{ units: 3, kernelRegularizer: 'l2', biasConstraint: 'non_neg' }, [[5, 7]], [5, 3]],
  DepthwiseConv2D: [{ kernelSize: [3, 2], depthMultiplier: 2, strides: 2, dilationRate: 2 }, [[9, 9, 3]], [3, 4, 6]],
  Dot: [
    { axes: [2, 1] },
    [
      [2, 3],
      [3, 4],
    ],
    [2, 4],
  ],
  Dropout: [{ rate: 0.5, noiseShape: [null, 1], seed: 3 }, [[4]], [4]],
  ELU: [{ alpha: 0.5 }, [[4]], [4]],
  Flatten: [{ dataFormat: 'channelsFirst' }, [[2, 3, 4]], [24]],
  GaussianDropout: [{ rate: 0.1 }, [[4]], [4]],
  GaussianNoise: [{ stddev: 0.1 }, [[4]], [4]],
  GlobalAveragePooling2D: [{ keepdims: true }, [[5, 7, 2]], [1, 1, 2]],
  GlobalMaxPooling2D: [{ dataFormat: 'channelsFirst' }, [[5, 7, 2]], [5]],
  GroupNormalization: [{ groups: 2 }, [[5, 4]], [5, 4]],
  Identity: [{}, [[4]], [4]],
  LayerNormalization: [{ axis: [1, 2] }, [[5, 4]], [5, 4]],
  LeakyReLU: [{}, [[4]], [4]],
  MaxPooling2D: [{ strides: 1 }, [[5, 7, 2]], [4, 6, 2]],
  Maximum: [{}, [[4], [4], [4]], [4]],
  Minimum: [{}, [[4], [4]], [4]],
  Multiply: [{}, [[4], [4]], [4]],
  Normalization: [{ axis: -1, mean: [1, 2], variance: 3 }, [[2]], [2]],
  PReLU: [{ sharedAxes: [1, 2] }, [[5, 7, 2]], [5, 7, 2]],
  Permute: [{ dims: [2, 1] }, [[3, 4]], [4, 3]],
  RMSNormalization: [{}, [[4]], [4]],
  ReLU: [{ maxValue: 6, negativeSlope: 0.1, threshold: 1 }, [[4]], [4]],
  RepeatVector: [{ n: 3 }, [[4]], [3, 4]],
  Rescaling: [{ scale: [1, 2], offset: 1 }, [[3, 2]], [3, 2]],
  Reshape: [{ targetShape: [-1, 2] }, [[3, 4]], [6, 2]],
  SeparableConv2D: [{ filters: 5, kernelSize: 3, padding: 'same', activation: 'relu' }, [[6, 6, 3]], [6, 6, 5]],
  Softmax: [{ axis: [1, 2] }, [[3, 4]], [3, 4]],
  SpatialDropout2D: [{ rate: 0.2 }, [[3, 4, 2]], [3, 4, 2]],
  Subtract: [{}, [[4], [4]], [4]],
  UnitNormalization: [{ axis: 1 }, [[4]], [4]],
  UpSampling2D: [{ size: [2, 3], interpolation: 'bilinear' }, [[3, 4, 2]], [6, 12, 2]],
  ZeroPadding2D: [
    {
      padding: [
        [1, 0],
        [2, 1],
      ],
    },
    [[3, 4, 2]],
    [4, 7, 2],
  ],
}

test('the table of layers and the examples here are complete', () => {
  const exported = Object.values(L).filter(
    v => typeof v === 'function' && v.prototype instanceof L.Layer && (v as L.LayerClass).className !== 'Layer',
  )
  expect(exported.map(v => (v as L.LayerClass).className).sort()).toEqual(Object.keys(L.LAYERS).sort())
  expect(Object.keys(EXAMPLES).sort()).toEqual(Object.keys(L.LAYERS).sort())
})

describe.each(Object.entries(EXAMPLES))('%s', (className, [config, inputs, output]) => {
  const make = (extra: L.Config = {}): L.Layer => L.deserializeLayer({ className, config: { ...config, ...extra } })

  test('gives the expected shape, whatever the batch', () => {
    expect(make().apply(inputs.map(s => symbol(...s))).shape).toEqual([null, ...output])
  })
  test('is made again from its JSON, and keeps every argument', () => {
    const layer = make({ name: 'mine', trainable: false })
    const json = JSON.parse(JSON.stringify(layer.getConfig()))
    expect(json).toMatchObject({ name: 'mine', trainable: false })
    const again = L.deserializeLayer({ className, config: json })
    expect(again.getConfig()).toEqual(layer.getConfig())
    expect(Object.keys(json)).toEqual(expect.arrayContaining(Object.keys(config)))
    const shapes = (l: L.Layer) => {
      l.apply(inputs.map(s => symbol(...s)))
      return l.weights.map(w => [w.path, w.shape])
    }
    expect(shapes(again)).toEqual(shapes(layer))
  })
  test('refuses an argument that it does not have', () => {
    expect(() => make({ unitz: 1 })).toThrow(`${className}: unknown option 'unitz'`)
  })
  test('refuses a number of inputs that it cannot take', () => {
    const many = inputs.length === 1 ? [inputs[0], inputs[0]] : []
    if (['Identity'].includes(className)) return
    expect(() =>
      make().callOn(
        many.map((s, i) => input(`${i}`, f32([2, ...s]))),
        new Trace(false),
      ),
    ).toThrow(ShapeError)
  })
})

test('weights refuse an input of other channels than they were built for', () => {
  const conv = new L.Conv2D({ filters: 2, kernelSize: 1 })
  conv.apply(symbol(4, 4, 3))
  expect(() => conv.apply(symbol(4, 4, 5))).toThrow(/dimension 3 of the input \[3, 4, 4, 5\]: expected 3, got 5/)
  const bn = new L.BatchNormalization()
  bn.apply(symbol(3))
  expect(() => bn.apply(symbol(4))).toThrow(ShapeError)
})

test('Keras order and names of weights', () => {
  const names = (l: L.Layer, ...shape: number[]) => {
    l.apply(symbol(...shape))
    return l.weights.map(w => w.name)
  }
  expect(names(new L.BatchNormalization(), 3)).toEqual(['gamma', 'beta', 'moving_mean', 'moving_variance'])
  expect(names(new L.BatchNormalization({ scale: false }), 3)).toEqual(['beta', 'moving_mean', 'moving_variance'])
  const separable = new L.SeparableConv2D({ filters: 2, kernelSize: 3 })
  expect(names(separable, 4, 4, 3)).toEqual(['depthwise_kernel', 'pointwise_kernel', 'bias'])
  expect(separable.weights.map(w => w.shape)).toEqual([[3, 3, 3, 1], [1, 1, 3, 2], [2]])
  expect(names(new L.DepthwiseConv2D({ kernelSize: 3 }), 4, 4, 3)).toEqual(['kernel', 'bias'])
  expect(names(new L.Normalization(), 3)).toEqual(['mean', 'variance', 'count'])
})

test('moving statistics are assigned in training only, and not while frozen', () => {
  const x = input('x', f32([2, 3]))
  const updates = (layer: L.Layer, training: boolean): number => {
    const trace = new Trace(training)
    layer.callOn([x], trace)
    return trace.updates.size
  }
  const bn = new L.BatchNormalization()
  expect([updates(bn, true), updates(bn, false)]).toEqual([2, 0])
  bn.trainable = false
  expect(updates(bn, true)).toBe(0)
})

test('a mask of batch normalisation must fit', () => {
  const mask = (shape: number[]) => () =>
    new L.BatchNormalization().callOn([input('x', f32([2, 5, 3]))], new Trace(true), input('mask', f32(shape)))
  expect(mask([2, 5])).not.toThrow()
  expect(mask([2])).not.toThrow()
  expect(mask([2, 4])).toThrow(/mask: expected the leading dimensions of \[2, 5, 3\] before axis 2, got \[2, 4\]/)
  expect(mask([2, 5, 3])).toThrow(ShapeError)
})

test('penalties reach the loss', () => {
  const trace = new Trace(true)
  const x = input('x', f32([2, 3]))
  new L.ActivityRegularization({ l2: 1 }).callOn([x], trace)
  new L.Dense({ units: 2, activityRegularizer: 'l1' }).callOn([x], trace)
  expect(trace.losses.map(l => l.shape)).toEqual([[], []])
  const dense = new L.Dense({ units: 2, kernelRegularizer: 'l2' })
  dense.callOn([x], trace)
  expect(dense.weights.map(w => w.regularizer !== null)).toEqual([true, false])
})
