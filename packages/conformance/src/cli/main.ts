// The command strata-conformance: runs, reports, and ends with an exit code.
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { StrataError } from '@strata/api/backend'
import { goldenFiles, goldenUrl } from '../golden-files.js'
import { environment } from '../report/environment.js'
import { reportToHtml } from '../report/html.js'
import { reportToMarkdown } from '../report/markdown.js'
import { showRatio } from '../report/matrix.js'
import {
  type BackendReport,
  missedOf,
  passed,
  REPORT_SCHEMA,
  type Report,
  reportToJson,
  stateOf,
  summarize,
} from '../report/report.js'
import { describeFailure, replayCommand } from '../tiers/result.js'
import { loadBackend } from './load.js'
import { type Arguments, parseArguments } from './options.js'
import { progressOn } from './progress.js'
import { readSkips, runBackend } from './run.js'

/** At most this many failures are printed; the reports hold all. */
const PRINTED = 20

const out = (text: string): void => {
  process.stdout.write(text)
}
const err = (text: string): void => {
  process.stderr.write(text)
}

function versionOf(): string {
  const path = fileURLToPath(new URL('../../package.json', import.meta.url))
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}

/** Runs every backend that the arguments name; a cancelled run keeps what there is. */
async function run(args: Arguments, signal: AbortSignal): Promise<Report> {
  const folder = process.cwd()
  const loaded = [await loadBackend(args.backend, args.option, folder)]
  if (args.against !== undefined) loaded.push(await loadBackend(args.against, args.againstOption, folder))
  if (loaded.length === 2 && loaded[0].label === loaded[1].label) {
    loaded.forEach((l, i) => {
      loaded[i] = { ...l, label: `${l.label} #${i + 1}` }
    })
  }
  const present = existsSync(goldenUrl('layers.json'))
  if (!present && args.replay === undefined) err("The golden data is not installed: Keras's values are left out.\n")
  const context = { args, signal, goldens: present ? goldenFiles : undefined, skips: await readSkips(args.skips) }
  const backends: BackendReport[] = []
  for (const [i, l] of loaded.entries()) {
    if (signal.aborted) break
    const progress = progressOn(process.stderr, l.label, args.minutes)
    backends.push(await runBackend(l, progress, { ...context, note: err, first: i === 0 }))
  }
  return {
    schema: REPORT_SCHEMA,
    level: args.level,
    seed: args.seed,
    date: new Date().toISOString(),
    environment: environment(availableParallelism()),
    cancelled: signal.aborted,
    backends,
  }
}

function printResults({ backends, cancelled }: Report): void {
  for (const b of backends) {
    const failures = b.results.filter(r => stateOf(r) === 'failed')
    for (const r of failures.slice(0, PRINTED)) {
      out(`${describeFailure(r).split('\n  strata-conformance ')[0]}\n  ${replayCommand(r, b.module)}\n`)
    }
    if (failures.length > PRINTED) out(`... and ${failures.length - PRINTED} more failures\n`)
    for (const p of missedOf(b)) out(`planted bug not caught: ${p.name}\n`)
    if (b.planted !== undefined)
      out(`${b.label}: ${b.planted.length - missedOf(b).length} of ${b.planted.length} planted bugs caught\n`)
    const s = summarize(b.results)
    const worst = s.worstResult === undefined ? '' : ` (${s.worstResult.kernel}, '${s.worstResult.case}')`
    out(
      `${b.label}: ${s.passed} passed, ${s.failed} failed, ${s.skipped} skipped in ${b.seconds.toFixed(1)} s; ` +
        `${s.elements} elements, worst error ${showRatio(s.worst)} of its bound${worst}\n`,
    )
  }
  if (cancelled) out('Cancelled: what did not run is missing.\n')
}

/** The options of the second backend have a flag of their own. */
const againstOptions = (module: string, i: number): string =>
  i === 0 ? module : module.replaceAll(' --option ', ' --against-option ')

async function writeReports(report: Report, args: Arguments): Promise<void> {
  const write = async (path: string | undefined, text: () => string): Promise<void> => {
    if (path === undefined) return
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text())
    err(`Wrote ${path}\n`)
  }
  await write(args.report, () => reportToHtml(report))
  await write(args.json, () => reportToJson(report))
  const modules = report.backends.map((b, i) => `${i === 0 ? '--backend' : '--against'} ${againstOptions(b.module, i)}`)
  await write(args.markdown, () =>
    reportToMarkdown(
      report,
      `strata-conformance ${modules.join(' ')} --level ${args.level}${args.selfTest === true ? ' --self-test' : ''}`,
    ),
  )
}

/**
 * The command.
 *
 * @param argv without the program's name
 * @returns the exit code: 0 all passed, 1 something failed or the run was cancelled, 2 it could not run
 */
export async function main(argv: readonly string[]): Promise<number> {
  const parsed = parseArguments(argv, versionOf(), out, err)
  if ('exitCode' in parsed) return parsed.exitCode
  const controller = new AbortController()
  // The second Ctrl-C ends the process as usual.
  const interrupt = (): void => controller.abort()
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  try {
    const report = await run(parsed.args, controller.signal)
    printResults(report)
    await writeReports(report, parsed.args)
    return passed(report) ? 0 : 1
  } catch (e) {
    const known = e instanceof StrataError || e instanceof RangeError || (e instanceof Error && 'code' in e)
    err(known ? `${e.message}\n` : `${e instanceof Error ? e.stack : String(e)}\n`)
    return 2
  } finally {
    process.removeListener('SIGINT', interrupt)
    process.removeListener('SIGTERM', interrupt)
  }
}
