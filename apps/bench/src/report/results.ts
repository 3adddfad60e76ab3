// What a run of the benchmark gives: every raw sample, and where it was taken. This is the JSON file.

import { fractionOf, type Roof } from '../measure/roof.js'
import { type Estimate, medianOf, ratioOf } from '../measure/statistics.js'

/** How one implementation did at one workload. */
export interface Cell {
  readonly implementation: string
  readonly label: string
  readonly threads: number
  readonly native: boolean
  readonly controlOf?: string
  /** Wrong results are not timed; 'failed' ended in an error; 'skipped' would have taken longer than the limit; 'cancelled' came to no sample. */
  readonly status: 'measured' | 'wrong' | 'failed' | 'cannot' | 'skipped' | 'cancelled'
  /** Why there is no time. */
  readonly reason?: string
  /** Milliseconds of a run, each the mean of `repeats`. */
  readonly samples: readonly number[]
  readonly repeats: number
  /** The batch at which results were compared, where it is not the workload's. */
  readonly verifiedAt?: number
}

export interface WorkloadResult {
  readonly id: string
  readonly title: string
  readonly kind: 'forward' | 'train'
  readonly batch: number
  /** Of all products, a run. */
  readonly flops: number
  readonly cells: readonly Cell[]
}

export interface Environment {
  readonly date: string
  readonly engine: string
  readonly flags: readonly string[]
  readonly os: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  /** Of the last minute, before and after. */
  readonly load: readonly [before: number, after: number]
}

export interface Results {
  readonly schema: 1
  readonly command: string
  readonly cancelled: boolean
  readonly environment: Environment
  readonly roof: Roof
  readonly workloads: readonly WorkloadResult[]
}

/** One line of a table. */
export interface Row {
  readonly cell: Cell
  readonly time: Estimate
  /** Times the reference's time. */
  readonly ratio: Estimate | null
  /** Of the roof of as many threads. */
  readonly fraction: number
}

/** GFLOP/s that no threads of this number exceed: each reaches what one does, at most. */
const bound = (roof: Roof, threads: number): number => Math.max(roof.gflops[threads] ?? 0, roof.gflops[1] * threads)

/** Of the roof of as many threads; where that was not measured, of their bound. */
function fraction(roof: Roof, { threads }: Cell, flops: number, milliseconds: number): number {
  const gflops = { ...roof.gflops, [threads]: roof.gflops[threads] ?? bound(roof, threads) }
  return fractionOf({ ...roof, gflops }, threads, flops, milliseconds)
}

/** The lines of a workload's table: what was measured, in order of time. */
export function rowsOf({ cells, flops }: WorkloadResult, roof: Roof, reference: Cell | undefined): Row[] {
  return cells
    .filter(cell => cell.samples.length > 0)
    .map(cell => {
      const time = medianOf(cell.samples)
      const ratio = reference === undefined || reference === cell ? null : ratioOf(cell.samples, reference.samples)
      return { cell, time, ratio, fraction: fraction(roof, cell, flops, time.value) }
    })
    .sort((a, b) => a.time.value - b.time.value)
}

/** What others are compared with: Strata with the most threads. */
export const referenceOf = ({ cells }: WorkloadResult): Cell | undefined =>
  cells.find(c => c.implementation === 'strata-n' && c.samples.length > 0) ??
  cells.find(c => c.implementation === 'strata-1' && c.samples.length > 0)

const beyond = (w: WorkloadResult, roof: Roof): Row[] =>
  rowsOf(w, roof, undefined).filter(row => !row.cell.native && row.fraction > 1)
/** Whether more threads than one were as fast as one would let them be, and only the roof of all of them was disturbed. */
const isPossible = ({ cell, time }: Row, { flops }: WorkloadResult, roof: Roof): boolean =>
  flops / (time.value * 1e6) <= bound(roof, cell.threads)

/**
 * What makes a run worthless, in words: wrong results, errors, and times beyond what the machine can do. Machine code is not
 * bound by the roof of WebAssembly.
 */
export function faultsOf({ workloads, roof }: Results): string[] {
  const failures = { wrong: 'gives wrong results', failed: 'fails' } as const
  return workloads.flatMap(w => [
    ...w.cells.flatMap(c =>
      c.status === 'wrong' || c.status === 'failed' ? [`${w.id}: ${c.label} ${failures[c.status]}: ${c.reason}`] : [],
    ),
    ...beyond(w, roof)
      .filter(row => !isPossible(row, w, roof))
      .map(
        row => `${w.id}: ${row.cell.label} at ${percent(row.fraction)} of the roof: work or roof is measured wrongly`,
      ),
  ])
}

export function percent(part: number): string {
  const value = 100 * part
  return `${value >= 9.95 ? value.toFixed(0) : value.toPrecision(2)} %`
}

/** Differences of controls below this are not worth a word. */
const NOTABLE = 0.02

/** What makes the figures uncertain: a busy machine, a disturbed roof, and controls that differ from what they control. */
export function doubtsOf({ workloads, roof, environment: { load, cores } }: Results): string[] {
  const busy = load[0] > 0.25 * cores
  const doubts = busy ? [`the machine was busy: load ${load[0].toFixed(1)} on ${cores} cores before the run`] : []
  for (const w of workloads) {
    for (const row of beyond(w, roof).filter(r => isPossible(r, w, roof))) {
      doubts.push(
        `${w.id}: ${row.cell.label} is above the roof of ${row.cell.threads} threads, whose measurement was disturbed`,
      )
    }
    for (const again of w.cells.filter(c => c.controlOf !== undefined && c.samples.length > 0)) {
      const first = w.cells.find(c => c.implementation === again.controlOf)
      if (first === undefined || first.samples.length === 0) continue
      const { value, interval } = ratioOf(again.samples, first.samples)
      const differs = interval !== null && (interval[0] > 1 || interval[1] < 1)
      if (differs && Math.abs(value - 1) > NOTABLE) {
        doubts.push(
          `${w.id}: the same thing measured twice differs by a factor ${value.toFixed(3)}: smaller ones mean nothing`,
        )
      }
    }
  }
  return doubts
}
