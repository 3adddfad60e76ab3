// Who is compared, each at the settings that its documentation calls best for a CPU.

import { cpu } from '@strata/backend-cpu'
import type { Peer } from './peer.js'
import { jaxPeer } from './peers/jax.js'
import { versionOf } from './peers/optional.js'
import { type OrtPackage, ortPeer } from './peers/ort.js'
import { strataPeer } from './peers/strata.js'
import { tfjsPeer } from './peers/tfjs.js'
import { buildNetwork, CLASSES, LEARNING_RATE, SHAPE, type Workload } from './workloads.js'

export interface Implementation {
  /** As `--implementations` takes it. */
  readonly id: string
  readonly label: string
  readonly threads: number
  /** Machine code made ahead: the roof of the WebAssembly engine does not bound it. */
  readonly native: boolean
  /** Whether results must have the bits of Strata with one thread, not only its numbers within roundings. */
  readonly sameBits: boolean
  /** The same as another, to see how far two measurements of one thing lie apart. */
  readonly controlOf?: string
  /** GFLOP/s to expect, roughly: to tell beforehand how long a run takes. Nothing else depends on it. */
  readonly expected: Readonly<Record<Workload['kind'], number>>
  /** Why it cannot do this; null if it can. */
  cannot(w: Workload): string | null
  /** @throws ArgumentError when what it needs is not installed */
  open(w: Workload, weights: readonly Float32Array[]): Promise<Peer>
}

interface StrataOptions {
  readonly id: string
  readonly threads: number
  readonly relaxedFma?: boolean
  readonly controlOf?: string
}

function strata({ id, threads, relaxedFma, controlOf }: StrataOptions): Implementation {
  const count = threads === 1 ? '1 thread' : `${threads} threads`
  const notes = [count, ...(relaxedFma === false ? ['no FMA'] : []), ...(controlOf === undefined ? [] : ['again'])]
  const label = `Strata (${notes.join(', ')})`
  return {
    id,
    label,
    threads,
    native: false,
    sameBits: relaxedFma !== false,
    controlOf,
    expected: { forward: 30, train: 20 },
    cannot: () => null,
    async open(w, weights) {
      const backend = await cpu(relaxedFma === undefined ? { threads } : { threads, relaxedFma })
      const peer = strataPeer(label, buildNetwork(w.network, weights), backend, LEARNING_RATE)
      return {
        ...peer,
        async dispose() {
          await peer.dispose()
          backend.dispose()
        },
      }
    },
  }
}

const versioned = (name: string, ...notes: readonly string[]): string =>
  [name, ...(versionOf(name) === null ? [] : [versionOf(name)]), `(${notes.join(', ')})`].join(' ')

function ort(id: string, name: OrtPackage, threads: number): Implementation {
  const native = name === 'onnxruntime-node'
  return {
    id,
    label: versioned(name, native ? 'native' : 'wasm', threads === 1 ? '1 thread' : `${threads} threads`),
    threads,
    native,
    sameBits: false,
    expected: { forward: native ? 60 : 15, train: 1 },
    cannot: w => (w.kind === 'train' ? 'runs models, does not train them' : null),
    open: async (w, weights) => {
      const { layers } = buildNetwork(w.network, weights)
      return ortPeer(name, { threads, layers, inputShape: SHAPE, classes: CLASSES, batch: w.batch })
    },
  }
}

const tfjs = (backend: 'cpu' | 'wasm'): Implementation => ({
  id: `tfjs-${backend}`,
  label: versioned(`@tensorflow/tfjs-backend-${backend}`, '1 thread'),
  threads: 1,
  native: false,
  sameBits: false,
  expected: backend === 'wasm' ? { forward: 10, train: 1 } : { forward: 0.2, train: 0.02 },
  cannot: w =>
    backend === 'wasm' && w.kind === 'train'
      ? 'has no kernels for the gradients of convolutions (Conv2DBackpropFilter, both of the depthwise one)'
      : null,
  open: async (w, weights) => tfjsPeer(buildNetwork(w.network, weights).layers, SHAPE, LEARNING_RATE, backend),
})

const jax: Implementation = {
  id: 'jax-js',
  label: versioned('@jax-js/jax', 'wasm', '1 thread'),
  threads: 1,
  native: false,
  sameBits: false,
  expected: { forward: 1, train: 0.7 },
  cannot: () => null,
  open: async (w, weights) => jaxPeer(buildNetwork(w.network, weights).layers, LEARNING_RATE),
}

/** Whether it is Strata, in whatever way. */
export const isOurs = ({ id }: Implementation): boolean => id.startsWith('strata-')

/** The reference, against whose results all are checked. */
export const REFERENCE = 'strata-1'

export interface Choice {
  /** All threads: how many that is. */
  readonly threads: number
  /** Whether Strata is measured without fused multiply-adds, too. */
  readonly withoutFma: boolean
  /** Of onnxruntime-web; it has one number for the whole process. */
  readonly webThreads: number
}

/** All implementations, the reference first. */
export function implementations({ threads, withoutFma, webThreads }: Choice): Implementation[] {
  const several = threads > 1
  return [
    strata({ id: REFERENCE, threads: 1 }),
    strata({ id: 'strata-1-again', threads: 1, controlOf: REFERENCE }),
    ...(several ? [strata({ id: 'strata-n', threads })] : []),
    ...(withoutFma ? [strata({ id: 'strata-1-nofma', threads: 1, relaxedFma: false })] : []),
    ...(withoutFma && several ? [strata({ id: 'strata-n-nofma', threads, relaxedFma: false })] : []),
    ort('ort-node-1', 'onnxruntime-node', 1),
    ...(several ? [ort('ort-node-n', 'onnxruntime-node', threads)] : []),
    ort('ort-web', 'onnxruntime-web', webThreads),
    tfjs('wasm'),
    tfjs('cpu'),
    jax,
  ]
}
