// The bounds let roundings pass and catch a mistake.

import { describe, expect, it } from 'vitest'
import { boundsOf, disagreement, distance, identical, type Outcome } from './agreement.js'

const WEIGHTS = Float32Array.of(0.5, -1.25, 2)
const run = (weights: Float32Array): Outcome => {
  const logits = weights.map((w, i) => w * (i + 1))
  const total = logits.reduce((sum, l) => sum + Math.exp(l), 0)
  const probabilities = logits.map(l => Math.exp(l) / total)
  return { probabilities, losses: [-Math.log(probabilities[1])] }
}

describe('disagreement', () => {
  const exact = run(WEIGHTS)
  const bounds = boundsOf(exact, async factor => run(WEIGHTS.map(w => w * factor())), 16)

  it('lets the last bits differ', async () => {
    const other = run(WEIGHTS.map(w => w * (1 + 2 ** -23)))
    expect(other.losses).not.toEqual(exact.losses)
    expect(identical(exact, other)).toBe(false)
    expect(identical(exact, run(WEIGHTS))).toBe(true)
    expect(disagreement(exact, other, await bounds)).toBeNull()
  })

  it('reports a wrong result, one that is not a number and one of another length', async () => {
    const wrong = run(WEIGHTS.map(w => w * 1.001))
    expect(disagreement(exact, wrong, await bounds)).toMatch(
      /probabilities off by .* times the bound; loss of step 1 off by .* times the bound/,
    )
    const nan = { ...exact, losses: [Number.NaN] }
    expect(disagreement(exact, nan, await bounds)).toMatch(/^loss of step 1 off by Infinity/)
    expect(disagreement(exact, { ...exact, losses: [] }, await bounds)).toMatch(/^loss of step 1/)
    const short = { ...exact, probabilities: exact.probabilities.subarray(1) }
    expect(disagreement(exact, short, await bounds)).toMatch(/probabilities off by Infinity/)
  })
})

it('distance is infinite for what is not a number', () => {
  expect(distance(Float32Array.of(1, 2), Float32Array.of(1, 2.5))).toBe(0.5)
  expect(distance(Float32Array.of(Number.NaN), Float32Array.of(0))).toBe(Number.POSITIVE_INFINITY)
})
