// One workload: results first, then times.

import { ArgumentError } from '@strata/api'
import { cpu } from '@strata/backend-cpu'
import { boundsOf, disagreement, identical, type Outcome, outcomeOf } from './agreement.js'
import { usefulFlops } from './flops.js'
import { type Implementation, isOurs } from './implementations.js'
import { measureInRounds, type Pace, paceOf } from './measure/rounds.js'
import type { Peer, TrainingBatch } from './peer.js'
import type { Cell, WorkloadResult } from './report/results.js'
import { batchOf, buildNetwork, isCompared, tellingWeights, titleOf, type Workload } from './workloads.js'

export interface CompareOptions {
  /** Samples of each implementation, at most. */
  readonly samples: number
  /** Milliseconds for all samples of one; one sample is always taken. */
  readonly budget: number
  /** Milliseconds that one run may take, as far as that is known beforehand. */
  readonly limit: number
  readonly seed: number
  /** Milliseconds of warming up, at least. Default 400. */
  readonly warmUp?: number
  readonly signal: AbortSignal
  /** Told what goes on. */
  say(what: string): void
}

/** Steps whose losses are compared: the second depends on every gradient of the first. */
const STEPS = 2
/** Where a run is longer than this, results are compared at a smaller batch. */
const LONG_MS = 10_000
const SMALL_BATCH = 2
/** Where a run is longer than this, it is not repeated to warm up. */
const NO_WARMUP_MS = 3000

/** Results to compare with, once per batch size. */
class Truth {
  readonly #known = new Map<
    number,
    Promise<{ batch: TrainingBatch; exact: Outcome; bound: () => ReturnType<typeof boundsOf> }>
  >()
  readonly steps: number
  constructor(
    readonly workload: Workload,
    readonly weights: readonly Float32Array[],
    readonly reference: Implementation,
  ) {
    this.steps = workload.kind === 'train' ? STEPS : 0
  }

  at(size: number) {
    const known = this.#known.get(size) ?? this.#compute(size)
    this.#known.set(size, known)
    return known
  }
  async #compute(size: number) {
    const batch = await batchOf(this.workload.network, size)
    const run = async (weights: readonly Float32Array[]): Promise<Outcome> => {
      const peer = await this.reference.open({ ...this.workload, batch: size }, weights)
      try {
        return await outcomeOf(peer, batch, this.steps)
      } finally {
        await peer.dispose()
      }
    }
    const exact = await run(this.weights)
    // The longest sums are those of BatchNormalization's statistics, over all pixels of the batch; in a prediction no sum is
    // longer than an image has pixels.
    const pixels = batch.x.data.length / (batch.x.shape.at(-1) ?? 1)
    const terms = this.steps > 0 ? pixels : pixels / size
    let bounds: ReturnType<typeof boundsOf> | undefined
    const bound = () => {
      bounds ??= boundsOf(exact, factor => run(this.weights.map(w => w.map(v => v * factor()))), terms)
      return bounds
    }
    return { batch, exact, bound }
  }
  /** What is wrong with a peer; null if nothing is. */
  async check(peer: Peer, implementation: Implementation, size: number): Promise<string | null> {
    const { batch, exact, bound } = await this.at(size)
    const outcome = await outcomeOf(peer, batch, this.steps)
    if (!implementation.sameBits) return disagreement(exact, outcome, await bound())
    return identical(exact, outcome) ? null : 'other bits than with one thread'
  }
}

const cellOf = ({ id, label, threads, native, controlOf }: Implementation) => ({
  implementation: id,
  label,
  threads,
  native,
  controlOf,
  samples: [],
  repeats: 0,
})

interface Entry {
  readonly implementation: Implementation
  readonly peer: Peer
  readonly known: number | null
  readonly verifiedAt?: number
  run(): Promise<unknown>
}

/**
 * Compares implementations at a workload. Cancelling ends it after the run in hand; what was measured until then is returned.
 */
export async function compare(
  w: Workload,
  all: readonly Implementation[],
  reference: Implementation,
  options: CompareOptions,
): Promise<WorkloadResult> {
  const { signal, say } = options
  const weights = await tellingWeights(w.network)
  const backend = await cpu({ threads: 1 })
  const flops = await usefulFlops(buildNetwork(w.network), w.kind === 'train' ? 'train' : 'predict', w.batch, backend)
  backend.dispose()

  const truth = new Truth(w, weights, reference)
  const { batch } = await truth.at(w.batch)
  const cells = new Map<Implementation, Cell>()
  const entries = new Map<Entry, Pace>()
  const enter = async (implementation: Implementation): Promise<void> => {
    const leave = (status: Cell['status'], reason?: string): void => {
      cells.set(implementation, { ...cellOf(implementation), status, reason })
    }
    if (signal.aborted) return leave('cancelled')
    const cannot = implementation.cannot(w)
    if (cannot !== null) return leave('cannot', cannot)
    const expected = flops / (implementation.expected[w.kind] * 1e6)
    if (expected > options.limit) {
      return leave(
        'skipped',
        `about ${Math.round(expected / 1000)} s a run, limit ${Math.round(options.limit / 1000)} s`,
      )
    }
    say(`${w.id}: ${implementation.label}: comparing results`)
    const verifiedAt = expected > LONG_MS && w.batch > SMALL_BATCH ? SMALL_BATCH : undefined
    try {
      const peer = await implementation.open(w, weights)
      const wrong = await truth.check(peer, implementation, verifiedAt ?? w.batch)
      if (wrong !== null) {
        await peer.dispose()
        return leave('wrong', wrong)
      }
      const run = w.kind === 'train' ? () => peer.step(batch) : () => peer.predict(batch)
      const known = expected > NO_WARMUP_MS ? expected : null
      const entry: Entry = { implementation, peer, known, verifiedAt, run }
      entries.set(entry, await paceOf(entry, { ...options, known }))
    } catch (error) {
      // What Strata throws is a defect of ours, and ends the run.
      if (isOurs(implementation) || !(error instanceof Error)) throw error
      leave(error instanceof ArgumentError ? 'cannot' : 'failed', error.message)
    }
  }
  const invited = all.filter(i => isCompared(w) || isOurs(i))
  try {
    for (const implementation of invited) await enter(implementation)
    const samples = await measureInRounds(entries, {
      seed: options.seed,
      signal,
      onSample: ({ implementation }, ms, round) =>
        say(`${w.id}: round ${round + 1}: ${implementation.label} ${ms.toPrecision(3)} ms`),
    })
    for (const [entry, { repeats }] of entries) {
      const { implementation, verifiedAt } = entry
      const times = samples.get(entry) ?? []
      const status = times.length > 0 ? 'measured' : 'cancelled'
      cells.set(implementation, { ...cellOf(implementation), status, samples: times, repeats, verifiedAt })
    }
  } finally {
    for (const { peer } of entries.keys()) await peer.dispose()
  }
  const ordered = invited.flatMap(i => cells.get(i) ?? [])
  return { id: w.id, title: titleOf(w), kind: w.kind, batch: w.batch, flops, cells: ordered }
}
