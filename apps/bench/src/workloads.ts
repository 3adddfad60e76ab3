// What is compared: the network that the app trains, with BatchNormalization and without, on drawn images; and larger
// networks, which only Strata runs here, on noise.

import {
  type BaseModel,
  BatchNormalization,
  clearSession,
  Input,
  oneHot,
  Philox,
  Sequential,
  setSeed,
  streamOf,
} from '@strata/api'
import { networkFor } from '@strata/train/network'
import { drawShapes } from '@strata/train/shapes'
import { denseNetwork, mobileNet, resNetStack, xception } from './models.js'
import type { TrainingBatch } from './peer.js'

/** [height, width, channels] of the seed network's images. */
export const SHAPE = [64, 64, 3] as const
export const CLASSES = 10
export const LEARNING_RATE = 0.001

interface Network {
  readonly title: string
  /** Of one example. */
  readonly shape: readonly number[]
  readonly classes: number
  /** Whether peers run it. */
  readonly compared: boolean
  build(): BaseModel
}

const seedLayers = () => networkFor(SHAPE, CLASSES)
const NETWORKS = {
  plain: {
    title: 'seed network without BatchNormalization',
    shape: SHAPE,
    classes: CLASSES,
    compared: true,
    build: () =>
      new Sequential([
        Input({ shape: [...SHAPE] }),
        ...seedLayers().layers.filter(l => !(l instanceof BatchNormalization)),
      ]),
  },
  bn: {
    title: 'seed network with BatchNormalization',
    shape: SHAPE,
    classes: CLASSES,
    compared: true,
    build: seedLayers,
  },
  xception: { title: 'Xception', shape: [299, 299, 3], classes: 1000, compared: false, build: xception },
  mobilenet: { title: 'MobileNet', shape: [224, 224, 3], classes: 1000, compared: false, build: mobileNet },
  resnet: { title: 'ResNet blocks', shape: [56, 56, 64], classes: 10, compared: false, build: resNetStack },
  dense: { title: 'Dense 784-512-512-10', shape: [784], classes: 10, compared: false, build: denseNetwork },
} as const satisfies Record<string, Network>
export type NetworkName = keyof typeof NETWORKS

export interface Workload {
  /** As in `bn/train/b32`. */
  readonly id: string
  readonly network: NetworkName
  readonly kind: 'forward' | 'train'
  readonly batch: number
}

const workload = (network: NetworkName, kind: Workload['kind'], batch: number): Workload => ({
  id: `${network}/${kind}/b${batch}`,
  network,
  kind,
  batch,
})
const both = (network: NetworkName, batch: number): Workload[] => [
  workload(network, 'forward', batch),
  workload(network, 'train', batch),
]

/** The seed network, for all implementations. */
export const WORKLOADS: readonly Workload[] = (['plain', 'bn'] as const).flatMap(network => [
  workload(network, 'forward', 1),
  workload(network, 'forward', 32),
  workload(network, 'train', 8),
  workload(network, 'train', 32),
])
/** The larger networks, for Strata alone. */
export const MODEL_WORKLOADS: readonly Workload[] = [
  ...[...both('xception', 4), ...both('mobilenet', 8), ...both('resnet', 8)],
  ...[...both('dense', 1), ...both('dense', 128)],
]

/** Whether peers are asked to run it. */
export const isCompared = (w: Workload): boolean => NETWORKS[w.network].compared

/** As a heading. */
export const titleOf = ({ network, kind, batch }: Workload): string =>
  `${kind === 'forward' ? 'Forward' : 'Training step'}, batch ${batch}: ${NETWORKS[network].title}`

/** A new network, the same each time. */
export function buildNetwork(name: NetworkName, weights?: readonly Float32Array[]): BaseModel {
  setSeed(1)
  clearSession()
  const model = NETWORKS[name].build()
  if (weights !== undefined) model.setWeights([...weights])
  return model
}

/**
 * Weights with which the network tells images apart, as it does after training: kernels normal, of He's variance 2 / fan-in
 * (He et al., 2015), 1 / 9 for depthwise filters; normalization that shifts and scales a little. With Glorot's depthwise filters
 * the signal shrinks from layer to layer, all classes are equally likely whatever the image, and that two implementations
 * agree would mean nothing.
 */
export async function tellingWeights(name: NetworkName): Promise<Float32Array[]> {
  const random = new Philox(1, streamOf('bench/weights'))
  const model = buildNetwork(name)
  const values = await model.getWeights()
  return model.weights.map(({ shape, name }, i) => {
    const normal = (mean: number, deviation: number): Float32Array =>
      values[i].map(() => mean + deviation * random.normal())
    if (name.endsWith('variance')) return normal(0, 0).map(() => 0.5 + random.below(1024) / 1024)
    if (name.endsWith('gamma')) return normal(1, 0.1)
    if (shape.length < 2) return normal(0, 0.05)
    const fanIn = name.endsWith('depthwise_kernel')
      ? 2 * shape[0] * shape[1]
      : values[i].length / shape[shape.length - 1]
    return normal(0, Math.sqrt(2 / fanIn))
  })
}

/** Drawn images with one-hot targets for the seed network, noise for others. */
export async function batchOf(name: NetworkName, size: number): Promise<TrainingBatch> {
  const { shape, classes, compared }: Network = NETWORKS[name]
  if (compared) {
    const { images, labels } = await drawShapes({ seed: 1, split: 'train', count: size })
    const y = oneHot(labels, classes)
    return { x: { shape: [size, ...shape], data: images }, y: { shape: y.shape, data: Float32Array.from(y.data) } }
  }
  const random = new Philox(1, streamOf('bench/noise'))
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, size) }, () => random.normal())
  const y = oneHot(
    Array.from({ length: size }, () => random.below(classes)),
    classes,
  )
  return { x: { shape: [size, ...shape], data }, y: { shape: y.shape, data: Float32Array.from(y.data) } }
}
