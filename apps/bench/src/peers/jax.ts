// jax-js on its WebAssembly backend: the network written with its functions, differentiated and compiled by it.

import { ArgumentError, type Layer } from '@strata/api'
import { filterFirst, toChannelsFirst } from '../onnx/export.js'
import type { Peer, TrainingBatch } from '../peer.js'
import { optional } from './optional.js'

/** An array that is consumed by what it is given to; `ref` is another reference to it. */
interface JaxArray {
  readonly ref: JaxArray
  readonly shape: number[]
  add(other: JaxArray | number): JaxArray
  sub(other: JaxArray | number): JaxArray
  mul(other: JaxArray | number): JaxArray
  div(other: JaxArray | number): JaxArray
  mean(axes: number[], options?: { keepdims: boolean }): JaxArray
  sum(axes?: number[]): JaxArray
  max(axes: number[]): JaxArray
  reshape(shape: number[]): JaxArray
  data(): Promise<ArrayLike<number>>
  dispose(): void
}
type Arrays = JaxArray[]
interface Compiled<A extends readonly unknown[], R> {
  (...inputs: A): R
  dispose(): void
}
interface Jax {
  init(device: string): Promise<string[]>
  defaultDevice(device: string): string
  jit<A extends readonly unknown[], R>(f: (...inputs: A) => R): Compiled<A, R>
  valueAndGrad(
    f: (weights: Arrays, state: Arrays, x: JaxArray, y: JaxArray) => [JaxArray, Arrays],
    options: { hasAux: true },
  ): (weights: Arrays, state: Arrays, x: JaxArray, y: JaxArray) => [[JaxArray, Arrays], Arrays]
  readonly numpy: {
    array(data: Float32Array): JaxArray
    sqrt(x: JaxArray): JaxArray
    dot(a: JaxArray, b: JaxArray): JaxArray
  }
  readonly nn: {
    relu(x: JaxArray): JaxArray
    softmax(x: JaxArray, axis: number): JaxArray
    logSoftmax(x: JaxArray, axis: number): JaxArray
  }
  readonly lax: {
    convGeneralDilated(
      x: JaxArray,
      filter: JaxArray,
      strides: number[],
      padding: string,
      options?: { featureGroupCount: number },
    ): JaxArray
  }
}

const RHO = 0.9
const EPSILON = 1e-7

/** A layer: takes what it reads of the weights and of the state, and gives the new state. */
type Stage = (x: JaxArray, weights: Arrays, state: Arrays, training: boolean) => [JaxArray, Arrays]
interface Part {
  readonly run: Stage
  readonly weights: Arrays
  readonly state: Arrays
}

/** @param images whether the layer reads images, not rows */
async function partOf(jax: Jax, layer: Layer, images: boolean, isLast: boolean): Promise<Part> {
  const { numpy: np, lax, nn } = jax
  const values = await layer.getWeights()
  const shapes = layer.weights.map(w => w.shape)
  const array = (data: Float32Array, shape: readonly number[]): JaxArray => np.array(data).reshape([...shape])
  const config: Readonly<Record<string, unknown>> = layer.getConfig()
  switch (layer.className) {
    case 'SeparableConv2D': {
      const [channels, filters] = [shapes[0][2], shapes[1][3]]
      return {
        weights: [
          array(filterFirst(values[0], [3, 3, 1, channels]), [channels, 1, 3, 3]),
          array(filterFirst(values[1], shapes[1]), [filters, channels, 1, 1]),
          array(values[2], [1, filters, 1, 1]),
        ],
        state: [],
        run(x, [d, p, b], state) {
          const wide = lax.convGeneralDilated(x, d, [1, 1], 'VALID', { featureGroupCount: channels })
          return [nn.relu(lax.convGeneralDilated(wide, p, [1, 1], 'VALID').add(b)), state]
        },
      }
    }
    case 'BatchNormalization': {
      const epsilon = Number(config.epsilon)
      const momentum = Number(config.momentum)
      const axes = images ? [0, 2, 3] : [0]
      const own = images ? [1, shapes[0][0], 1, 1] : [1, shapes[0][0]]
      const [gamma, beta, mean, variance] = values.map(v => array(v, own))
      return {
        weights: [gamma, beta],
        state: [mean, variance],
        run(x, [g, b], [m, v], training) {
          const normal = (centred: JaxArray, spread: JaxArray): JaxArray =>
            centred.mul(g.div(np.sqrt(spread.add(epsilon)))).add(b)
          if (!training) return [normal(x.sub(m.ref), v.ref), [m, v]]
          const mu = x.ref.mean(axes, { keepdims: true })
          const centred = x.sub(mu.ref)
          const spread = centred.ref.mul(centred.ref).mean(axes, { keepdims: true })
          const moved = (old: JaxArray, now: JaxArray): JaxArray => old.mul(momentum).add(now.mul(1 - momentum))
          return [normal(centred, spread.ref), [moved(m, mu), moved(v, spread)]]
        },
      }
    }
    case 'MaxPooling2D':
      return {
        weights: [],
        state: [],
        run(x, _, state) {
          const [n, c, h, w] = x.shape
          return [x.reshape([n, c, h / 2, 2, w / 2, 2]).max([3, 5]), state]
        },
      }
    case 'GlobalAveragePooling2D':
      return { weights: [], state: [], run: (x, _, state) => [x.mean([2, 3]), state] }
    case 'Dense':
      return {
        weights: [array(values[0], shapes[0]), array(values[1], [1, shapes[1][0]])],
        state: [],
        run(x, [w, b], state) {
          const y = np.dot(x, w).add(b)
          // The last layer's softmax belongs to the loss.
          return [isLast ? y : nn.relu(y), state]
        },
      }
    default:
      throw new ArgumentError({
        where: 'jax-js',
        what: 'layer',
        expected: 'one of the seed network',
        got: layer.className,
      })
  }
}

