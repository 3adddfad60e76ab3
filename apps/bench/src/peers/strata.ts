// Strata on a backend.

import type { BaseModel } from '@strata/api'
import { optimizers } from '@strata/api'
import type { Backend } from '@strata/api/backend'
import type { Peer } from '../peer.js'

/** A model as a peer: compiled for the backend, with a step as tfjs's `trainOnBatch` takes it: data in, loss out. */
export function strataPeer(name: string, model: BaseModel, backend: Backend, learningRate: number): Peer {
  model.compile({
    backend,
    optimizer: new optimizers.RMSprop({ learningRate }),
    loss: 'categoricalCrossentropy',
    metrics: ['accuracy'],
    seed: 1,
  })
  return {
    name,
    stepsPerSample: 10,
    predict: async ({ x }) => Float32Array.from((await model.predictOnBatch(x)).data),
    step: async ({ x, y }) => (await model.trainOnBatch(x, y)).loss,
    dispose: () => model.dispose(),
  }
}
