// Measures several things in turns, in an order drawn anew for each round, so that what drifts (clock, heat, neighbours)
// meets all of them alike.

import { Philox, streamOf } from '@strata/api'

/** What is timed. */
export interface Timed {
  /** One run of the work, to its result on the host. */
  run(): Promise<unknown>
}

/** How each thing is measured. */
export interface Pace {
  /** Runs that one sample is the mean of, so that it is long against the clock's resolution. */
  readonly repeats: number
  /** Samples to take: at most one a round. */
  readonly samples: number
  /** Whether a run that is not timed comes before each sample: it meets the caches as others left them. */
  readonly settle: boolean
}

export interface RoundsOptions<T extends Timed> {
  readonly seed: number
  readonly signal: AbortSignal
  /** Told after each sample. */
  readonly onSample?: (item: T, milliseconds: number, round: number) => void
  /** Milliseconds between samples, in which threads of what ran before go to sleep. Default 10. */
  readonly pause?: number
  /** Milliseconds. Default: the platform's clock. */
  readonly now?: () => number
}

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/**
 * Milliseconds of a run, sample by sample. Stops after the sample in hand when the signal is aborted, and returns what there is.
 */
export async function measureInRounds<T extends Timed>(
  items: ReadonlyMap<T, Pace>,
  { seed, signal, onSample, pause = 10, now = () => performance.now() }: RoundsOptions<T>,
): Promise<Map<T, number[]>> {
  const list = [...items.keys()]
  const samples = new Map<T, number[]>(list.map(item => [item, []]))
  const random = new Philox(seed, streamOf('bench/order'))
  const rounds = Math.max(0, ...[...items.values()].map(p => p.samples))
  for (let round = 0; round < rounds; round++) {
    for (const i of random.permutation(list.length)) {
      const item = list[i]
      const { repeats, samples: wanted, settle } = items.get(item) as Pace
      if (round >= wanted) continue
      await sleep(pause)
      if (signal.aborted) return samples
      if (settle) await item.run()
      const began = now()
      for (let n = 0; n < repeats; n++) await item.run()
      const each = (now() - began) / repeats
      samples.get(item)?.push(each)
      onSample?.(item, each, round)
    }
  }
  return samples
}

/** Warming up ends after its time and this many runs, or after the most runs. */
const WARM_RUNS = 5
const WARM_MOST = 200
/** A sample takes at least this long. */
const SAMPLE_MS = 25
/** Runs that are longer need no other before them. */
const SETTLE_MS = 200

export interface PaceOptions {
  /** Milliseconds of a run, when so long that warming up would only repeat it; null to warm up. */
  readonly known: number | null
  /** Milliseconds for all samples; one sample is always taken. */
  readonly budget: number
  /** At most. */
  readonly samples: number
  /** Milliseconds of warming up, at least. Default 400. */
  readonly warmUp?: number
  readonly signal: AbortSignal
}

/** Warms up, and finds how to measure within a budget. */
export async function paceOf(item: Timed, options: PaceOptions): Promise<Pace> {
  const { known, budget, samples, warmUp = 400, signal } = options
  let each = known ?? Number.POSITIVE_INFINITY
  if (known === null) {
    const began = performance.now()
    for (let runs = 0; runs < WARM_MOST && !signal.aborted; runs++) {
      const start = performance.now()
      if (runs >= WARM_RUNS && start - began > warmUp) break
      await item.run()
      each = Math.min(each, performance.now() - start)
      if (each > budget) break
    }
  }
  const repeats = Math.max(1, Math.ceil(SAMPLE_MS / each))
  const settle = each < SETTLE_MS
  const sample = each * (repeats + (settle ? 1 : 0))
  return { repeats, settle, samples: Math.max(1, Math.min(samples, Math.floor(budget / sample))) }
}
