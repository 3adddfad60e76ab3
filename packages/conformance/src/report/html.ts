// The report as one HTML page: no network, no script; light, dark, wide, narrow and on paper.
import { histogramChart, shortCount } from './chart.js'
import { html, Markup } from './markup.js'
import { failureItem, lineDetails, matrix, showRatio } from './matrix.js'
import { type BackendReport, missedOf, passed, type Report, rowOf, skipsOf, stateOf, summarize } from './report.js'
import { STYLE } from './style.js'

/** At most this many cases are named for a skip's reason, and failures on top of the page. */
const NAMED = 20

const tile = (value: string, name: string): Markup => html`<div class="tile"><b>${value}</b><span>${name}</span></div>`

function totals(report: Report): Markup {
  const s = summarize(report.backends.flatMap(b => b.results))
  const compared = s.histogram.reduce((a, b) => a + b, 0)
  return html`<div class="tiles">${tile(String(s.passed + s.failed), 'cases run')}${tile(String(s.failed), 'failed')}${tile(
    String(s.skipped),
    'skipped, with reasons',
  )}${tile(shortCount(compared), 'elements held to a bound')}${tile(showRatio(s.worst), 'worst error / bound')}</div>
${compared === 0 ? html`` : html`<details open><summary><span class="name">All errors</span></summary><div class="inside">${histogramChart(s.histogram, { axis: true })}<p class="soft">Elements by error over bound; both axes logarithmic.</p></div></details>`}`
}

/** The first failure of every line of the matrix. */
function failures(report: Report): Markup {
  const first = report.backends.flatMap(b => {
    const failed = b.results.filter(r => stateOf(r) === 'failed')
    return failed.filter((r, i) => failed.findIndex(f => rowOf(f) === rowOf(r)) === i).map(r => ({ b, r }))
  })
  if (first.length === 0) return html``
  const more = first.length > NAMED ? html`<p>More stand with their kernels below.</p>` : html``
  const several = report.backends.length > 1
  const items = first.slice(0, NAMED).map(({ b, r }) => failureItem(r, b.module, several ? b.label : undefined))
  return html`<h2>Failures</h2><p>The first of each kernel.</p>${items}${more}`
}

/** The self-test: what was planted, and what caught it. */
function planted(backends: readonly BackendReport[]): Markup {
  const sections = backends.map(b => {
    if (b.planted === undefined) return html``
    const rows = b.planted.map(p => {
      const by =
        p.caughtBy === null
          ? html`<span class="failed">✗ not caught</span>`
          : html`<span class="passed">✓ ${p.caughtBy}</span>`
      return html`<tr><td>${p.name}</td><td>${by}</td><td>${p.check}</td></tr>`
    })
    const missed = missedOf(b).length
    const summary = missed === 0 ? `all ${b.planted.length} caught` : `${missed} of ${b.planted.length} not caught`
    return html`<details${missed > 0 ? html` open` : html``}><summary><span class="name">${b.label}: ${summary}</span></summary><div class="inside"><div class="scroll"><table><thead><tr><th>bug</th><th>caught by</th><th>check</th></tr></thead><tbody>${rows}</tbody></table></div></div></details>`
  })
  if (backends.every(b => b.planted === undefined)) return html``
  return html`<h2>Planted bugs</h2><p>The suite tests itself: bugs that backends really have are planted into a working backend, one at a time, and
a check must catch each.</p>${sections}`
}

const yesNo = (v: boolean): string => (v ? 'yes' : 'no')

function numerics(backends: readonly BackendReport[]): Markup {
  const lines: [string, (b: BackendReport) => string][] = [
    ['a * b + c may round once (fma)', b => yesNo(b.numerics.fma)],
    ['subnormal numbers survive', b => yesNo(b.numerics.subnormals)],
    ['NaN and infinities as in IEEE 754', b => yesNo(b.numerics.nonFinite)],
    ['the same bits in every run', b => yesNo(b.numerics.deterministic)],
    ['linear memory', b => yesNo(b.linearMemory)],
  ]
  const functions = [...new Set(backends.flatMap(b => Object.keys(b.numerics.ulp)))]
  for (const f of functions) {
    lines.push([
      `${f}: error in units in the last place`,
      b => String(Object.entries(b.numerics.ulp).find(([name]) => name === f)?.[1] ?? ''),
    ])
  }
  const body = lines.map(
    ([what, of]) =>
      html`<tr><th scope="row">${what}</th>${backends.map(b => html`<td class="num">${of(b)}</td>`)}</tr>`,
  )
  return html`<h2>Declared numerics</h2><p>What the backend says of its arithmetic; the bounds are derived from it.</p>
<div class="scroll"><table><thead><tr><th>declaration</th>${backends.map(b => html`<th class="num">${b.label}</th>`)}</tr></thead><tbody>${body}</tbody></table></div>`
}

