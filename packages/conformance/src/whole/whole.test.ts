// The envelopes of training runs are tight enough to see reduced precision.
import { cpu } from '@strata/backend-cpu'
import { expect, test } from 'vitest'
import { MUTATIONS, mutate } from '../mutation/index.js'
import { WHOLE_MODELS } from './models.js'
import { stepTier } from './step.js'
import { trajectoryTier } from './trajectory.js'

const tf32 = MUTATIONS.find(m => m.name.includes('TF32'))!

test.each(WHOLE_MODELS)('$name: operands of TF32 leave the envelope and the bounds', async m => {
  const backend = mutate(await cpu({ threads: 1 }), tf32)
  const trajectory = await trajectoryTier(backend, m, 1)
  expect(trajectory.failure?.what).toContain('beyond the envelope')
  const step = await stepTier(backend, m, 1)
  expect(step.failure?.what).toMatch(/beyond the bound|verify: step/)
  backend.dispose()
})
