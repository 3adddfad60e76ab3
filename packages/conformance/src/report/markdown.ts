// The report as a Markdown page: what docs/results/conformance.md holds.
import { showRatio } from './matrix.js'
import { type BackendReport, type Report, resultsOf, rowsOf, skipsOf, summarize } from './report.js'

const cellText = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function table(head: readonly string[], rows: readonly (readonly string[])[], align = '---:'): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cellText).join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : align))), ...rows.map(line)].join('\n')
}

function cells(backend: BackendReport, row: string): string[] {
  const results = resultsOf(backend, row)
  if (results.length === 0) return ['not run', '']
  const s = summarize(results)
  const counts = [
    ...(s.failed > 0 ? [`**${s.failed} failed**`] : []),
    `${s.passed}`,
    ...(s.skipped > 0 ? [`${s.skipped} skipped`] : []),
  ]
  return [counts.join(', '), s.histogram.some(n => n > 0) ? showRatio(s.worst) : '']
}

function lines(report: Report, rows: readonly string[]): string {
  const head = report.backends.flatMap(b => [`${b.label}: passed`, 'worst error / bound'])
  return table(
    ['', ...head],
    rows.map(row => [row, ...report.backends.flatMap(b => cells(b, row))]),
  )
}

/**
 * The report as Markdown. The same results give the same text, apart from the lines of the environment.
 * @param how the command that makes the page
 */
export function reportToMarkdown(report: Report, how: string): string {
  const { kernels, others } = rowsOf(report)
  const totals = report.backends.map(b => {
    const s = summarize(b.results)
    const compared = s.histogram.reduce((a, c) => a + c, 0)
    return `- **${b.label}**: ${s.passed} of ${s.passed + s.failed} cases passed, ${s.skipped} skipped; ${compared} elements held to their bounds; worst error ${showRatio(s.worst)} of the bound.`
  })
  const skips = report.backends.flatMap(b =>
    skipsOf(b).map(({ reason, cases }) => `- ${b.label}: ${reason} (${cases.length} cases)`),
  )
  const planted = report.backends.flatMap(b =>
    b.planted === undefined
      ? []
      : [
          `\n## Planted bugs\n\nThe suite tests itself: bugs that backends really have are planted into ${b.label}, one at a time, and a check must catch each.\n`,
          table(
            ['bug', 'caught by', 'check'],
            b.planted.map(p => [p.name, p.caughtBy ?? '**not caught**', p.check]),
            '---',
          ),
          '',
        ],
  )
  const { engine, platform, cores } = report.environment
  return `# Conformance results

Every element that a backend computes is compared with a float64 oracle, which carries along the largest error that correct float32
arithmetic may make there. Error over bound is the share of that allowance that was used: 0 is no error at all, up to 1 is correct,
above 1 is a failure. Results that are rounded once come close to 1; sums of many terms stay far below.

Level ${report.level}, seed ${report.seed}, made by

\`\`\`sh
${how}
\`\`\`

${totals.join('\n')}

## Kernels

${lines(report, kernels)}

## Whole graphs, models and conduct

${lines(report, others)}

## Skips

${skips.length === 0 ? 'None.' : skips.join('\n')}
${planted.join('\n')}
## Environment

- ${engine}, ${platform}, ${cores} CPU cores
- ${report.date.slice(0, 10)}; ${report.backends.map(b => `${b.label} in ${b.seconds.toFixed(0)} s`).join(', ')}
`
}
