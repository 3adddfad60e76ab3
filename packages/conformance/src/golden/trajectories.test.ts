// Whole training runs of Keras: 4 models, 12 steps each. The oracle follows Keras's float64 run to its last digits; the CPU
// backend stays within what rounding to float32 does to such a run.
import { readFileSync } from 'node:fs'
import { cpu } from '@strata/backend-cpu'
import { describe, expect, it } from 'vitest'
import { loadGolden } from '../golden-files.js'
import { KERAS_ROUNDING } from './layers-run.js'
import { deviation, type Envelope, expectedOf, perturbedRun } from './trajectory-envelope.js'
import { Float64Backend, runTrajectory, type Trajectory } from './trajectory-run.js'

const golden = loadGolden('trajectories')
/** By case; made by `measureEnvelope`. */
const envelopes: Readonly<Record<string, Envelope>> = JSON.parse(
  readFileSync(new URL('trajectory-envelopes.json', import.meta.url), 'utf8'),
)
const caseOf = (id: string) => golden.cases.find(c => c.id === id)!

/** Every deviation with its limit, one line for each that is beyond. */
function beyond(got: Envelope, limit: (pick: (e: Envelope) => number, scale: number) => number, scales: Trajectory) {
  const lines: string[] = []
  const check = (what: string, pick: (e: Envelope) => number, scale: number): void => {
    const allowed = limit(pick, scale)
    if (!(pick(got) <= allowed)) lines.push(`${what}: ${pick(got)} is beyond ${allowed}`)
  }
  const size = (v: ArrayLike<number>): number => Array.from(v).reduce((m, x) => Math.max(m, Math.abs(x)), 0)
  got.loss.forEach((_, i) => {
    check(`loss of step ${i}`, e => e.loss[i], scales.loss[i])
    check(`accuracy of step ${i}`, e => e.accuracy[i], 1)
  })
  check('predictions before', e => e.predictBefore, 1)
  check('predictions after', e => e.predictAfter, 1)
  for (const [name, v] of scales.gradients) check(`gradient of ${name}`, e => e.gradients[name], size(v))
  for (const [name, v] of scales.finalWeights) check(`final ${name}`, e => e.finalWeights[name], size(v))
  return lines
}

// The oracle takes minutes for a step of model_a: its first convolutions have 20 million products per image.
describe('the oracle in float64', () => {
  it.each(['model_b', 'model_c', 'model_d'])('follows Keras: %s', async id => {
    const c = caseOf(id)
    const want = expectedOf(golden, c)
    const got = deviation(await runTrajectory(golden, c, new Float64Backend()), want)
    // The float32 envelope, scaled to the rounding of float64, 2^-29 of it: Keras's run is off as well, see KERAS_ROUNDING.
    const limit = (pick: (e: Envelope) => number, scale: number): number =>
      KERAS_ROUNDING * 2 ** -29 * pick(envelopes[id]) + 2 * 2 ** -53 * scale
    expect(beyond(got, limit, want)).toEqual([])
  })
  // Fails when the graph of a training step changes, since the perturbations come in the order of its nodes: measure again then,
  // by node dist/golden/measure-envelopes.js model_b model_c model_d.
  it('is where the envelope comes from', async () => {
    const measured = await perturbedRun(golden, caseOf('model_d'), 0)
    measured.loss.forEach((v, i) => {
      expect(v).toBeLessThanOrEqual(envelopes.model_d.loss[i])
    })
    expect(measured.predictAfter).toBeLessThanOrEqual(envelopes.model_d.predictAfter)
  })
})

describe('the CPU backend in float32', () => {
  it.each(golden.cases.map(c => c.id))('stays in the envelope: %s', async id => {
    const c = caseOf(id)
    const want = expectedOf(golden, c)
    const backend = await cpu()
    const got = deviation(await runTrajectory(golden, c, backend), want)
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0, executables: 0 })
    backend.dispose()
    const limit = (pick: (e: Envelope) => number, scale: number): number => pick(envelopes[id]) + 2 * 2 ** -24 * scale
    expect(beyond(got, limit, want)).toEqual([])
  })
  it('would not with another optimizer constant', async () => {
    const c = caseOf('model_d')
    const want = expectedOf(golden, c)
    const limit = (pick: (e: Envelope) => number, scale: number): number =>
      pick(envelopes.model_d) + 2 * 2 ** -24 * scale
    const backend = await cpu()
    const wrong = { ...c, optimizer_config: { ...c.optimizer_config, momentum: 0.9001 } }
    expect(beyond(deviation(await runTrajectory(golden, wrong, backend), want), limit, want)).not.toEqual([])
    backend.dispose()
  })
})
