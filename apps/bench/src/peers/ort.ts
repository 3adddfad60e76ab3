// ONNX Runtime, native in Node (onnxruntime-node) and as WebAssembly (onnxruntime-web). It runs models and trains none.

import { ArgumentError, type Layer } from '@strata/api'
import { toChannelsFirst, toOnnx } from '../onnx/export.js'
import type { Peer, TrainingBatch } from '../peer.js'
import { optional, withoutTraces } from './optional.js'

interface OrtTensor {
  readonly data: ArrayLike<number>
}
interface Session {
  readonly outputNames: readonly string[]
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>
  release(): Promise<void>
}
interface Ort {
  readonly env: { readonly wasm: { numThreads?: number }; logLevel?: string }
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => OrtTensor
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> }
}

/** Which of the two packages. */
export type OrtPackage = 'onnxruntime-node' | 'onnxruntime-web'

export interface OrtOptions {
  readonly threads: number
  readonly layers: readonly Layer[]
  /** [height, width, channels] */
  readonly inputShape: readonly [number, number, number]
  readonly classes: number
  /** The batch that the model is for: fixed shapes are what its optimizer does best with. */
  readonly batch: number
}

/**
 * The network in ONNX Runtime, at its best documented settings: all graph optimizations, a fixed shape, as many threads as
 * asked for. Images are brought into its order of axes before anything is timed.
 *
 * @throws ArgumentError when the package is not installed
 */
export async function ortPeer(name: OrtPackage, options: OrtOptions): Promise<Peer> {
  const { threads, layers, inputShape, classes, batch } = options
  const ort = await optional<Ort>(name)
  const native = name === 'onnxruntime-node'
  // The WebAssembly build starts its threads with the first session.
  if (!native) ort.env.wasm.numThreads = threads
  const model = await toOnnx(layers, inputShape, batch, classes)
  const settings = native ? { intraOpNumThreads: threads, interOpNumThreads: 1, executionMode: 'sequential' } : {}
  const session = await withoutTraces(() =>
    ort.InferenceSession.create(model, {
      executionProviders: [native ? 'cpu' : 'wasm'],
      graphOptimizationLevel: 'all',
      ...settings,
    }),
  )
  const prepared = new WeakMap<TrainingBatch, Float32Array>()
  const imagesOf = (b: TrainingBatch): Float32Array => {
    const known = prepared.get(b) ?? toChannelsFirst(b.x.data, b.x.shape)
    prepared.set(b, known)
    return known
  }
  return {
    name,
    stepsPerSample: 1,
    async predict(b) {
      const [n, h, w, c] = b.x.shape
      const results = await session.run({ x: new ort.Tensor('float32', imagesOf(b), [n, c, h, w]) })
      return Float32Array.from(results[session.outputNames[0]].data)
    },
    async step() {
      throw new ArgumentError({ where: name, what: 'training step', expected: 'a prediction' })
    },
    dispose: () => session.release(),
  }
}
