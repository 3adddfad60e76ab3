// Runs the suite, one case of it, or foreign cases on one backend, for its column of the report.
import { readFile } from 'node:fs/promises'
import { ArgumentError, CancelledError, type KernelName } from '@strata/api/backend'
import { runForeign } from '../foreign/index.js'
import type { GoldenLoader } from '../golden/data.js'
import { selfTest } from '../mutation/index.js'
import { type BackendReport, describeBackend, type PlantedBug } from '../report/report.js'
import { replay, runSuite, type Skip } from '../suite.js'
import { TIERS, type TierResult } from '../tiers/result.js'
import type { LoadedBackend } from './load.js'
import type { Arguments } from './options.js'
import type { Progress } from './progress.js'

export interface RunContext {
  readonly args: Arguments
  readonly signal: AbortSignal
  readonly goldens?: GoldenLoader
  readonly skips: readonly Skip[]
  /** Says how the self-test goes on. */
  readonly note: (text: string) => void
  /** Whether this is the backend of `--backend`: the self-test is for one. */
  readonly first: boolean
}

/** The list of `--skips`. @throws ArgumentError if it is not one */
export async function readSkips(path: string | undefined): Promise<readonly Skip[]> {
  if (path === undefined) return []
  const wrong = (what: string, cause?: unknown): ArgumentError =>
    new ArgumentError({ where: '--skips', what, expected: 'a JSON list of {tier?, kernel?, case?, reason}', cause })
  let list: unknown
  try {
    list = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw wrong(`cannot read '${path}'`, cause)
  }
  if (!Array.isArray(list)) throw wrong(`'${path}' holds no list`)
  for (const entry of list) {
    const keys = typeof entry === 'object' && entry !== null ? Object.keys(entry) : []
    const strange = keys.find(k => !['tier', 'kernel', 'case', 'reason'].includes(k))
    if (strange !== undefined) throw wrong(`unknown member '${strange}'`)
    if (typeof entry?.reason !== 'string' || entry.reason === '') throw wrong('a skip without a reason')
  }
  return list
}

/** @throws ArgumentError unless the text is a token */
function checkToken(text: string): void {
  let token: unknown
  try {
    token = JSON.parse(text)
  } catch {
    token = undefined
  }
  const { tier, seed, ...rest } = Object(token) as Readonly<Record<string, unknown>>
  const known = (TIERS as readonly unknown[]).includes(tier) && Number.isInteger(seed)
  if (known && typeof rest.kernel === 'string' && typeof rest.case === 'string') return
  const expected = 'the JSON that a failure printed: {"tier": ..., "kernel": ..., "case": ..., "seed": ...}'
  throw new ArgumentError({ where: '--replay', what: 'a token', expected, got: text })
}

/** Plants every known bug. A cancelled run has no result: half a self-test proves nothing. */
async function plant(loaded: LoadedBackend, context: RunContext): Promise<readonly PlantedBug[] | undefined> {
  const open = async (): ReturnType<LoadedBackend['open']> => {
    // Each bug opens a backend: signals are seen in between.
    await new Promise(resolve => setTimeout(resolve))
    if (context.signal.aborted) throw new CancelledError({ where: '--self-test', what: 'cancelled' })
    return loaded.open()
  }
  try {
    const reports = await selfTest(open, {
      goldens: context.goldens ?? null,
      seed: context.args.seed,
      onProgress: r => context.note(`planted: ${r.mutation}: ${r.caughtBy ?? 'NOT CAUGHT'}\n`),
    })
    return reports.map(({ mutation, caughtBy, result }) => {
      const check = result === null ? '' : `${result.kernel === 'graph' ? '' : `${result.kernel}, `}${result.case}`
      return { name: mutation, caughtBy, check }
    })
  } catch (e) {
    if (e instanceof CancelledError) return undefined
    throw e
  }
}

/** Runs what the arguments ask for. @throws what the backend throws when it is opened */
export async function runBackend(
  loaded: LoadedBackend,
  progress: Progress,
  context: RunContext,
): Promise<BackendReport> {
  const { args, signal, goldens } = context
  if (args.replay !== undefined) checkToken(args.replay)
  const first = await loaded.open()
  const head = describeBackend(first, loaded.label, loaded.module)
  first.dispose()
  const began = performance.now()
  const results: TierResult[] = []
  const show = (result: TierResult, done: number, total: number | null): void => {
    progress.show(result, done, total)
  }
  const foreignToken = args.replay !== undefined && args.foreign !== undefined ? args.replay : undefined
  if (args.replay !== undefined && foreignToken === undefined) {
    const result = await replay(loaded.open, args.replay, { goldens: goldens ?? null })
    results.push(result)
    show(result, 1, 1)
  } else if (foreignToken === undefined) {
    const kernels: ReadonlySet<string> | undefined = args.kernel && new Set<KernelName>(args.kernel)
    const only = kernels && ((c: { tier: string; kernel: string }) => c.tier !== 'misuse' && kernels.has(c.kernel))
    const { level, seed, minutes } = args
    results.push(
      ...(await runSuite(loaded.open, {
        level,
        seed,
        minutes,
        goldens,
        skips: context.skips,
        signal,
        ...(only === undefined ? {} : { only }),
        onProgress: p => show(p.result, p.done, p.total),
      })),
    )
  }
  if (args.foreign !== undefined && !signal.aborted) {
    const onProgress = (result: TierResult, done: number, total: number): void => show(result, done, total)
    results.push(...(await runForeign(loaded.open, args.foreign, { signal, onProgress, token: foreignToken })))
  }
  progress.stop()
  const seconds = (performance.now() - began) / 1000
  const planted = args.selfTest === true && context.first && !signal.aborted ? await plant(loaded, context) : undefined
  return { ...head, seconds, results, ...(planted === undefined ? {} : { planted }) }
}
