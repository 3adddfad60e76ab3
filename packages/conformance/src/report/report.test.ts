// Reports: what counts as passed, that everything is escaped, that JSON survives odd numbers, and that the page needs no network.
import { expect, test } from 'vitest'
import { IEEE } from '../oracle/arithmetic.js'
import { HISTOGRAM_BINS, type TierResult } from '../tiers/result.js'
import { environment } from './environment.js'
import { reportToHtml } from './html.js'
import { reportToMarkdown } from './markdown.js'
import { type BackendReport, passed, type Report, reportToJson, rowsOf, skipsOf, summarize } from './report.js'

const head = { tier: 'rounding', kernel: 'conv2d', case: 'same', seed: 1, elements: 4 } as const
const histogramOf = (...ratios: number[]): number[] =>
  HISTOGRAM_BINS.map((end, i) => ratios.filter(r => r <= end && (i === 0 || r > HISTOGRAM_BINS[i - 1])).length)
const good: TierResult = { ...head, worst: 0.25, histogram: histogramOf(0, 0, 0.1, 0.25) }
const evil = `<script>alert("1")</script>'&`
const bad: TierResult = {
  ...head,
  case: evil,
  worst: Number.POSITIVE_INFINITY,
  histogram: histogramOf(0, 0, 0, Number.POSITIVE_INFINITY),
  failure: { what: `error beyond ${evil}`, output: 'out0', index: 3, got: Number.NaN, want: 1, bound: 0.5 },
}
const skipped: TierResult = { ...head, kernel: 'map', elements: 0, worst: 0, skipped: `no infinities ${evil}` }
const misuse: TierResult = { ...head, tier: 'misuse', kernel: 'copy', case: 'a missing binding', worst: 0 }
const network: TierResult = { ...good, tier: 'compiled', kernel: 'graph', case: 'dense', worst: 0.5 }

const backendOf = (label: string, results: readonly TierResult[]): BackendReport => ({
  label,
  module: './b.js',
  numerics: IEEE,
  linearMemory: true,
  seconds: 1.5,
  results,
})
const reportOf = (...backends: readonly BackendReport[]): Report => ({
  schema: 1,
  level: 'core',
  seed: 1,
  date: '2026-01-02T03:04:05.000Z',
  environment: { engine: 'Node 20', platform: 'linux x64', cores: 2 },
  cancelled: false,
  backends,
})
const whole = reportOf(backendOf('a', [good, misuse, network]), backendOf(`b ${evil}`, [bad, skipped]))

test('a report passes if everything ran and nothing failed', () => {
  expect(passed(reportOf(backendOf('a', [good, skipped])))).toBe(true)
  expect(passed(whole)).toBe(false)
  expect(passed({ ...reportOf(backendOf('a', [good])), cancelled: true })).toBe(false)
  expect(passed(reportOf(backendOf('a', [])))).toBe(false)
  expect(passed(reportOf())).toBe(false)
  const plantedBug = (caughtBy: 'exact' | null) => [{ name: `bug ${evil}`, caughtBy, check: 'conv2d, same' }]
  const caught = reportOf({ ...backendOf('a', [good]), planted: plantedBug('exact') })
  const missed = reportOf({ ...backendOf('a', [good]), planted: plantedBug(null) })
  expect([passed(caught), passed(missed)]).toEqual([true, false])
  expect(reportToHtml(caught)).toContain('all 1 caught')
  expect(reportToHtml(missed)).toContain('✗ failed')
  expect(reportToHtml(missed)).not.toContain(evil)
  expect(reportToMarkdown(missed, 'x')).toContain('**not caught**')
})
test('sums of results', () => {
  expect(summarize([good, network, bad, skipped])).toMatchObject({ passed: 2, failed: 1, skipped: 1, worstResult: bad })
  expect(summarize([good, network]).histogram).toEqual(histogramOf(0, 0, 0.1, 0.25, 0, 0, 0.1, 0.25))
  expect(summarize([]).worst).toBe(0)
  expect(rowsOf(whole)).toEqual({ kernels: ['map', 'conv2d'], others: ['misuse', 'compiled'] })
  expect(skipsOf(whole.backends[1])).toEqual([{ reason: skipped.skipped, cases: ['map: same'] }])
})
test('JSON keeps numbers that it lacks as text', () => {
  const [, b] = JSON.parse(reportToJson(whole)).backends
  expect(b.results[0]).toMatchObject({ worst: 'Infinity', failure: { got: 'NaN', want: 1 } })
  expect(JSON.parse(reportToJson(whole)).schema).toBe(1)
})
test('the page holds every result, escaped, and nothing from elsewhere', () => {
  const page = reportToHtml(whole)
  expect(page).not.toContain('<script')
  expect(page).not.toContain(evil)
  expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;')
  expect(page).not.toMatch(/(src|href)="(?!#)|url\(|@import|https?:/)
  for (const text of [
    '✗ failed',
    '1 failed',
    '1 skipped',
    'got NaN, want 1 +- 0.5',
    'Node 20',
    'not run',
    '--replay',
  ]) {
    expect(page).toContain(text)
  }
  // Every link leads to something on the page.
  for (const [, id] of page.matchAll(/href="#([^"]+)"/g)) expect(page).toContain(`id="${id}"`)
  expect(reportToHtml(reportOf(backendOf('a', [good])))).toContain('✓ passed')
  expect(reportToHtml({ ...reportOf(backendOf('a', [good])), cancelled: true })).toContain('The run was cancelled')
  expect(reportToHtml(reportOf())).toContain('incomplete')
})
test('tags of the page are balanced', () => {
  const page = reportToHtml(whole)
  const open: string[] = []
  const empty = ['meta', 'rect', 'line', '!doctype']
  for (const [, close, name, rest] of page.replace(/<style>.*?<\/style>/s, '').matchAll(/<(\/?)([!\w]+)([^>]*)>/g)) {
    if (empty.includes(name) || rest.endsWith('/')) continue
    if (close === '') open.push(name)
    else expect(open.pop()).toBe(name)
  }
  expect(open).toEqual([])
})
test('the Markdown table has a row for every line and survives bars', () => {
  const text = reportToMarkdown(reportOf(backendOf('a|b', [good, skipped, network])), 'a command')
  expect(text).toContain('| conv2d | 1 | 0.25 |')
  expect(text).toContain('| compiled | 1 | 0.50 |')
  expect(text).toContain('a\\|b: passed')
  expect(text).toContain('```sh\na command\n```')
  expect(reportToMarkdown(whole, 'a command')).toContain('**1 failed**')
})
test('the environment names the engine and no host', () => {
  expect(environment(3)).toEqual({
    engine: `Node ${process.versions.node}, V8 ${process.versions.v8}`,
    platform: `${process.platform} ${process.arch}`,
    cores: 3,
  })
})
