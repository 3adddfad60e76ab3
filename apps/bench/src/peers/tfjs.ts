// TensorFlow.js on its plain JavaScript backend, the only one of its backends without a GPU that can train this network, and
// on its WebAssembly backend, which predicts.

import type { Layer } from '@strata/api'
import { ArgumentError } from '@strata/api'
import type { Peer, TrainingBatch } from '../peer.js'
import { optional, withoutTraces } from './optional.js'

interface Tensor {
  data(): Promise<ArrayLike<number>>
  dispose(): void
}
interface TfLayer {
  setWeights(weights: Tensor[]): void
}
interface TfModel {
  readonly layers: readonly TfLayer[]
  compile(options: object): void
  trainOnBatch(x: Tensor, y: Tensor): Promise<number | readonly number[]>
  predictOnBatch(x: Tensor): Tensor
  dispose(): void
}
interface Core {
  setBackend(name: string): Promise<boolean>
  tensor(data: Float32Array, shape: number[]): Tensor
  readonly train: { rmsprop(learningRate: number, decay: number, momentum: number, epsilon: number): object }
}
type Factory = (options: object) => TfLayer
interface Layers {
  sequential(options: { layers: readonly TfLayer[] }): TfModel
  readonly layers: Readonly<Record<string, Factory>>
}

const FACTORIES: Readonly<Record<string, string>> = {
  SeparableConv2D: 'separableConv2d',
  BatchNormalization: 'batchNormalization',
  MaxPooling2D: 'maxPooling2d',
  GlobalAveragePooling2D: 'globalAveragePooling2d',
  Dense: 'dense',
}
// The arguments that both libraries have under the same names and that this network sets.
const ARGUMENTS = [
  'filters',
  'kernelSize',
  'padding',
  'activation',
  'momentum',
  'epsilon',
  'poolSize',
  'units',
] as const

function mirror(tf: Layers, layer: Layer, inputShape: readonly number[] | null): TfLayer {
  const factory = FACTORIES[layer.className]
  if (factory === undefined) {
    const expected = `one of ${Object.keys(FACTORIES).join(', ')}`
    throw new ArgumentError({ where: 'tfjs', what: 'layer', expected, got: layer.className })
  }
  const config = layer.getConfig()
  const options = Object.fromEntries(ARGUMENTS.filter(key => key in config).map(key => [key, config[key]]))
  return tf.layers[factory](inputShape === null ? options : { ...options, inputShape: [...inputShape] })
}

/**
 * The same network in TensorFlow.js, with the same weights, trained by the same optimizer.
 *
 * @param layers of the network, built.
 * @param backend of TensorFlow.js; made the current one before each call, since it has only one at a time.
 * @throws ArgumentError when the packages are not installed, or for a layer that this file does not know.
 */
export async function tfjsPeer(
  layers: readonly Layer[],
  inputShape: readonly number[],
  learningRate: number,
  backend: 'cpu' | 'wasm' = 'cpu',
): Promise<Peer> {
  const core = await optional<Core>('@tensorflow/tfjs-core')
  const tf = await optional<Layers>('@tensorflow/tfjs-layers')
  await optional(`@tensorflow/tfjs-backend-${backend}`)
  if (!(await withoutTraces(() => core.setBackend(backend)))) {
    throw new ArgumentError({ where: 'tfjs', what: 'backend', expected: 'one that starts here', got: backend })
  }
  const model = tf.sequential({ layers: layers.map((layer, i) => mirror(tf, layer, i === 0 ? inputShape : null)) })
  for (const [i, layer] of layers.entries()) {
    const values = await layer.getWeights()
    model.layers[i].setWeights(values.map((v, k) => core.tensor(v, [...layer.weights[k].shape])))
  }
  model.compile({
    optimizer: core.train.rmsprop(learningRate, 0.9, 0, 1e-7),
    loss: 'categoricalCrossentropy',
    metrics: ['accuracy'],
  })
  const tensors = ({ x, y }: TrainingBatch): [Tensor, Tensor] => [
    core.tensor(x.data, [...x.shape]),
    core.tensor(y.data, [...y.shape]),
  ]
  return {
    name: `tfjs-layers 4.22.0 (${backend})`,
    stepsPerSample: 1,
    async predict(batch) {
      await core.setBackend(backend)
      const x = core.tensor(batch.x.data, [...batch.x.shape])
      const y = model.predictOnBatch(x)
      const probabilities = Float32Array.from(await y.data())
      x.dispose()
      y.dispose()
      return probabilities
    },
    async step(batch) {
      await core.setBackend(backend)
      const [x, y] = tensors(batch)
      const result = await model.trainOnBatch(x, y)
      x.dispose()
      y.dispose()
      return typeof result === 'number' ? result : result[0]
    },
    async dispose() {
      model.dispose()
    },
  }
}
