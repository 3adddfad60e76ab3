// How far rounding to float32 may lead a run away from float64: measured, from float64 runs that are perturbed by as much
// as float32 arithmetic perturbs (see Float64Backend in trajectory-run.ts).
import { Philox } from '@strata/api'
import type { Golden, TrajectoryCase } from '../golden-files.js'
import { Float64Backend, runTrajectory, type Trajectory } from './trajectory-run.js'

/** The largest deviations from the unperturbed run: of each step's loss, of each tensor's elements. */
export interface Envelope {
  readonly loss: readonly number[]
  readonly accuracy: readonly number[]
  readonly predictBefore: number
  readonly predictAfter: number
  readonly gradients: Readonly<Record<string, number>>
  readonly finalWeights: Readonly<Record<string, number>>
}

/**
 * Number of perturbed runs. Two are enough: each moves every number that a step writes, uniformly within the bound on its
 * error, while a backend's errors are mostly far smaller than their bounds. (The largest deviation of the CPU backend is a
 * third of the envelope; most are less than a hundredth.)
 */
export const RUNS = 2

const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let d = 0
  for (let i = 0; i < a.length; i++) d = Math.max(d, Math.abs(a[i] - b[i]))
  return d
}
const ofMap = (a: Trajectory['gradients'], b: Trajectory['gradients']): Record<string, number> =>
  Object.fromEntries([...a].map(([name, v]) => [name, largest(v, b.get(name)!)]))

/** How far apart two runs are. */
export const deviation = (a: Trajectory, b: Trajectory): Envelope => ({
  loss: a.loss.map((v, i) => Math.abs(v - b.loss[i])),
  accuracy: a.accuracy.map((v, i) => Math.abs(v - b.accuracy[i])),
  predictBefore: largest(a.predictBefore, b.predictBefore),
  predictAfter: largest(a.predictAfter, b.predictAfter),
  gradients: ofMap(a.gradients, b.gradients),
  finalWeights: ofMap(a.finalWeights, b.finalWeights),
})

/** The golden values of a case. */
export function expectedOf(golden: Golden<'trajectories'>, c: TrajectoryCase): Trajectory {
  const data = (key: string): Float64Array => golden.tensor(key).data as Float64Array
  const map = (keys: Readonly<Record<string, string>>) => new Map(Object.entries(keys).map(([n, k]) => [n, data(k)]))
  const e = c.expected
  return {
    loss: [...data(e.loss)],
    accuracy: [...data(e.accuracy)],
    predictBefore: data(e.predict_before),
    predictAfter: data(e.predict_after),
    gradients: map(e.step1_gradients),
    finalWeights: map(e.final_weights),
  }
}

const round = (v: number): number => Number(v.toPrecision(3))
const join = (a: Envelope, b: Envelope): Envelope => {
  const lists = (x: readonly number[], y: readonly number[]): number[] => x.map((v, i) => round(Math.max(v, y[i])))
  const maps = (x: Envelope['gradients'], y: Envelope['gradients']): Record<string, number> =>
    Object.fromEntries(Object.keys(x).map(n => [n, round(Math.max(x[n], y[n]))]))
  return {
    loss: lists(a.loss, b.loss),
    accuracy: lists(a.accuracy, b.accuracy),
    predictBefore: round(Math.max(a.predictBefore, b.predictBefore)),
    predictAfter: round(Math.max(a.predictAfter, b.predictAfter)),
    gradients: maps(a.gradients, b.gradients),
    finalWeights: maps(a.finalWeights, b.finalWeights),
  }
}

/** One perturbed run's deviation from Keras's float64 run. */
export async function perturbedRun(golden: Golden<'trajectories'>, c: TrajectoryCase, run: number): Promise<Envelope> {
  const d = deviation(await runTrajectory(golden, c, new Float64Backend(new Philox(1000 + run))), expectedOf(golden, c))
  return join(d, d)
}
/** The envelope of a case: takes RUNS runs on the oracle, minutes for the larger models. */
export async function measureEnvelope(golden: Golden<'trajectories'>, c: TrajectoryCase): Promise<Envelope> {
  let envelope = await perturbedRun(golden, c, 0)
  for (let run = 1; run < RUNS; run++) envelope = join(envelope, await perturbedRun(golden, c, run))
  return envelope
}
