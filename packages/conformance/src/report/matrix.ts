// The matrix of kernels and backends, and what stands behind each of its lines.
import { describeFailure, replayCommand, type TierResult } from '../tiers/result.js'
import { histogramChart, shortCount } from './chart.js'
import { html, type Markup } from './markup.js'
import {
  type BackendReport,
  byTier,
  type Counts,
  type Report,
  resultsOf,
  rowsOf,
  type Summary,
  stateOf,
  summarize,
} from './report.js'

/** At most this many failures of a line are shown. */
const NAMED = 10

/** An error in units of its bound. */
export const showRatio = (worst: number): string =>
  worst === 0 ? '0' : Number.isFinite(worst) ? worst.toPrecision(2) : '∞'

/** The colours' legend and their limits: the class of a cell by its worst error over bound. */
const GRADES = [
  { kind: 'w0', below: 2 ** -3, text: 'worst error at most 1/8 of the bound' },
  { kind: 'w1', below: 1 / 2, text: 'at most 1/2' },
  { kind: 'w2', below: 1, text: 'within the bound' },
] as const

const gradeOf = (s: Summary): string => {
  if (s.failed > 0) return 'wf'
  if (s.passed === 0) return 'ws'
  return GRADES.find(g => s.worst <= g.below)?.kind ?? 'wf'
}

/** Counts in words that do without colour. */
function countsText({ passed, failed, skipped }: Counts): Markup {
  const parts: Markup[] = []
  if (failed > 0) parts.push(html`<span class="failed">✗ ${failed} failed</span>`)
  if (passed > 0) parts.push(html`<span class="passed">${failed > 0 ? '' : '✓ '}${passed} passed</span>`)
  if (skipped > 0) parts.push(html`<span class="skipped">${skipped} skipped</span>`)
  return html`${parts.map((p, i) => (i === 0 ? p : html`, ${p}`))}`
}

const anchorOf = (row: string): string => `row-${row}`

function cell(backend: BackendReport, row: string): Markup {
  const results = resultsOf(backend, row)
  if (results.length === 0) return html`<td class="cell ws">not run</td>`
  const s = summarize(results)
  const compared = s.histogram.some(n => n > 0)
  const chart = compared ? histogramChart(s.histogram, { axis: false }) : html``
  const worst = compared
    ? html`<span class="worst" title="largest error in units of its bound">${showRatio(s.worst)}<span class="soft"> of bound</span></span>`
    : html``
  return html`<td class="cell ${gradeOf(s)}"><div><span class="state">${countsText(s)}</span>${chart}${worst}</div></td>`
}

/** Lines: kernels, then what tests whole graphs. Columns: backends. */
export function matrix(report: Report): Markup {
  const { kernels, others } = rowsOf(report)
  const line = (row: string): Markup =>
    html`<tr><th scope="row"><a href="#${anchorOf(row)}">${row}</a></th>${report.backends.map(b => cell(b, row))}</tr>`
  const group = (title: string, rows: readonly string[]): Markup =>
    rows.length === 0
      ? html``
      : html`<tbody><tr class="group"><th colspan="${report.backends.length + 1}">${title}</th></tr>${rows.map(line)}</tbody>`
  const legend = GRADES.map(g => html`<span class="${g.kind}">${g.text}</span>`)
  return html`<div class="scroll"><table><thead><tr><th>kernel</th>${report.backends.map(b => html`<th>${b.label}</th>`)}</tr></thead>
${group('Kernels', kernels)}${group('Whole graphs, models and conduct', others)}</table></div>
<div class="legend">${legend}<span class="wf">✗ a failure</span><span class="ws">skipped or not run</span></div>`
}

/** A failure with its numbers and the line that replays it. */
export function failureItem(r: TierResult, module: string, backend?: string): Markup {
  const text = describeFailure(r).split('\n  strata-conformance ')[0]
  return html`<details><summary><span class="name failed">✗ ${backend === undefined ? '' : `${backend} · `}${r.tier} · ${r.kernel} · ${r.case}</span></summary><div class="inside"><pre>${text}</pre>${replay(r, module)}</div></details>`
}

const replay = (r: TierResult, module: string): Markup =>
  html`<p class="soft">Replay:</p><pre>${replayCommand(r, module)}</pre>`

function tierTable(results: readonly TierResult[]): Markup {
  const lines = [...byTier(results)].map(([tier, of]) => {
    const s = summarize(of)
    const worst = s.histogram.some(n => n > 0) ? showRatio(s.worst) : ''
    return html`<tr><th scope="row">${tier}</th><td>${countsText(s)}</td><td class="num">${shortCount(s.elements)}</td><td class="num">${worst}</td></tr>`
  })
  return html`<div class="scroll"><table><thead><tr><th>tier</th><th>cases</th><th class="num">elements</th><th class="num">worst</th></tr></thead><tbody>${lines}</tbody></table></div>`
}

function lineOfBackend(backend: BackendReport, row: string, several: boolean): Markup {
  const results = resultsOf(backend, row)
  if (results.length === 0) return html``
  const s = summarize(results)
  const compared = s.histogram.reduce((a, b) => a + b, 0)
  const chart =
    compared === 0
      ? html`<p class="soft">Nothing is compared with a bound here: checks of bits, errors or equality.</p>`
      : html`${histogramChart(s.histogram, { axis: true })}<p class="soft">${shortCount(compared)} elements by error over bound, both axes logarithmic.</p>`
  const worst =
    s.worstResult === undefined
      ? html``
      : html`<h3>Worst case: ${showRatio(s.worst)} of the bound</h3><p>${s.worstResult.tier}: ${s.worstResult.case}</p>${replay(s.worstResult, backend.module)}`
  const failed = results.filter(r => stateOf(r) === 'failed')
  const failures = failed.slice(0, NAMED).map(r => failureItem(r, backend.module))
  const more =
    failed.length > NAMED ? html`<p>${failed.length - NAMED} more failures are in the JSON report.</p>` : html``
  return html`${several ? html`<h3>${backend.label}</h3>` : html``}${failures}${more}<div class="pair"><div>${chart}</div>${tierTable(results)}</div>${worst}`
}

/** For every line of the matrix: distribution, tiers, worst case. */
export function lineDetails(report: Report): Markup {
  const { kernels, others } = rowsOf(report)
  const several = report.backends.length > 1
  const one = (row: string): Markup => {
    const summaries = report.backends.map(b => summarize(resultsOf(b, row)))
    const failed = summaries.some(s => s.failed > 0)
    const all = summarize(report.backends.flatMap(b => resultsOf(b, row)))
    const chart = all.histogram.some(n => n > 0) ? histogramChart(all.histogram, { axis: false }) : html``
    const state = failed
      ? html`<span class="failed">✗</span>`
      : all.passed > 0
        ? html`<span class="passed">✓</span>`
        : html``
    const open = failed ? html` open` : html``
    return html`<details id="${anchorOf(row)}"${open}><summary><span class="name">${state} ${row}</span>${chart}</summary><div class="inside">${report.backends.map(b => lineOfBackend(b, row, several))}</div></details>`
  }
  return html`${[...kernels, ...others].map(one)}`
}
