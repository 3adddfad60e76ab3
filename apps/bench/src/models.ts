// Larger networks, for Strata alone: the shapes that image models are made of.

import {
  Add,
  type BaseModel,
  BatchNormalization,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  GlobalAveragePooling2D,
  Input,
  type Layer,
  MaxPooling2D,
  Model,
  ReLU,
  SeparableConv2D,
  Sequential,
} from '@strata/api'

type Tensor = ReturnType<typeof Input>
const through = (x: Tensor, ...layers: readonly Layer[]): Tensor => layers.reduce((t, layer) => layer.apply(t), x)

const conv = (filters: number, kernelSize: number, strides = 1, padding: 'same' | 'valid' = 'same'): Layer[] => [
  new Conv2D({ filters, kernelSize, strides, padding, useBias: false }),
  new BatchNormalization(),
]
const relu = (): Layer => new ReLU()
const separable = (filters: number): Layer[] => [
  new SeparableConv2D({ filters, kernelSize: 3, padding: 'same', useBias: false }),
  new BatchNormalization(),
]

/** Xception (Chollet, 2017): 299 x 299 x 3 images, 1,000 classes, 22.9 million parameters. */
export function xception(): BaseModel {
  const input = Input({ shape: [299, 299, 3] })
  let x = through(input, ...conv(32, 3, 2, 'valid'), relu(), ...conv(64, 3, 1, 'valid'), relu())
  const shrink = (from: Tensor, first: number, second: number, startsWithRelu: boolean): Tensor => {
    const main = through(
      from,
      ...(startsWithRelu ? [relu()] : []),
      ...[...separable(first), relu(), ...separable(second)],
      new MaxPooling2D({ poolSize: 3, strides: 2, padding: 'same' }),
    )
    return new Add().apply([main, through(from, ...conv(second, 1, 2))])
  }
  x = shrink(x, 128, 128, false)
  x = shrink(x, 256, 256, true)
  x = shrink(x, 728, 728, true)
  for (let block = 0; block < 8; block++) {
    const main = through(x, relu(), ...separable(728), relu(), ...separable(728), relu(), ...separable(728))
    x = new Add().apply([main, x])
  }
  x = shrink(x, 728, 1024, true)
  x = through(x, ...separable(1536), relu(), ...separable(2048), relu())
  const outputs = through(x, new GlobalAveragePooling2D(), new Dense({ units: 1000, activation: 'softmax' }))
  return new Model({ inputs: input, outputs })
}

/** MobileNet (Howard et al., 2017), width 1: 224 x 224 x 3 images, 1,000 classes, 4.3 million parameters. */
export function mobileNet(): BaseModel {
  const block = (filters: number, strides: number): Layer[] => [
    new DepthwiseConv2D({ kernelSize: 3, strides, padding: 'same', useBias: false }),
    new BatchNormalization(),
    new ReLU({ maxValue: 6 }),
    ...conv(filters, 1),
    new ReLU({ maxValue: 6 }),
  ]
  return new Sequential([
    Input({ shape: [224, 224, 3] }),
    ...conv(32, 3, 2),
    new ReLU({ maxValue: 6 }),
    ...[...block(64, 1), ...block(128, 2), ...block(128, 1), ...block(256, 2), ...block(256, 1), ...block(512, 2)],
    ...[1, 2, 3, 4, 5].flatMap(() => block(512, 1)),
    ...[...block(1024, 2), ...block(1024, 1)],
    new GlobalAveragePooling2D(),
    new Dense({ units: 1000, activation: 'softmax' }),
  ])
}

/** The second stage of ResNet-18 (He et al., 2016) with a head: four residual blocks of two 3 x 3 convolutions, 56 x 56 x 64. */
export function resNetStack(): BaseModel {
  const input = Input({ shape: [56, 56, 64] })
  let x = input
  for (let block = 0; block < 4; block++) {
    const main = through(x, ...conv(64, 3), relu(), ...conv(64, 3))
    x = through(new Add().apply([main, x]), relu())
  }
  const outputs = through(x, new GlobalAveragePooling2D(), new Dense({ units: 10, activation: 'softmax' }))
  return new Model({ inputs: input, outputs })
}

/** 784-512-512-10. */
export const denseNetwork = (): BaseModel =>
  new Sequential([
    Input({ shape: [784] }),
    new Dense({ units: 512, activation: 'relu' }),
    new Dense({ units: 512, activation: 'relu' }),
    new Dense({ units: 10, activation: 'softmax' }),
  ])
