#!/usr/bin/env node
// `npm run bench:cpu`: the CPU backend against what a user would pick instead, in one run.

import { writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import { cpu } from '@strata/backend-cpu'
import { Command, InvalidArgumentError } from 'commander'
import { compare } from './compare.js'
import { implementations, REFERENCE } from './implementations.js'
import { higher, measureRoof } from './measure/roof.js'
import { faultsOf, type Results, type WorkloadResult } from './report/results.js'
import { resultsMarkdown, resultsText } from './report/text.js'
import { MODEL_WORKLOADS, WORKLOADS } from './workloads.js'

const note = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a positive number.')
  return value
}
function positiveInteger(text: string): number {
  if (!Number.isInteger(positive(text))) throw new InvalidArgumentError('Expected a positive integer.')
  return Number(text)
}
const list = (text: string): string[] => text.split(',').map(part => part.trim())

interface Options {
  readonly quick: boolean
  readonly models: boolean
  readonly fmaOff: boolean
  readonly filter: string
  readonly implementations?: readonly string[]
  readonly threads: number
  readonly ortWebThreads: number
  readonly samples?: number
  readonly budget?: number
  readonly limit?: number
  readonly seed: number
  readonly json?: string
  readonly markdown?: string
}

const command = new Command('npm run bench:cpu --')
  .description(
    'Compares the CPU backend with its peers: same networks, weights and images; results are checked before times are taken.',
  )
  .option('--quick', 'few samples, nothing that takes long: to see that all works', false)
  .option('--models', 'Xception, MobileNet, ResNet blocks and a Dense network instead, by Strata alone', false)
  .option('--fma-off', 'Strata without fused multiply-adds, too', false)
  .option('--filter <text>', 'workloads whose name contains this, as in bn/train/b32', '')
  .option('--implementations <ids>', 'only these, by commas', list)
  .option('--threads <n>', 'all threads', positiveInteger, availableParallelism())
  .option('--ort-web-threads <n>', 'threads of onnxruntime-web', positiveInteger, 1)
  .option('--samples <n>', 'samples of each at most (default 25, quick 3)', positiveInteger)
  .option('--budget <s>', 'seconds for the samples of each; one is always taken (default 20, quick 1)', positive)
  .option('--limit <s>', 'leave out what takes longer for one run (default 600, quick 2)', positive)
  .option('--seed <n>', 'of the order', positiveInteger, 1)
  .option('--json <file>', 'write all samples')
  .option('--markdown <file>', 'write the tables')
  .allowExcessArguments(false)

async function main(signal: AbortSignal): Promise<void> {
  const options = command.parse().opts<Options>()
  const { quick, threads } = options
  const known = implementations({ threads, withoutFma: options.fmaOff, webThreads: options.ortWebThreads })
  const unknown = options.implementations?.filter(id => !known.some(i => i.id === id)) ?? []
  if (unknown.length > 0) {
    command.error(`error: no implementation '${unknown[0]}'; there are ${known.map(i => i.id).join(', ')}`)
  }
  const reference = known.find(i => i.id === REFERENCE) ?? known[0]
  const chosen = known.filter(i => options.implementations?.includes(i.id) ?? true)
  const offered = options.models ? MODEL_WORKLOADS : WORKLOADS
  const workloads = offered.filter(w => w.id.includes(options.filter))
  if (workloads.length === 0) {
    command.error(
      `error: no workload has '${options.filter}' in its name; there are ${offered.map(w => w.id).join(', ')}`,
    )
  }

  const started =
    process.env.npm_lifecycle_event === 'bench:cpu' ? 'npm run bench:cpu --' : 'node apps/bench/dist/cpu.js'
  const before = loadavg()[0]
  // Opens the engine's features as the backend does, before the roof is measured.
  ;(await cpu({ threads: 1 })).dispose()
  note('measuring the roof')
  const tries = quick ? 5 : 20
  let roof = await measureRoof(threads, tries)
  const done: WorkloadResult[] = []
  const results = (): Results => ({
    schema: 1,
    command: [started, ...process.argv.slice(2)].join(' '),
    cancelled: signal.aborted,
    environment: {
      date: new Date().toISOString().slice(0, 16).replace('T', ' '),
      engine: `Node ${process.version} (V8 ${process.versions.v8})`,
      flags: process.execArgv,
      os: `${type()} ${release()} ${process.arch}`,
      cpu: cpus()[0]?.model ?? 'unknown processor',
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      load: [before, loadavg()[0]],
    },
    roof,
    workloads: done,
  })
  const seconds = (given: number | undefined, full: number, short: number): number =>
    1000 * (given ?? (quick ? short : full))
  for (const [i, workload] of workloads.entries()) {
    if (signal.aborted) break
    const result = await compare(workload, chosen, reference, {
      samples: options.samples ?? (quick ? 3 : 25),
      budget: seconds(options.budget, 20, 1),
      limit: seconds(options.limit, 600, 2),
      seed: options.seed + i,
      signal,
      say: what => note(`[${i + 1}/${workloads.length}] ${what}`),
    })
    done.push(result)
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results(), null, 1)}\n`)
  }
  // Whatever disturbed the first measurement made the roof lower than it is.
  if (!signal.aborted) roof = higher(roof, await measureRoof(threads, tries))

  const final = results()
  await new Promise(resolve => process.stdout.write(`${resultsText(final)}\n`, resolve))
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(final, null, 1)}\n`)
  if (options.markdown !== undefined) await writeFile(options.markdown, resultsMarkdown(final))
  if (signal.aborted) process.exitCode = 130
  else if (faultsOf(final).length > 0) process.exitCode = 1
}

const controller = new AbortController()
process.once('SIGINT', () => {
  note('Cancelling after the run in hand; again to end at once.')
  controller.abort()
})
await main(controller.signal)
// Peers leave threads behind that would keep the process alive.
process.exit()
