// What a report says about a run, from made-up samples.

import { describe, expect, it } from 'vitest'
import { type Cell, doubtsOf, faultsOf, type Results, referenceOf, rowsOf, type WorkloadResult } from './results.js'
import { resultsMarkdown, resultsText } from './text.js'

const cell = (implementation: string, samples: number[], more: Partial<Cell> = {}): Cell => ({
  implementation,
  label: implementation,
  threads: 1,
  native: false,
  status: samples.length > 0 ? 'measured' : 'cannot',
  samples,
  repeats: 1,
  ...more,
})
const workload = (cells: Cell[]): WorkloadResult => ({
  id: 'plain/forward/b2',
  title: 'Forward, batch 2',
  kind: 'forward',
  batch: 2,
  flops: 40e6,
  cells,
})
const results = (cells: Cell[], more: Partial<Results> = {}): Results => ({
  schema: 1,
  command: 'npm run bench:cpu',
  cancelled: false,
  environment: {
    date: '2026-01-01 00:00',
    engine: 'Node',
    flags: [],
    os: 'OS',
    cpu: 'CPU',
    cores: 2,
    memoryGiB: 8,
    load: [0, 1],
  },
  roof: { fused: true, sums: 8, gflops: { 1: 50, 2: 100 }, triad: { cache: 100, memory: 20 } },
  workloads: [workload(cells)],
  ...more,
})
const ONE = cell('strata-1', [2, 2, 2])
const ALL = cell('strata-n', [1, 1, 1], { threads: 2 })
const PEER = cell('peer', [4, 4, 4])

describe('rows', () => {
  it('are in order of time, with ratios to the fastest Strata and fractions of the roof of their threads', () => {
    const { workloads, roof } = results([ONE, PEER, ALL])
    const rows = rowsOf(workloads[0], roof, referenceOf(workloads[0]))
    expect(rows.map(r => r.cell.implementation)).toEqual(['strata-n', 'strata-1', 'peer'])
    expect(rows.map(r => r.ratio?.value)).toEqual([undefined, 2, 4])
    // 40 MFLOP in 1 ms are 40 GFLOP/s.
    expect(rows.map(r => r.fraction)).toEqual([0.4, 0.4, 0.2])
  })
  it('of more threads than were measured are held against as many times one', () => {
    const { workloads, roof } = results([cell('peer', [1, 1, 1], { threads: 4 })])
    expect(rowsOf(workloads[0], roof, undefined)[0].fraction).toBe(0.2)
  })
  it('keep losses, and what has no time with its reason', () => {
    const fast = cell('peer', [0.5, 0.5, 0.5], { native: true })
    const all = results([ONE, ALL, fast, cell('other', [], { status: 'wrong', reason: 'off by 2' })])
    for (const text of [resultsText(all), resultsMarkdown(all)]) {
      expect(text).toMatch(/peer .*0\.500 \[0\.500, 0\.500\]/)
      expect(text).toMatch(/160 % \*/)
      expect(text).toMatch(/other: WRONG - off by 2/)
    }
  })
})

describe('faults', () => {
  it('are times beyond the roof, but not of machine code', () => {
    expect(faultsOf(results([ONE, ALL]))).toEqual([])
    const beyond = cell('strata-1', [0.5, 0.5, 0.5])
    expect(faultsOf(results([beyond]))).toEqual([expect.stringMatching(/160 % of the roof/)])
    expect(faultsOf(results([{ ...beyond, native: true }]))).toEqual([])
  })
  it('are errors', () => {
    const failed = cell('peer', [], { status: 'failed', reason: 'out of memory' })
    expect(faultsOf(results([ONE, failed]))).toEqual([expect.stringMatching(/peer fails: out of memory/)])
  })
  it('are wrong results', () => {
    const wrong = cell('peer', [], { status: 'wrong', reason: 'off by 2' })
    expect(faultsOf(results([ONE, wrong]))).toEqual([expect.stringMatching(/peer gives wrong results: off by 2/)])
  })
})

describe('doubts', () => {
  it('are a busy machine', () => {
    const busy = { ...results([ONE]).environment, load: [3, 3] as const }
    expect(doubtsOf(results([ONE], { environment: busy }))).toEqual([expect.stringMatching(/load 3\.0 on 2 cores/)])
    expect(doubtsOf(results([ONE]))).toEqual([])
  })
  it('are threads that together exceed their roof, but not that of one', () => {
    const disturbed: Partial<Results> = { roof: { ...results([]).roof, gflops: { 1: 50, 2: 30 } } }
    expect(doubtsOf(results([ALL], disturbed))).toEqual([expect.stringMatching(/above the roof of 2 threads/)])
    expect(faultsOf(results([ALL], disturbed))).toEqual([])
    const impossible = cell('strata-n', [0.3, 0.3, 0.3], { threads: 2 })
    expect(faultsOf(results([impossible], disturbed))).toEqual([expect.stringMatching(/of the roof/)])
  })
  it('are controls that differ from what they control', () => {
    const again = (samples: number[]): Cell => cell('strata-1-again', samples, { controlOf: 'strata-1' })
    const first = cell('strata-1', [2, 2.1, 1.9, 2, 2.05])
    expect(doubtsOf(results([first, again([2.02, 1.95, 2.1, 2, 1.98])]))).toEqual([])
    expect(doubtsOf(results([first, again([3, 3.1, 2.9, 3, 3.05])]))).toEqual([expect.stringMatching(/factor 1\.500/)])
  })
})
