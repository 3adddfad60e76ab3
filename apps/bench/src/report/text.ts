// Results for reading: tables on the terminal and in Markdown.

import type { Estimate } from '../measure/statistics.js'
import {
  doubtsOf,
  faultsOf,
  percent,
  type Results,
  type Row,
  referenceOf,
  rowsOf,
  type WorkloadResult,
} from './results.js'

const digits = (value: number): string => {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US')
  return value >= 99.95 ? value.toFixed(0) : value.toPrecision(3)
}
const interval = ({ interval: range }: Estimate): string =>
  range === null ? '' : ` [${digits(range[0])}, ${digits(range[1])}]`

const COLUMNS = [
  'implementation',
  'ms [95 %]',
  'examples/s',
  'GFLOP/s',
  'of roof',
  'times Strata [95 %]',
  'samples',
] as const

function cellsOf(row: Row, { batch, flops }: WorkloadResult): string[] {
  const { cell, time, ratio, fraction } = row
  const ms = time.value
  return [
    cell.label + (cell.verifiedAt === undefined ? '' : `; results compared at batch ${cell.verifiedAt}`),
    digits(ms) + interval(time),
    digits((1000 * batch) / ms),
    digits(flops / (ms * 1e6)),
    percent(fraction) + (cell.native ? ' *' : ''),
    ratio === null ? '1' : digits(ratio.value) + interval(ratio),
    String(cell.samples.length),
  ]
}

const REASONS = {
  wrong: 'WRONG',
  failed: 'FAILED',
  cannot: 'cannot',
  skipped: 'skipped',
  cancelled: 'cancelled',
  measured: '',
} as const

/** The table of a workload as rows of text, the head first; and lines for those that have no time. */
function tableOf(w: WorkloadResult, results: Results): { readonly rows: string[][]; readonly others: string[] } {
  const rows = rowsOf(w, results.roof, referenceOf(w)).map(row => cellsOf(row, w))
  const others = w.cells
    .filter(c => c.samples.length === 0)
    .map(c => `${c.label}: ${REASONS[c.status]}${c.reason === undefined ? '' : ` - ${c.reason}`}`)
  return { rows: [[...COLUMNS], ...rows], others }
}

const headOf = (w: WorkloadResult): string => `${w.title} (${(w.flops / 1e6 / w.batch).toFixed(1)} MFLOP an example)`

/** A line on where and what; and one on the roof. */
function preface({ environment: e, roof }: Results): string[] {
  const many = Object.entries(roof.gflops)
    .map(([threads, gflops]) => `${digits(gflops)} GFLOP/s by ${threads} thread${threads === '1' ? '' : 's'}`)
    .join(', ')
  const kind = roof.fused ? 'fused multiply-adds' : 'multiplications and additions (no FMA)'
  return [
    `${e.date}; ${e.cpu}, ${e.cores} cores, ${e.memoryGiB} GiB; ${e.os}; ${[e.engine, ...e.flags].join(' ')}; load ${e.load.map(l => l.toFixed(1)).join(' before, ')} after`,
    `Roof of the engine, measured in this run: ${many} of ${kind}; triad ${digits(roof.triad.cache)} GB/s in cache, ${digits(roof.triad.memory)} GB/s from memory`,
  ]
}
const NOTE =
  'Times are medians with bootstrap intervals, data in and results out. "of roof": products alone, over the roof of as many threads;' +
  ' * marks machine code, which the roof of WebAssembly does not bound. "times Strata": the time over that of Strata with most threads.'

function align(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, k) => Math.max(...rows.map(r => r[k].length)))
  return rows.map(r => r.map((text, k) => (k === 0 ? text.padEnd(widths[k]) : text.padStart(widths[k]))).join('  '))
}

/** One workload's table for the terminal. */
export function workloadText(w: WorkloadResult, results: Results): string {
  const { rows, others } = tableOf(w, results)
  const table = rows.length > 1 ? align(rows) : []
  return ['', headOf(w), ...table, ...others].map(line => line.trimEnd()).join('\n')
}

/** Everything for the terminal. */
export function resultsText(results: Results): string {
  const faults = faultsOf(results).map(f => `FAULT: ${f}`)
  const doubts = doubtsOf(results).map(d => `Doubt: ${d}`)
  const cancelled = results.cancelled ? ['Cancelled: the rest was not measured.'] : []
  const tables = results.workloads.map(w => workloadText(w, results))
  return [...preface(results), NOTE, ...tables, '', ...doubts, ...cancelled, ...faults].join('\n')
}

/** A page for docs/results. */
export function resultsMarkdown(results: Results): string {
  const tables = results.workloads.flatMap(w => {
    const { rows, others } = tableOf(w, results)
    const [head, ...body] = rows.map(r => `| ${r.map(text => text.replaceAll('|', '\\|')).join(' | ')} |`)
    const rule = `|${rows[0].map((_, k) => (k === 0 ? ' --- |' : ' ---: |')).join('')}`
    return [
      '',
      `## ${headOf(w)}`,
      '',
      head,
      rule,
      ...body,
      ...(others.length > 0 ? ['', ...others.map(o => `- ${o}`)] : []),
    ]
  })
  const notes = [...doubtsOf(results), ...faultsOf(results)].map(n => `- ${n}`)
  const compared = results.workloads.some(w => w.cells.some(c => !c.implementation.startsWith('strata-')))
  return [
    compared ? '# The CPU backend and its peers' : '# The CPU backend on larger networks',
    '',
    `Written by \`${results.command}\`.`,
    '',
    ...preface(results).flatMap(line => [`${line}.`, '']),
    'Each implementation computes the same network from the same weights and images; predictions, and in training the losses of two',
    'steps, are compared with those of Strata within bounds derived from the roundings before anything is timed. Measured in turns, in',
    'an order drawn anew for each round.',
    '',
    NOTE,
    ...(results.cancelled ? ['', 'Cancelled: the rest was not measured.'] : []),
    ...(notes.length > 0 ? ['', ...notes] : []),
    ...tables,
    '',
  ].join('\n')
}
