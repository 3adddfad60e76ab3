// The arithmetic that a workload cannot do without.

import type { BaseModel } from '@strata/api'
import { type Backend, stepCost, stepSpec } from '@strata/api/backend'

/** A backend that has core kernels only, as far as compiling goes: plans for it show every product for itself. */
const plain = (backend: Backend): Backend => ({
  name: backend.name,
  numerics: backend.numerics,
  linearMemory: backend.linearMemory,
  supports: () => false,
  alloc: bytes => backend.alloc(bytes),
  write: (to, data) => backend.write(to, data),
  read: from => backend.read(from),
  readInt32: from => backend.readInt32(from),
  load: plan => backend.load(plan),
  sync: () => backend.sync(),
  memory: () => backend.memory(),
  dispose: () => undefined,
})

/**
 * Operations of all matrix products and convolutions, a multiplication and an addition each, as the mathematics asks for them:
 * the same number for every implementation, however it computes. Other work (activations, statistics, the optimizer) does not
 * count, so no implementation reaches the whole roof.
 */
export async function usefulFlops(model: BaseModel, mode: 'predict' | 'train', batch: number, backend: Backend) {
  model.compile({ backend: plain(backend), loss: 'categoricalCrossentropy' })
  const plan = await model.plan(mode, batch)
  await model.dispose()
  return plan.steps
    .filter(step => /conv2d|matmul/i.test(step.kernel))
    .reduce((sum, step) => sum + stepCost(stepSpec(plan, step)).flops, 0)
}
