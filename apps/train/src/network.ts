// The networks that the app trains, chosen by the size of the images.

import {
  BatchNormalization,
  Conv2D,
  Dense,
  Flatten,
  GlobalAveragePooling2D,
  Input,
  type Layer,
  MaxPooling2D,
  SeparableConv2D,
  Sequential,
  ShapeError,
} from '@strata/api'

/** Height, width and channels of one image. */
export type ImageShape = readonly [height: number, width: number, channels: number]

/** Smaller images keep too little after the pooling layers of the separable network. */
const LEAST_SEPARABLE = 32
/** Two poolings of 2 have to leave something. */
const LEAST = 4

// Keras's default of 0.99 suits long runs: after the 250 steps of an epoch of 4,000 images, 0.99^250 = 8 % of a moving
// statistic would still be its initial value, at each layer, and the network in inference would lag three epochs behind
// the network in training. With 0.9 the statistics are those of the last tens of batches.
const MOMENTUM = 0.9

const normalize = (): Layer => new BatchNormalization({ momentum: MOMENTUM })
const separable = (filters: number): Layer[] => [
  new SeparableConv2D({ filters, kernelSize: 3, activation: 'relu' }),
  normalize(),
]
const convolution = (filters: number): Layer[] => [
  new Conv2D({ filters, kernelSize: 3, padding: 'same', activation: 'relu' }),
  normalize(),
]

/** Three blocks of two separable convolutions, global average pooling, two dense layers: some 41,000 parameters. */
const separableNetwork = (classes: number): Layer[] => [
  ...separable(32),
  ...separable(64),
  new MaxPooling2D({ poolSize: 2 }),
  ...separable(64),
  ...separable(128),
  new MaxPooling2D({ poolSize: 2 }),
  ...separable(64),
  ...separable(128),
  new GlobalAveragePooling2D(),
  new Dense({ units: 32, activation: 'relu' }),
  normalize(),
  new Dense({ units: classes, activation: 'softmax' }),
]

/** Two convolutions, each pooled, and a dense layer over all positions: where a digit's stroke lies matters. */
const smallNetwork = (classes: number): Layer[] => [
  ...convolution(16),
  new MaxPooling2D({ poolSize: 2 }),
  ...convolution(32),
  new MaxPooling2D({ poolSize: 2 }),
  new Flatten(),
  new Dense({ units: 64, activation: 'relu' }),
  normalize(),
  new Dense({ units: classes, activation: 'softmax' }),
]

/**
 * A network for images of this shape: separable convolutions from 32 x 32 up, two plain convolutions below.
 *
 * @param shape [height, width, channels] of one image, at least 4 x 4.
 * @param classes how many classes there are, at least two.
 * @returns a model that is built but not compiled; it ends in softmax.
 * @throws ShapeError for images that are too small; ArgumentError for a number of classes that is none.
 * @example networkFor([64, 64, 3], 10).summary()
 */
export function networkFor(shape: ImageShape, classes: number): Sequential {
  const [height, width] = shape
  const least = Math.min(height, width)
  if (!(least >= LEAST)) {
    throw new ShapeError({ where: 'networkFor', what: 'image', expected: `at least ${LEAST} x ${LEAST}`, got: shape })
  }
  const layers = least >= LEAST_SEPARABLE ? separableNetwork(classes) : smallNetwork(classes)
  return new Sequential([Input({ shape }), ...layers])
}
