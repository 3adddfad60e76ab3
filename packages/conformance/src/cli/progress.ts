// Shows how far a run is: a bar on a terminal, plain lines elsewhere. On stderr, so that stdout holds results alone.
import cliProgress from 'cli-progress'
import { shortCount } from '../report/chart.js'
import { showRatio } from '../report/matrix.js'
import { rowOf, summarize } from '../report/report.js'
import type { TierResult } from '../tiers/result.js'

export interface Progress {
  /** @param total checks of the whole run; null if the time decides */
  show(result: TierResult, done: number, total: number | null): void
  stop(): void
}

/** Seconds between plain lines of a run that time ends. */
const PAUSE = 15

/** One line for each line of the report's matrix, when the next one begins; for a run that time ends, one now and then. */
function plain(write: (line: string) => void): Progress {
  const began = performance.now()
  let said = began
  let failed = 0
  let row: string | undefined
  let results: TierResult[] = []
  const flush = (): void => {
    if (row === undefined || results.length === 0) return
    const s = summarize(results)
    const skipped = s.skipped > 0 ? `, ${s.skipped} skipped` : ''
    const failed = s.failed > 0 ? `, ${s.failed} FAILED` : ''
    const compared = s.histogram.some(n => n > 0) ? `; worst ${showRatio(s.worst)} of the bound` : ''
    write(`${row}: ${s.passed} passed${failed}${skipped}${compared}`)
    results = []
  }
  return {
    show(result, done, total) {
      if (result.failure !== undefined) failed++
      if (total === null) {
        if (performance.now() - said < 1000 * PAUSE) return
        said = performance.now()
        write(`${done} checks, ${failed} failed after ${Math.round((said - began) / 1000)} s`)
        return
      }
      if (rowOf(result) !== row) flush()
      row = rowOf(result)
      results.push(result)
    },
    stop: flush,
  }
}

function bar(stream: NodeJS.WriteStream, label: string, minutes: number): Progress {
  const began = performance.now()
  const format = `${label} [{bar}] {percentage}% {cases} cases, {failed} failed | {now}`
  const options = { format, stream, hideCursor: true, barsize: 24, clearOnComplete: true, etaBuffer: 50 }
  const view = new cliProgress.SingleBar(options, cliProgress.Presets.legacy)
  let cases = 0
  let failed = 0
  view.start(1, 0, { cases: 0, failed: 0, now: '' })
  return {
    show(result, done, total) {
      cases++
      if (result.failure !== undefined) failed++
      const seconds = Math.round((performance.now() - began) / 1000)
      view.setTotal(total ?? Math.ceil(60 * minutes))
      view.update(total === null ? seconds : done, {
        cases: shortCount(cases),
        failed,
        now: `${result.kernel} ${result.tier}`,
      })
    },
    stop: () => view.stop(),
  }
}

/** The progress of one backend's run. @param minutes of a run that time ends */
export const progressOn = (stream: NodeJS.WriteStream, label: string, minutes: number): Progress =>
  stream.isTTY ? bar(stream, label, minutes) : plain(line => stream.write(`${label}: ${line}\n`))
