// Whether two float32 implementations of one network agree: within what their roundings can do, given how strongly the
// network answers to changes of its weights.

import { Philox, streamOf } from '@strata/api'
import type { Peer, TrainingBatch } from './peer.js'

/** The unit roundoff of float32. */
const U = 2 ** -24
/** Relative size of the perturbations by which the network's condition is measured: far above U, far below 1. */
const PERTURBATION = 2 ** -14
/** Perturbed runs; and how much larger than the largest of them the worst case may be (they are random, it is not). */
const DRAWS = 3
const SAFETY = 4

/** What is compared: probabilities, and the losses of the first steps, of which the second shows whether the first was right. */
export interface Outcome {
  readonly probabilities: Float32Array
  readonly losses: readonly number[]
}

/** The largest differences that roundings explain. */
export interface Bounds {
  readonly probabilities: number
  readonly losses: readonly number[]
}

/**
 * Bounds for the difference of two implementations.
 *
 * A sum of n products in float32 is, up to a probability that is negligible, the exact sum of products changed by
 * relative errors of at most 4 sqrt(n) u (Higham and Mary, 2019), and a few elementwise operations add a few u: each layer
 * computes exactly what slightly other weights would give, forward and backward; a gradient that is small beside the terms of its sum is
 * less exact, but then the loss answers to it as little. So the difference of two implementations is at most twice
 * that of perturbing all weights by (4 sqrt(n) + 8) u. How much a perturbation changes the results is measured with a
 * larger one, and scaled, since small changes act linearly.
 *
 * @param perturbed runs the network with weights of which each is multiplied by what the function gives.
 * @param terms the most terms that a sum of the network has.
 */
export async function boundsOf(
  exact: Outcome,
  perturbed: (factor: () => number) => Promise<Outcome>,
  terms: number,
): Promise<Bounds> {
  let probabilities = 0
  const losses = exact.losses.map(() => 0)
  for (let draw = 0; draw < DRAWS; draw++) {
    const random = new Philox(1, streamOf('agreement'), draw)
    const outcome = await perturbed(() => (random.below(2) === 0 ? 1 - PERTURBATION : 1 + PERTURBATION))
    probabilities = Math.max(probabilities, distance(exact.probabilities, outcome.probabilities))
    for (const [i, loss] of exact.losses.entries()) losses[i] = Math.max(losses[i], Math.abs(loss - outcome.losses[i]))
  }
  const scale = (2 * SAFETY * (4 * Math.sqrt(terms) + 8) * U) / PERTURBATION
  // The results themselves are rounded, too, after a few operations on numbers of their size.
  return {
    probabilities: probabilities * scale + 8 * U,
    losses: losses.map((loss, i) => loss * scale + 8 * U * Math.abs(exact.losses[i])),
  }
}

/** The largest difference of two elements; infinite if one is not a number. */
export function distance(a: Float32Array, b: Float32Array): number {
  let most = a.length === b.length ? 0 : Number.POSITIVE_INFINITY
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i])
    if (!(difference <= most)) most = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference
  }
  return most
}

/** Predicts, then takes some steps on the same batch. */
export async function outcomeOf(peer: Peer, batch: TrainingBatch, steps: number): Promise<Outcome> {
  const probabilities = await peer.predict(batch)
  const losses: number[] = []
  for (let step = 0; step < steps; step++) losses.push(await peer.step(batch))
  return { probabilities, losses }
}

/** What is wrong with a peer's outcome; null if nothing is. */
export function disagreement(mine: Outcome, other: Outcome, bounds: Bounds): string | null {
  const wrong: string[] = []
  const check = (what: string, error: number, bound: number): void => {
    if (error <= bound) return
    wrong.push(`${what} off by ${error.toExponential(2)}, ${(error / bound).toPrecision(3)} times the bound`)
  }
  check('probabilities', distance(mine.probabilities, other.probabilities), bounds.probabilities)
  for (const [i, loss] of mine.losses.entries()) {
    const error = Math.abs(loss - (other.losses[i] ?? Number.NaN))
    check(`loss of step ${i + 1}`, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error, bounds.losses[i])
  }
  return wrong.length === 0 ? null : wrong.join('; ')
}

/** Whether two outcomes have the same bits. */
export const identical = (a: Outcome, b: Outcome): boolean =>
  distance(a.probabilities, b.probabilities) === 0 && a.losses.every((loss, i) => loss === b.losses[i])
