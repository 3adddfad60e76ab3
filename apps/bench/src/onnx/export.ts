// A chain of Strata's layers as an ONNX model of the same weights, in ONNX's order of axes (NCHW).

import { ArgumentError, type Layer } from '@strata/api'
import { encodeModel, type OnnxNode, type OnnxTensor } from './encode.js'

/** NHWC to NCHW. */
export function toChannelsFirst(data: Float32Array, [n, h, w, c]: readonly number[]): Float32Array {
  const out = new Float32Array(data.length)
  for (let b = 0; b < n; b++) {
    for (let k = 0; k < c; k++) {
      for (let i = 0; i < h * w; i++) out[(b * c + k) * h * w + i] = data[(b * h * w + i) * c + k]
    }
  }
  return out
}

/** Axes of a filter of [height, width, a, b], reordered: [b, a, height, width]. */
export function filterFirst(data: Float32Array, [h, w, a, b]: readonly number[]): Float32Array {
  const out = new Float32Array(data.length)
  for (let i = 0; i < h * w; i++) {
    for (let k = 0; k < a * b; k++) out[((k % b) * a + Math.floor(k / b)) * h * w + i] = data[i * a * b + k]
  }
  return out
}

type Config = Readonly<Record<string, unknown>>
const refuse = (layer: Layer, what: string, expected: string, got: unknown): ArgumentError =>
  new ArgumentError({ where: `ONNX export of '${layer.name}'`, what, expected, got })

function demand(layer: Layer, config: Config, wanted: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(wanted)) {
    if (JSON.stringify(config[key]) !== JSON.stringify(value)) {
      throw refuse(layer, key, JSON.stringify(value), JSON.stringify(config[key]))
    }
  }
}

/** The nodes and weights of a graph under construction, and the value that the next node reads. */
class Chain {
  readonly nodes: OnnxNode[] = []
  readonly initializers: OnnxTensor[] = []
  current = 'x'

  add(op: string, weights: readonly string[] = [], more: Pick<OnnxNode, 'attributes' | 'floats'> = {}): void {
    const output = `v${this.nodes.length}`
    this.nodes.push({ op, inputs: [this.current, ...weights], output, ...more })
    this.current = output
  }
  weight(name: string, shape: readonly number[], data: Float32Array): string {
    this.initializers.push({ name, shape, data })
    return name
  }
  activation(layer: Layer, kind: unknown): void {
    if (kind === 'relu') this.add('Relu')
    else if (kind === 'softmax') this.add('Softmax', [], { attributes: { axis: -1 } })
    else if (kind !== 'linear') throw refuse(layer, 'activation', "'relu', 'softmax' or 'linear'", kind)
  }
}

async function addLayer(chain: Chain, layer: Layer): Promise<void> {
  const config: Config = layer.getConfig()
  const weights = await layer.getWeights()
  const shapes = layer.weights.map(w => w.shape)
  const named = (name: string): string => `${layer.name}/${name}`
  switch (layer.className) {
    case 'SeparableConv2D': {
      demand(layer, config, {
        padding: 'valid',
        strides: [1, 1],
        kernelSize: [3, 3],
        depthMultiplier: 1,
        useBias: true,
      })
      const [depthwise, pointwise, bias] = weights
      const [channels, filters] = [shapes[0][2], shapes[1][3]]
      // [h, w, channels, 1] -> [channels, 1, h, w]: as a filter of one input channel and `channels` outputs.
      const d = filterFirst(depthwise, [3, 3, 1, channels])
      const attributes = { kernel_shape: [3, 3], group: channels }
      chain.add('Conv', [chain.weight(named('depthwise'), [channels, 1, 3, 3], d)], { attributes })
      const p = chain.weight(named('pointwise'), [filters, channels, 1, 1], filterFirst(pointwise, shapes[1]))
      const b = chain.weight(named('bias'), [filters], bias)
      chain.add('Conv', [p, b], { attributes: { kernel_shape: [1, 1] } })
      return chain.activation(layer, config.activation)
    }
    case 'BatchNormalization': {
      demand(layer, config, { axis: -1, center: true, scale: true })
      const names = ['gamma', 'beta', 'mean', 'variance'].map((n, i) => chain.weight(named(n), shapes[i], weights[i]))
      const attributes = { epsilon: Number(config.epsilon) }
      return chain.add('BatchNormalization', names, { attributes, floats: ['epsilon'] })
    }
    case 'MaxPooling2D':
      demand(layer, config, { padding: 'valid', poolSize: [2, 2], strides: [2, 2] })
      return chain.add('MaxPool', [], { attributes: { kernel_shape: [2, 2], strides: [2, 2] } })
    case 'GlobalAveragePooling2D':
      chain.add('GlobalAveragePool')
      return chain.add('Flatten', [], { attributes: { axis: 1 } })
    case 'Dense':
      demand(layer, config, { useBias: true })
      chain.add('Gemm', [
        chain.weight(named('kernel'), shapes[0], weights[0]),
        chain.weight(named('bias'), shapes[1], weights[1]),
      ])
      return chain.activation(layer, config.activation)
    default:
      throw refuse(layer, 'layer', 'a layer of the seed network', layer.className)
  }
}

/**
 * The ONNX model of a chain of layers: input 'x' [batch, channels, height, width], one output.
 *
 * @param inputShape [height, width, channels] of one image.
 * @throws ArgumentError for layers and options that the seed network does not have.
 */
export async function toOnnx(
  layers: readonly Layer[],
  inputShape: readonly [number, number, number],
  batch: number,
  classes: number,
): Promise<Uint8Array> {
  const chain = new Chain()
  for (const layer of layers) await addLayer(chain, layer)
  const [height, width, channels] = inputShape
  return encodeModel({
    nodes: chain.nodes,
    initializers: chain.initializers,
    inputs: [{ name: 'x', shape: [batch, channels, height, width] }],
    outputs: [{ name: chain.current, shape: [batch, classes] }],
  })
}