function skips(backends: readonly BackendReport[]): Markup {
  const of = (b: BackendReport): Markup => {
    const items = skipsOf(b).map(({ reason, cases }) => {
      const named = cases.slice(0, NAMED).map(c => html`<li>${c}</li>`)
      const more = cases.length > NAMED ? html`<li>and ${cases.length - NAMED} more</li>` : html``
      return html`<details><summary><span class="name">${reason}</span><span class="soft">${cases.length}</span></summary><div class="inside"><ul>${named}${more}</ul></div></details>`
    })
    const heading = backends.length > 1 ? html`<h3>${b.label}</h3>` : html``
    return html`${heading}${items.length === 0 ? html`<p>None.</p>` : items}`
  }
  return html`<h2>Skips</h2>${backends.map(of)}`
}

function place(report: Report): Markup {
  const { engine, platform, cores } = report.environment
  const times = report.backends.map(b => html`<dt>${b.label}</dt><dd>${b.seconds.toFixed(1)} s</dd>`)
  return html`<h2>Environment</h2><dl><dt>engine</dt><dd>${engine}</dd><dt>platform</dt><dd>${platform}</dd><dt>CPU cores</dt><dd>${
    cores === 0 ? 'not told' : cores
  }</dd><dt>date</dt><dd>${report.date}</dd><dt>level</dt><dd>${report.level}</dd><dt>seed</dt><dd>${report.seed}</dd>${times}</dl>`
}

const MANUAL = html`<h2>How to read this</h2>
<p>Every element that a backend computes is compared with a float64 oracle, which carries along the largest error that correct
float32 arithmetic may make there. <b>Error over bound</b> is the share of that allowance that was used: 0 is no error at all, up
to 1 is correct, above 1 is a failure. There is no other tolerance. Sums of many terms stay far below 1, because rounding errors
seldom all go one way; a result that is rounded once comes close to 1 now and then, which is as it should be.</p>
<ul><li><b>exact</b>: small integers, of which no partial result rounds; any difference is a failure.</li>
<li><b>rounding</b>, <b>random</b>: numbers of varied magnitude, from hand-written and from generated cases.</li>
<li><b>adjoint</b>, <b>gradient</b>: gradients against the operations that they belong to.</li>
<li><b>determinism</b>: equal bits in every run, where declared.</li>
<li><b>metamorphic</b>: graphs that must mean the same.</li>
<li><b>compiled</b>, <b>fusion</b>, <b>fuzz</b>, <b>model</b>, <b>trajectory</b>: whole graphs as the compiler makes them, and training over many steps.</li>
<li><b>golden</b>, <b>foreign</b>: values that other libraries computed.</li>
<li><b>misuse</b>: wrong bindings, disposed buffers and the like are refused by typed errors.</li>
<li><b>declaration</b>: what the backend declares of itself is true.</li></ul>
<p>A <b>skip</b> carries its reason: the backend declares that it cannot do this. A <b>replay line</b> runs one case alone, on the same data.</p>`

/** The report as an HTML page. */
export function reportToHtml(report: Report): string {
  const good = passed(report)
  const failed = report.backends.some(b => b.results.some(r => r.failure !== undefined) || missedOf(b).length > 0)
  const badge = failed ? ['fail', '✗ failed'] : good ? ['pass', '✓ passed'] : ['part', 'incomplete']
  const names = report.backends.map(b => b.label).join(' and ')
  const cancelled = report.cancelled
    ? html`<p><b>The run was cancelled: what did not run is missing here.</b></p>`
    : html``
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Conformance of ${names}</title><style>${new Markup(STYLE)}</style></head><body><main>
<h1>Conformance of ${names} <span class="badge ${badge[0]}">${badge[1]}</span></h1>
<p class="soft">Level ${report.level}, seed ${report.seed}, ${report.date.slice(0, 10)}, ${report.environment.engine}</p>${cancelled}
${totals(report)}${failures(report)}
<h2>Kernels and backends</h2><p>Cases by outcome, and the largest error in units of what correct arithmetic may make.</p>
${matrix(report)}
<h2>Line by line</h2>${lineDetails(report)}
${planted(report.backends)}${numerics(report.backends)}${skips(report.backends)}${place(report)}${MANUAL}
</main></body></html>
`
  return page.text
}