/** The chain of all layers over one list of weights and one of states. */
function chain(parts: readonly Part[], training: boolean) {
  return (x: JaxArray, weights: Arrays, state: Arrays): [JaxArray, Arrays] => {
    let value = x
    let [w, s] = [0, 0]
    const next: Arrays = []
    for (const part of parts) {
      const mine = weights.slice(w, w + part.weights.length)
      const [y, after] = part.run(value, mine, state.slice(s, s + part.state.length), training)
      value = y
      next.push(...after)
      w += part.weights.length
      s += part.state.length
    }
    return [value, next]
  }
}

/**
 * The same network in jax-js, one compiled function for a prediction and one for a training step.
 *
 * @param layers of the network, built; it ends in a dense layer with softmax.
 * @throws ArgumentError when the package is not installed or has no WebAssembly here
 */
export async function jaxPeer(layers: readonly Layer[], learningRate: number): Promise<Peer> {
  const jax = await optional<Jax>('@jax-js/jax')
  const devices = await jax.init('wasm')
  if (!devices.includes('wasm')) {
    throw new ArgumentError({ where: 'jax-js', what: 'device', expected: 'wasm', got: devices.join(', ') || 'none' })
  }
  jax.defaultDevice('wasm')
  const { numpy: np, nn } = jax
  const flat = layers.findIndex(l => l.className === 'GlobalAveragePooling2D')
  const parts: Part[] = []
  for (const [i, layer] of layers.entries()) parts.push(await partOf(jax, layer, i < flat, i === layers.length - 1))

  const predicting = chain(parts, false)
  const training = chain(parts, true)
  const forward = jax.jit((weights: Arrays, state: Arrays, x: JaxArray): JaxArray => {
    const [logits, rest] = predicting(x, weights, state)
    for (const array of rest) array.dispose()
    return nn.softmax(logits, -1)
  })
  const gradient = jax.valueAndGrad(
    (weights, state, x, y) => {
      const [logits, next] = training(x, weights, state)
      const rows = logits.shape[0]
      return [
        nn
          .logSoftmax(logits, -1)
          .mul(y)
          .sum()
          .mul(-1 / rows),
        next,
      ]
    },
    { hasAux: true },
  )
  const update = jax.jit(
    (weights: Arrays, state: Arrays, squares: Arrays, x: JaxArray, y: JaxArray): [JaxArray, Arrays, Arrays, Arrays] => {
      const [[loss, next], gradients] = gradient(
        weights.map(w => w.ref),
        state,
        x,
        y,
      )
      const means = squares.map((v, i) => v.mul(RHO).add(gradients[i].ref.mul(gradients[i].ref).mul(1 - RHO)))
      const moved = weights.map((w, i) => w.sub(gradients[i].mul(learningRate).div(np.sqrt(means[i].ref.add(EPSILON)))))
      return [loss, moved, next, means]
    },
  )

  let weights = parts.flatMap(p => p.weights)
  let state = parts.flatMap(p => p.state)
  let squares = weights.map(w => np.array(new Float32Array(w.shape.reduce((a, b) => a * b, 1))).reshape([...w.shape]))
  const prepared = new WeakMap<TrainingBatch, Float32Array>()
  const images = (batch: TrainingBatch): JaxArray => {
    const data = prepared.get(batch) ?? toChannelsFirst(batch.x.data, batch.x.shape)
    prepared.set(batch, data)
    const [n, h, w, c] = batch.x.shape
    return np.array(data).reshape([n, c, h, w])
  }
  const refs = (arrays: Arrays): Arrays => arrays.map(a => a.ref)
  return {
    name: 'jax-js (wasm)',
    stepsPerSample: 1,
    predict: async batch => Float32Array.from(await forward(refs(weights), refs(state), images(batch)).data()),
    async step(batch) {
      const y = np.array(batch.y.data).reshape([...batch.y.shape])
      const [loss, ...after] = update(weights, state, squares, images(batch), y)
      ;[weights, state, squares] = after
      return (await loss.data())[0]
    },
    async dispose() {
      for (const array of [...weights, ...state, ...squares]) array.dispose()
      forward.dispose()
      update.dispose()
    },
  }
}
