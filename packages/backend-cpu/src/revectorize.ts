// 256-bit vectors on Node 24 and later: V8's experimental revectorizer joins pairs of the emitted 128-bit operations. It is
// used where it passes a test, once in a process, of its result (the same bits) and of its speed, on the innermost loop of
// the matrix product.
import { F32x4, ModuleBuilder } from './wasm/index.js'

/** Trips of the loop, how often a call repeats it, calls of a measurement, and measurements. */
const [TRIPS, REPEATS, CALLS, ROUNDS] = [64, 50, 10, 8]
const [ROWS, VECTORS] = [4, 4]
/**
 * What the flag must gain at least on this tile: without it, the smaller tile that is then used is 1.9 times as fast. Measured
 * 3.3 on AVX2 (docs/results/cpu.md).
 */
const GAIN = 2
const [A, B, C] = [0, 4096, 32768]

let tested: Promise<boolean> | undefined

/**
 * Sets V8's flag if it helps, for the whole process; true if it is set. Call before any kernel is compiled.
 *
 * @param relaxedFma whether kernels use fused multiply-add
 */
export function revectorize(relaxedFma: boolean): Promise<boolean> {
  tested ??= test(relaxedFma)
  return tested
}

async function test(relaxedFma: boolean): Promise<boolean> {
  const node = globalThis.process?.versions?.node
  if (node === undefined || Number.parseInt(node, 10) < 24) return false
  // A name in a variable keeps bundlers for browsers from following the import.
  const name = 'node:v8'
  const v8: typeof import('node:v8') = await import(/* @vite-ignore */ /* webpackIgnore: true */ name)
  // Without the baseline compiler the first call runs optimised code. The flag may be set already, as by another copy of this.
  v8.setFlagsFromString('--no-liftoff')
  v8.setFlagsFromString('--no-experimental-wasm-revectorize')
  const plain = probe('plain', relaxedFma)
  v8.setFlagsFromString('--experimental-wasm-revectorize')
  const wide = probe('wide', relaxedFma)
  v8.setFlagsFromString('--liftoff')
  const same = plain.result.every((v, i) => Object.is(v, wide.result[i]))
  if (same && fastest(plain.run, wide.run) >= GAIN) return true
  v8.setFlagsFromString('--no-experimental-wasm-revectorize')
  return false
}

/** How many times faster the second is, each at its best. */
function fastest(a: () => void, b: () => void): number {
  const best = [Infinity, Infinity]
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, run] of [a, b].entries()) {
      const start = performance.now()
      for (let call = 0; call < CALLS; call++) run()
      best[i] = Math.min(best[i], performance.now() - start)
    }
  }
  return best[0] / best[1]
}

/** A tile of a matrix product, compiled and run once; the engine knows modules by their bytes, so names differ. */
function probe(name: string, relaxedFma: boolean): { readonly run: () => void; readonly result: Float32Array } {
  const m = new ModuleBuilder({ relaxedFma, name })
  const tile = m.func('tile', {}, null, f => {
    const sums = Array.from({ length: ROWS }, () => f.locals('f32x4', VECTORS, 0))
    f.repeat(REPEATS, () => {
      const a = f.local('i32', A)
      const b = f.local('i32', B)
      f.repeat(TRIPS, () => {
        const columns = Array.from({ length: VECTORS }, (_, j) => f.let(F32x4.load(b, j * 16)))
        for (const [i, row] of sums.entries()) {
          f.scope(() => {
            const x = f.let(F32x4.loadSplat(a, i * TRIPS * 4))
            for (const [j, sum] of row.entries()) sum.set(f.madd(x, columns[j], sum))
          })
        }
        a.inc(4)
        b.inc(VECTORS * 16)
      })
    })
    const c = f.local('i32', C)
    for (const [i, row] of sums.entries()) for (const [j, sum] of row.entries()) f.store(c, sum, (i * VECTORS + j) * 16)
  })
  m.export(tile)
  const memory = new WebAssembly.Memory({ initial: 1 })
  const floats = new Float32Array(memory.buffer)
  // Fractions that no sum holds exactly.
  for (let i = 0; i < C / 4; i++) floats[i] = ((i * 37) % 101) / 97 - 0.5
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.bytes()), { env: { memory } })
  const run = exports.tile as () => void
  run()
  return { run, result: floats.slice(C / 4, C / 4 + ROWS * VECTORS * 4) }
}
