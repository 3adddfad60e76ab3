// The debugging oracle: silent on a correct backend, names the step of a wrong one.
import { evaluate, input, ops } from '@strata/api'
import { f32 } from '@strata/api/backend'
import { cpu } from '@strata/backend-cpu'
import { afterEach, expect, test, vi } from 'vitest'
import { stepwise } from './stepwise.js'
import { MISUSE_NAMES, misuseTier } from './tiers/misuse.js'
import { VerifyError, verify, verifyIfAsked } from './verify.js'

const [x, w] = [input('x', f32([3, 4])), input('w', f32([4, 5]))]
const graph = { outputs: { y: ops.softmax(ops.matmul(x, w)), total: ops.sum(ops.exp(x)) } }
const feeds = {
  x: Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)),
  w: Float32Array.from({ length: 20 }, (_, i) => Math.cos(i)),
}
afterEach(() => {
  vi.unstubAllEnvs()
})

test('a correct backend gives the same bits, and every step is checked', async () => {
  const plain = await cpu({ threads: 1 })
  const kernels: string[] = []
  const backend = verify(await cpu({ threads: 1 }), { onStep: kernel => kernels.push(kernel) })
  expect(await evaluate(backend, graph, feeds)).toEqual(await evaluate(plain, graph, feeds))
  expect(kernels.sort()).toEqual(['matmul', 'reduce', 'softmax'])
  expect(backend.memory()).toEqual({ buffers: 0, bytes: 0, executables: 0 })
  backend.dispose()
  plain.dispose()
})
test('a planted bug: the error names the step, its attributes, the element and both values', async () => {
  const buggy = stepwise(await cpu({ threads: 1 }), {
    after({ spec, outs }) {
      if (spec.kernel === 'matmul') outs[0][7] += 0.125
    },
  })
  const backend = verify(buggy)
  const error = await evaluate(backend, graph, feeds).catch(e => e)
  expect(error).toBeInstanceOf(VerifyError)
  expect(error.message).toMatch(
    /verify: step \d of 3: matmul \(x.*\[3, 4\].*\n.*transposeA.*\n {2}out0\[7\]: expected .* \+- .*, got/,
  )
  // The backend works afterwards.
  await expect(evaluate(backend, { outputs: { z: ops.neg(x) } }, feeds)).resolves.toHaveProperty('z')
  expect(backend.memory()).toMatchObject({ buffers: 0, executables: 0 })
  backend.dispose()
})
test.each(MISUSE_NAMES)('refuses like a backend: %s', async name => {
  expect((await misuseTier(async () => verify(await cpu({ threads: 1 })), name)).failure).toBeUndefined()
})
test('STRATA_VERIFY=1 asks for it', async () => {
  const backend = await cpu({ threads: 1 })
  expect(verifyIfAsked(backend)).toBe(backend)
  vi.stubEnv('STRATA_VERIFY', '1')
  expect(verifyIfAsked(backend)).not.toBe(backend)
  backend.dispose()
})
