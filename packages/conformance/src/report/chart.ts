// Histograms of errors in units of their bounds, as inline SVG.
import { HISTOGRAM_BINS } from '../tiers/result.js'
import { html, type Markup } from './markup.js'

const BAR = 18
const GAP = 3
const HEIGHT = 72
const STEP = BAR + GAP
const WIDTH = HISTOGRAM_BINS.length * STEP
const LAST = HISTOGRAM_BINS.length - 1

const SUPERSCRIPTS: Readonly<Record<string, string>> = { '-': '⁻' }
for (const [i, c] of [...'⁰¹²³⁴⁵⁶⁷⁸⁹'].entries()) Object.assign(SUPERSCRIPTS, { [i]: c })
const power = (end: number): string =>
  end === 1 ? '1' : `2${[...String(Math.log2(end))].map(c => SUPERSCRIPTS[c]).join('')}`

/** What a bin holds, in words. */
export function binLabel(bin: number): string {
  if (bin === 0) return 'no error'
  if (bin === LAST) return 'beyond the bound'
  return `${bin === 1 ? 'up to' : `${power(HISTOGRAM_BINS[bin - 1])} to`} ${power(HISTOGRAM_BINS[bin])} of the bound`
}

/** 12345678 as 12.3 M. */
export function shortCount(n: number): string {
  const unit = [
    [1e9, ' G'],
    [1e6, ' M'],
    [1e3, ' k'],
  ] as const
  for (const [size, name] of unit) if (n >= size) return `${(n / size).toPrecision(3).replace(/\.?0+$/, '')}${name}`
  return String(n)
}

const shareOf = (n: number, total: number): string =>
  n === total ? '100 %' : n / total < 0.0005 ? 'below 0.1 %' : `${((100 * n) / total).toFixed(1)} %`

/**
 * Bars on two logarithmic axes: error over bound by powers of two, and numbers of elements, so that a single element is still
 * seen beside millions.
 *
 * @param axis whether to label it; without labels it fits into a cell of a table
 */
export function histogramChart(histogram: readonly number[], { axis }: { readonly axis: boolean }): Markup {
  const total = histogram.reduce((a, b) => a + b, 0)
  const top = Math.log10(1 + Math.max(...histogram))
  const bars = histogram.map((n, bin) => {
    if (n === 0) return html``
    const height = Math.max(2, (HEIGHT * Math.log10(1 + n)) / top)
    const kind = bin === 0 ? 'exact' : bin === LAST ? 'beyond' : 'within'
    const title = `${binLabel(bin)}: ${n} elements (${shareOf(n, total)})`
    return html`<rect class="${kind}" x="${bin * STEP}" y="${(HEIGHT - height).toFixed(1)}" width="${BAR}" height="${height.toFixed(1)}" rx="2"><title>${title}</title></rect>`
  })
  const most = histogram.indexOf(Math.max(...histogram))
  const summary = total === 0 ? 'nothing compared' : `${total} elements; most: ${binLabel(most)}`
  const middle = (bin: number): number => bin * STEP + BAR / 2
  const label = (bin: number, text: string): Markup =>
    html`<text x="${middle(bin)}" y="${HEIGHT + 15}" text-anchor="middle">${text}</text>`
  const labels = axis
    ? [
        label(0, '0'),
        ...[1, 4, 7, 9].map(b => label(b, power(HISTOGRAM_BINS[b]))),
        label(LAST - 1, '1'),
        label(LAST, '>1'),
      ]
    : []
  const height = HEIGHT + (axis ? 20 : 1)
  return html`<svg class="histogram" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${summary}"><title>${summary}</title>${bars}<line class="limit" x1="${LAST * STEP - GAP / 2}" x2="${LAST * STEP - GAP / 2}" y1="0" y2="${HEIGHT}"/><line class="base" x1="0" x2="${WIDTH}" y1="${HEIGHT}" y2="${HEIGHT}"/>${labels}</svg>`
}
