// Whole models: the seed network with and without batch normalisation, an Xception block, a MobileNet block. Small images and
// few channels, for the oracle's sake; the layers and their order are those of the originals.
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
  optimizers,
  type Philox,
  ReLU,
  SeparableConv2D,
  Sequential,
  type SymbolicTensor,
  type Variable,
} from '@strata/api'

export interface WholeModel {
  readonly name: string
  /** Whether its training run belongs to level core. */
  readonly core: boolean
  readonly inputShape: readonly [height: number, width: number, channels: number]
  readonly classes: number
  readonly batch: number
  readonly optimizer: () => optimizers.Optimizer
  build(): BaseModel
}

const CLASSES = 3
const momentum = 0.9

/** Two blocks of two separable convolutions each, global pooling, two dense layers. */
function seedNetwork(normalized: boolean): BaseModel {
  const normalize = (name: string): Layer[] => (normalized ? [new BatchNormalization({ momentum, name })] : [])
  const separable = (filters: number, name: string): Layer[] => [
    new SeparableConv2D({ filters, kernelSize: 3, padding: 'same', activation: 'relu', name }),
    ...normalize(`${name}_bn`),
  ]
  return new Sequential([
    Input({ shape: [8, 8, 3] }),
    ...separable(4, 'sep1'),
    ...separable(6, 'sep2'),
    new MaxPooling2D({ poolSize: 2 }),
    ...separable(6, 'sep3'),
    ...separable(8, 'sep4'),
    new GlobalAveragePooling2D(),
    new Dense({ units: 8, activation: 'relu', name: 'dense' }),
    ...normalize('dense_bn'),
    new Dense({ units: CLASSES, activation: 'softmax', name: 'probs' }),
  ])
}

/** An entry-flow block of Xception. Source: F. Chollet, "Xception", CVPR 2017, figure 5. */
function xceptionBlock(): BaseModel {
  const x = Input({ shape: [8, 8, 4] })
  const separable = (h: SymbolicTensor, name: string): SymbolicTensor => {
    const y = new SeparableConv2D({ filters: 6, kernelSize: 3, padding: 'same', useBias: false, name }).apply(h)
    return new BatchNormalization({ momentum, name: `${name}_bn` }).apply(y)
  }
  let h = new ReLU({ name: 'relu1' }).apply(separable(x, 'sep1'))
  h = separable(h, 'sep2')
  h = new MaxPooling2D({ poolSize: 3, strides: 2, padding: 'same', name: 'pool' }).apply(h)
  const project = { filters: 6, kernelSize: 1, strides: 2, padding: 'same', useBias: false, name: 'residual' } as const
  const residual = new BatchNormalization({ momentum, name: 'residual_bn' }).apply(new Conv2D(project).apply(x))
  const pooled = new GlobalAveragePooling2D({ name: 'gap' }).apply(new Add({ name: 'add' }).apply([h, residual]))
  return new Model({
    inputs: x,
    outputs: new Dense({ units: CLASSES, activation: 'softmax', name: 'probs' }).apply(pooled),
  })
}

/** An inverted residual of MobileNetV2. Source: M. Sandler et al., "MobileNetV2", CVPR 2018, figure 3. */
function mobileNetBlock(): BaseModel {
  const x = Input({ shape: [8, 8, 4] })
  const normalize = (h: SymbolicTensor, name: string): SymbolicTensor =>
    new BatchNormalization({ momentum, name }).apply(h)
  const relu6 = (h: SymbolicTensor, name: string): SymbolicTensor => new ReLU({ maxValue: 6, name }).apply(h)
  const pointwise = (h: SymbolicTensor, filters: number, name: string): SymbolicTensor =>
    normalize(new Conv2D({ filters, kernelSize: 1, useBias: false, name }).apply(h), `${name}_bn`)
  const depthwise = (h: SymbolicTensor, strides: number, name: string): SymbolicTensor =>
    normalize(
      new DepthwiseConv2D({ kernelSize: 3, strides, padding: 'same', useBias: false, name }).apply(h),
      `${name}_bn`,
    )
  let h = relu6(pointwise(x, 8, 'expand1'), 'expand1_relu')
  h = relu6(depthwise(h, 1, 'depth1'), 'depth1_relu')
  h = new Add({ name: 'add' }).apply([x, pointwise(h, 4, 'project1')])
  h = relu6(pointwise(h, 8, 'expand2'), 'expand2_relu')
  h = relu6(depthwise(h, 2, 'depth2'), 'depth2_relu')
  const pooled = new GlobalAveragePooling2D({ name: 'gap' }).apply(pointwise(h, 6, 'project2'))
  return new Model({
    inputs: x,
    outputs: new Dense({ units: CLASSES, activation: 'softmax', name: 'probs' }).apply(pooled),
  })
}

const sizes = { classes: CLASSES, batch: 6 } as const

export const WHOLE_MODELS: readonly WholeModel[] = [
  {
    name: 'seed network with batch normalization',
    core: true,
    inputShape: [8, 8, 3],
    optimizer: () => new optimizers.RMSprop({ learningRate: 0.01 }),
    build: () => seedNetwork(true),
    ...sizes,
  },
  {
    name: 'seed network without batch normalization',
    core: false,
    inputShape: [8, 8, 3],
    optimizer: () => new optimizers.Adam({ learningRate: 0.01 }),
    build: () => seedNetwork(false),
    ...sizes,
  },
  {
    name: 'Xception block with residual',
    core: false,
    inputShape: [8, 8, 4],
    optimizer: () => new optimizers.SGD({ learningRate: 0.05, momentum: 0.9 }),
    build: xceptionBlock,
    ...sizes,
  },
  {
    name: 'MobileNet block with residual',
    core: false,
    inputShape: [8, 8, 4],
    optimizer: () => new optimizers.Adam({ learningRate: 0.01 }),
    build: mobileNetBlock,
    ...sizes,
  },
]

/** A batch: an image's class is the channel that is brighter, so that there is something to learn. */
export function batchOf(m: WholeModel, random: Philox): { readonly x: Float32Array; readonly y: Float32Array } {
  const [h, w, c] = m.inputShape
  const size = h * w * c
  const x = new Float32Array(m.batch * size)
  const y = new Float32Array(m.batch * m.classes)
  for (let n = 0; n < m.batch; n++) {
    const label = random.below(m.classes)
    y[n * m.classes + label] = 1
    for (let i = 0; i < size; i++) x[n * size + i] = random.normal() / 2 + (i % c === label ? 1 : 0)
  }
  return { x, y }
}

/** Initial elements of a weight: He's normal distribution for kernels, what the layer starts with for the others. */
export function initialWeight(v: Variable, random: Philox): Float32Array {
  if (v.shape.length < 2) return new Float32Array(v.size).fill(/gamma|variance/i.test(v.name) ? 1 : 0)
  const fanIn = v.size / v.shape[v.shape.length - 1]
  return Float32Array.from({ length: v.size }, () => random.normal() * Math.sqrt(2 / fanIn))
}
