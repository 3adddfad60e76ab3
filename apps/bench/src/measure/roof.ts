// The roofline of this engine on this machine: the most multiply-adds per second, by one thread and by all of them at
// once, and the bandwidth of the triad.

import { Worker } from 'node:worker_threads'
import { flopsOf, type RoofFunctions, roofFunctions, roofModule, SUMS, TRIAD_STEP, triadBytes } from './roof-module.js'

export interface Roof {
  /** Whether multiply-adds are fused (relaxed SIMD). */
  readonly fused: boolean
  /** Independent sums of the best loop. */
  readonly sums: number
  /** GFLOP/s by number of threads: of 1, and of as many as are compared. */
  readonly gflops: Readonly<Record<number, number>>
  /** GB/s of the triad, one thread. */
  readonly triad: { readonly cache: number; readonly memory: number }
}

const CALL_MS = 10
const CACHE_BYTES = 64 * 1024
const MEMORY_BYTES = 64 * 1024 * 1024
const PAGE = 65536

/** Calls per second, the best of several: everything that disturbs makes it slower. */
function bestRate(call: () => void, tries: number): number {
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < tries; i++) {
    const began = performance.now()
    call()
    best = Math.min(best, performance.now() - began)
  }
  return 1000 / best
}

/** Iterations that take some milliseconds, once the engine's best compiler is done with the loop. */
function iterationsFor(functions: RoofFunctions, sums: number): number {
  let iterations = 1000
  for (const end = performance.now() + 60; performance.now() < end; ) {
    const began = performance.now()
    functions.fma(sums, iterations)
    const each = (performance.now() - began) / iterations
    if (each > 0) iterations = Math.max(1000, Math.min(2 ** 30, Math.round(CALL_MS / each)))
  }
  return iterations
}

function gflopsOf(functions: RoofFunctions, sums: number, tries: number): number {
  const iterations = iterationsFor(functions, sums)
  return (flopsOf(sums, iterations) * bestRate(() => functions.fma(sums, iterations), tries)) / 1e9
}

function triadOf(functions: RoofFunctions, bytes: number, tries: number): number {
  const part = Math.floor(bytes / 3 / TRIAD_STEP) * TRIAD_STEP
  const times = Math.max(1, Math.round(2 ** 24 / part))
  const call = (): void => {
    for (let i = 0; i < times; i++) functions.triad(PAGE, PAGE + part, PAGE + 2 * part, part)
  }
  for (let i = 0; i < 5; i++) call()
  return (triadBytes(part) * times * bestRate(call, tries)) / 1e9
}

/** What a worker is given: it runs the loop for a time once all have arrived. */
export interface RoofTask {
  readonly module: WebAssembly.Module
  readonly sums: number
  readonly tries: number
  readonly threads: number
  /** How many have arrived at each try. */
  readonly arrived: Int32Array
}

/** In each try all threads start together; the rate of a try is the sum over the threads, and the best try counts. */
export function threadRates({ module, sums, tries, threads, arrived }: RoofTask): number[] {
  const functions = roofFunctions(module, new WebAssembly.Memory({ initial: 1 }))
  const iterations = iterationsFor(functions, sums) * 2
  return Array.from({ length: tries }, (_, i) => {
    Atomics.add(arrived, i, 1)
    while (Atomics.load(arrived, i) < threads);
    return (flopsOf(sums, iterations) * bestRate(() => functions.fma(sums, iterations), 1)) / 1e9
  })
}

async function gflopsOfThreads(task: Omit<RoofTask, 'arrived'>): Promise<number> {
  const arrived = new Int32Array(new SharedArrayBuffer(4 * task.tries))
  const results = Array.from({ length: task.threads }, () => {
    const worker = new Worker(new URL('./roof-worker.js', import.meta.url), { workerData: { ...task, arrived } })
    return new Promise<number[]>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
  })
  const rates = await Promise.all(results)
  return Math.max(...Array.from({ length: task.tries }, (_, i) => rates.reduce((sum, r) => sum + r[i], 0)))
}

/**
 * Measures the roofline. Call after the engine's flags are set (`cpu()` enables relaxed SIMD on Node 20).
 *
 * @param threads the number of threads beside 1.
 * @param tries how often each loop is timed; the best counts.
 */
export async function measureRoof(threads: number, tries = 20): Promise<Roof> {
  const fused = WebAssembly.validate(roofModule(true))
  const module = new WebAssembly.Module(roofModule(fused))
  const functions = roofFunctions(module, new WebAssembly.Memory({ initial: MEMORY_BYTES / PAGE + 2 }))
  const rates = SUMS.map(sums => gflopsOf(functions, sums, tries))
  const single = Math.max(...rates)
  const sums = SUMS[rates.indexOf(single)]
  const all = threads > 1 ? await gflopsOfThreads({ module, sums, tries, threads }) : single
  const triad = { cache: triadOf(functions, CACHE_BYTES, tries), memory: triadOf(functions, MEMORY_BYTES, tries) }
  return { fused, sums, gflops: { 1: single, [threads]: all }, triad }
}

/** The higher of two measurements of the same machine: what disturbs one makes it lower. */
export function higher(a: Roof, b: Roof): Roof {
  const threads = Object.keys(a.gflops).map(Number)
  return {
    ...(a.gflops[1] >= b.gflops[1] ? a : b),
    gflops: Object.fromEntries(threads.map(n => [n, Math.max(a.gflops[n], b.gflops[n])])),
    triad: {
      cache: Math.max(a.triad.cache, b.triad.cache),
      memory: Math.max(a.triad.memory, b.triad.memory),
    },
  }
}

/** The part of the roof that work done in a time reaches; above 1, the work or the roof is wrong. */
export const fractionOf = (roof: Roof, threads: number, flops: number, milliseconds: number): number =>
  flops / (milliseconds * 1e6) / roof.gflops[threads]
