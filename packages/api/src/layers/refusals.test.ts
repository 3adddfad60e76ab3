// Arguments and inputs that layers refuse: the error's class, the argument that it names, both values.
import { expect, test } from 'vitest'
import { ArgumentError, ShapeError, type StrataError } from '../errors.js'
import { Trace } from '../graph/trace.js'
import { input } from '../graph/value.js'
import { f32 } from '../tensor-spec.js'
import * as L from './index.js'

/** A symbolic input [batch, ...shape]. */
const symbol = (...shape: number[]): L.SymbolicTensor => new L.SymbolicTensor([null, ...shape], 'float32', null, 0, 'x')

type Refusal = [title: string, make: () => unknown, error: new (d: never) => StrataError, message: RegExp]
const dense = (options: object) => () => new L.Dense({ units: 3, ...options })
test.each<Refusal>([
  ['missing units', () => new L.Dense({} as never), ArgumentError, /Dense: units: expected an integer.*got undefined/],
  ['units of 0', dense({ units: 0 }), ArgumentError, /at least 1, got 0/],
  [
    'unknown activation',
    dense({ activation: 'rellu' }),
    ArgumentError,
    /unknown activation: expected one of linear, relu.*got 'rellu'/,
  ],
  ['unknown initialiser', dense({ kernelInitializer: 'he' }), ArgumentError, /one of zeros, ones.*got 'he'/],
  [
    'initialiser argument',
    dense({ kernelInitializer: { className: 'HeNormal', config: { sed: 1 } } }),
    ArgumentError,
    /unknown option 'sed'/,
  ],
  ['unknown regulariser', dense({ kernelRegularizer: 'l3' }), ArgumentError, /one of l1, l2.*got 'l3'/],
  ['unknown constraint', dense({ biasConstraint: 'max' }), ArgumentError, /one of maxNorm.*got 'max'/],
  ['rank 1 for Dense', () => dense({})().apply(symbol()), ShapeError, /at least 2, got \[3\]/],
  [
    'bad padding',
    () => new L.Conv2D({ filters: 1, kernelSize: 1, padding: 'full' as never }),
    ArgumentError,
    /'valid', 'same', got 'full'/,
  ],
  [
    'three strides',
    () => new L.Conv2D({ filters: 1, kernelSize: 1, strides: [1, 1, 1] as never }),
    ArgumentError,
    /strides.*got \[1, 1, 1\]/,
  ],
  [
    'strides and dilation',
    () => new L.Conv2D({ filters: 1, kernelSize: 2, strides: 2, dilationRate: 2 }),
    ArgumentError,
    /both above 1/,
  ],
  [
    'groups and filters',
    () => new L.Conv2D({ filters: 3, kernelSize: 1, groups: 2 }),
    ArgumentError,
    /multiple of 2, got 3/,
  ],
  [
    'groups and channels',
    () => new L.Conv2D({ filters: 4, kernelSize: 1, groups: 2 }).apply(symbol(4, 4, 3)),
    ArgumentError,
    /multiple of 2, got 3/,
  ],
  ['images of rank 3', () => new L.MaxPooling2D().apply(symbol(4, 4)), ShapeError, /rank.*expected 4, got \[3, 4, 4\]/],
  ['window above the input', () => new L.MaxPooling2D({ poolSize: 5 }).apply(symbol(4, 4, 1)), ArgumentError, /5x5/],
  [
    'data format',
    () => new L.Flatten({ dataFormat: 'NCHW' as never }),
    ArgumentError,
    /'channelsLast', 'channelsFirst', got 'NCHW'/,
  ],
  ['rate above 1', () => new L.Dropout({ rate: 1.5 }), ArgumentError, /in \[0, 1\], got 1.5/],
  ['negative seed', () => new L.Dropout({ rate: 0.5, seed: -1 }), ArgumentError, /seed.*got -1/],
  [
    'noise shape',
    () => new L.Dropout({ rate: 0.5, noiseShape: [null, 3] }).callOn([input('x', f32([2, 4]))], new Trace(true)),
    ArgumentError,
    /noiseShape.*got \[null, 3\]/,
  ],
  ['target shape', () => new L.Reshape({ targetShape: [5] }).apply(symbol(4)), ShapeError, /12 elements/],
  ['two unknown dimensions', () => new L.Reshape({ targetShape: [-1, -1] }), ArgumentError, /at most one -1/],
  ['no permutation', () => new L.Permute({ dims: [1, 3] }), ArgumentError, /permutation of 1..2, got \[1, 3\]/],
  ['momentum', () => new L.BatchNormalization({ momentum: 1.5 }), ArgumentError, /momentum.*got 1.5/],
  ['axis of no dimension', () => new L.BatchNormalization({ axis: 4 }).apply(symbol(4)), ShapeError, /axis.*got 4/],
  [
    'groups of channels',
    () => new L.GroupNormalization({ groups: 3 }).apply(symbol(4)),
    ArgumentError,
    /multiple of 3, got 4/,
  ],
  [
    'three inputs of Subtract',
    () => new L.Subtract().apply([symbol(1), symbol(1), symbol(1)]),
    ShapeError,
    /expected 2, got 3/,
  ],
  ['shapes that do not broadcast', () => new L.Add().apply([symbol(2), symbol(3)]), ShapeError, /broadcast/],
  [
    'concatenation of the batch',
    () => new L.Concatenate({ axis: 0 }).apply([symbol(2), symbol(3)]),
    ShapeError,
    /not the batch/,
  ],
  ['Dot of other sizes', () => new L.Dot({ axes: 1 }).apply([symbol(2), symbol(3)]), ShapeError, /expected 2, got 3/],
  ['nothing left', () => new L.Cropping2D({ cropping: 2 }).apply(symbol(4, 5, 1)), ShapeError, /at least one row/],
  [
    'interpolation',
    () => new L.UpSampling2D({ interpolation: 'bicubic' as never }),
    ArgumentError,
    /'nearest', 'bilinear', got 'bicubic'/,
  ],
  ['mean without variance', () => new L.Normalization({ mean: 1 }), ArgumentError, /both or neither/],
  [
    'length of mean',
    () => new L.Normalization({ mean: [1, 2], variance: 1 }).apply(symbol(3)),
    ShapeError,
    /elements of mean: expected 3, got 2/,
  ],
  [
    'unknown class',
    () => L.deserializeLayer({ className: 'Dens' }),
    ArgumentError,
    /unknown layer class: expected one of Activation.*got 'Dens'/,
  ],
  [
    'class from the prototype',
    () => L.deserializeLayer({ className: 'toString' }),
    ArgumentError,
    /unknown layer class/,
  ],
])('refuses: %s', (_, make, error, message) => {
  expect(make).toThrow(error as never)
  expect(make).toThrow(message)
})
