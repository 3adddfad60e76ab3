#!/usr/bin/env node
// `npm run bench:train`: one training step of the app's network, Strata against TensorFlow.js, on the same weights and
// images. Results are compared before anything is timed; a peer that computes something else is reported as wrong.

import { cpus } from 'node:os'
import { ArgumentError, type BaseModel, clearSession, oneHot, Philox, setSeed, streamOf } from '@strata/api'
import { cpu } from '@strata/backend-cpu'
import { networkFor } from '@strata/train/network'
import { drawShapes } from '@strata/train/shapes'
import { Command, InvalidArgumentError } from 'commander'
import { boundsOf, disagreement, identical, outcomeOf } from './agreement.js'
import { median } from './measure/statistics.js'
import type { Peer, TrainingBatch } from './peer.js'
import { strataPeer } from './peers/strata.js'
import { tfjsPeer } from './peers/tfjs.js'

const LEARNING_RATE = 0.001
const SHAPE = [64, 64, 3] as const
const CLASSES = 10
/** Steps whose losses are compared before timing. */
const STEPS = 1

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}
const note = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

function positiveInteger(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Expected a positive integer.')
  return value
}

type Weights = readonly Float32Array[]

function network(weights?: Weights): BaseModel {
  setSeed(1)
  clearSession()
  const model = networkFor(SHAPE, CLASSES)
  if (weights !== undefined) model.setWeights(weights)
  return model
}

/**
 * Weights after some training. With new ones all classes are equally likely whatever the image, since the signal shrinks
 * from layer to layer while the moving statistics are still 0 and 1: agreement would mean nothing.
 */
async function trainedWeights(): Promise<Weights> {
  const steps = 40
  const model = network()
  const { dispose } = await strata(model)
  const { x, y } = await batchOf(32 * steps)
  await model.fit(x, y, { batchSize: 32 })
  const weights = await model.getWeights()
  await dispose()
  return weights
}

async function strata(model: BaseModel, threads: number | 'auto' = 1) {
  const backend = await cpu({ threads })
  const name = `Strata (cpu, ${backend.threads} thread${backend.threads === 1 ? '' : 's'})`
  const peer = strataPeer(name, model, backend, LEARNING_RATE)
  const dispose = async (): Promise<void> => {
    await peer.dispose()
    backend.dispose()
  }
  return { peer, dispose }
}

async function batchOf(size: number): Promise<TrainingBatch> {
  const { images, labels } = await drawShapes({ seed: 1, split: 'train', count: size })
  const y = oneHot(labels, CLASSES)
  return { x: { shape: [size, ...SHAPE], data: images }, y: { shape: y.shape, data: Float32Array.from(y.data) } }
}

/** Milliseconds of a step: the median over rounds, in each of which the peers run in an order drawn anew. */
async function timeSteps(peers: readonly Peer[], batch: TrainingBatch, rounds: number, signal: AbortSignal) {
  const times = new Map<Peer, number[]>(peers.map(p => [p, []]))
  const random = new Philox(1, streamOf('bench/order'))
  for (let round = 1; round <= rounds; round++) {
    for (const i of random.permutation(peers.length)) {
      const peer = peers[i]
      // A signal arrives between steps: a step of tfjs blocks the event loop.
      await new Promise(resolve => setImmediate(resolve))
      if (signal.aborted) throw signal.reason
      const began = performance.now()
      for (let step = 0; step < peer.stepsPerSample; step++) await peer.step(batch)
      const each = (performance.now() - began) / peer.stepsPerSample
      times.get(peer)?.push(each)
      note(`round ${round}/${rounds}: ${peer.name} ${each.toFixed(1)} ms per step`)
    }
  }
  return times
}

async function main(signal: AbortSignal): Promise<void> {
  const command = new Command('npm run bench:train --')
    .option('--batch-size <n>', 'images per step; tfjs takes seconds for each', positiveInteger, 4)
    .option('--rounds <n>', 'timings of each library', positiveInteger, 3)
    .allowExcessArguments(false)
    .parse()
  const { batchSize, rounds } = command.opts<{ batchSize: number; rounds: number }>()
  print(`Machine: ${cpus().length} cores, ${cpus()[0].model}; Node ${process.version}; batch ${batchSize}`)
  const batch = await batchOf(batchSize)

  note('Strata: training a little, then results and bounds')
  const weights = await trainedWeights()
  const mine = await strata(network(weights))
  const threaded = await strata(network(weights), 'auto')
  const exact = await outcomeOf(mine.peer, batch, STEPS)
  const perturbed = async (factor: () => number) => {
    const other = await strata(network(weights.map(w => w.map(v => v * factor()))))
    const outcome = await outcomeOf(other.peer, batch, STEPS)
    await other.dispose()
    return outcome
  }
  // The longest sums of this network are those of BatchNormalization's statistics, over all pixels of the batch.
  const bounds = await boundsOf(exact, perturbed, batchSize * SHAPE[0] * SHAPE[1])

  const peers: Peer[] = [mine.peer]
  let failed = false
  // Threads share the work and change no bit of it.
  const shared = await outcomeOf(threaded.peer, batch, STEPS)
  if (identical(shared, exact)) peers.push(threaded.peer)
  else {
    print(`${threaded.peer.name}: WRONG, not timed: other bits than with one thread`)
    failed = true
  }
  try {
    note('tfjs: results')
    const other = await tfjsPeer(network(weights).layers, SHAPE, LEARNING_RATE)
    const wrong = disagreement(exact, await outcomeOf(other, batch, STEPS), bounds)
    if (wrong === null) peers.push(other)
    else print(`${other.name}: WRONG, not timed: ${wrong}`)
    failed ||= wrong !== null
    const limits = `${bounds.probabilities.toExponential(1)} (probabilities), ${bounds.losses[0].toExponential(1)} (loss)`
    if (wrong === null) print(`${other.name}: agrees with Strata within ${limits}`)
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error
    print(`tfjs is left out: ${error.message}`)
  }

  const times = await timeSteps(peers, batch, rounds, signal)
  const reference = median(times.get(mine.peer) ?? [])
  for (const [peer, values] of times) {
    const ms = median(values)
    const spread = `${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}`
    const ratio = peer === mine.peer ? '' : `, ${(ms / reference).toFixed(1)} times as long as Strata with one thread`
    print(
      `${peer.name}: ${ms.toFixed(1)} ms per step (${spread}), ${((1000 * batchSize) / ms).toPrecision(3)} images/s${ratio}`,
    )
  }
  for (const peer of peers) await peer.dispose()
  await threaded.dispose()
  await mine.dispose()
  if (failed) process.exitCode = 1
}

const controller = new AbortController()
process.once('SIGINT', () => controller.abort(new Error('interrupted')))
try {
  await main(controller.signal)
} catch (error) {
  if (!controller.signal.aborted) throw error
  note('Cancelled.')
  process.exitCode = 130
}
