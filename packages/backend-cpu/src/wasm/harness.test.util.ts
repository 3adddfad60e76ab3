// What the emitter's tests share: validation by wabt (an independent reader of the format), instantiation, and a seeded
// generator of values that favours the edges of each type.

import wabt from 'wabt'
import type { ModuleBuilder } from './index.js'
import { detectFeatures } from './index.js'

/** The engine under test; also sets the flag that Node 20 needs for relaxed SIMD. */
export const features = await detectFeatures()

/** Both ways to multiply and add, as far as the engine has them. */
export const fmaPaths = features.relaxedFma ? [false, true] : [false]

const { readWasm } = await wabt()

const ENABLED = {
  simd: true,
  relaxed_simd: true,
  threads: true,
  bulk_memory: true,
  sat_float_to_int: true,
  mutable_globals: true,
}

/** Validates with wabt, which throws with the reason; the text of the module. */
export function disassemble(bytes: Uint8Array): string {
  const module = readWasm(bytes, { ...ENABLED, readDebugNames: true })
  try {
    // The typings leave out that validate takes the features too.
    const validate: (this: typeof module, enabled: object) => void = module.validate
    validate.call(module, ENABLED)
    return module.toText({ foldExprs: false, inlineExport: false })
  } finally {
    module.destroy()
  }
}

export type Numeric = number | bigint
export type Exports = Record<string, (...args: Numeric[]) => Numeric>

/** Validates the module, and instantiates it on a memory of `pages`. */
export function instantiate(m: ModuleBuilder, imports: WebAssembly.ModuleImports = {}, pages = 1) {
  const bytes = m.bytes()
  disassemble(bytes)
  const memory = new WebAssembly.Memory({ initial: pages })
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory, ...imports } })
  return { exports: instance.exports as Exports, memory, view: new DataView(memory.buffer), instance }
}

/** mulberry32: a small generator with a seed, for inputs that are the same on every run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const I32_EDGES = [0, 1, -1, 2, 31, 32, 33, 63, 64, 127, 128, -64, -65, 255, 0x7fffffff, -0x80000000, 0x40000000]
const F_EDGES = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3e9, -3e9, 5e9, 1e30, -1e30, 1e-42, Infinity, -Infinity, NaN]

/** `count` 32-bit integers: the edges, then random ones. */
export function int32s(count: number, seed: number): number[] {
  const random = seeded(seed)
  return Array.from({ length: count }, () =>
    random() < 0.4 ? I32_EDGES[Math.floor(random() * I32_EDGES.length)] : Math.floor(random() * 2 ** 32) | 0,
  )
}

/** `count` values of float32: the edges, then random ones of many magnitudes. */
export function float32s(count: number, seed: number): number[] {
  const random = seeded(seed)
  return Array.from({ length: count }, () =>
    Math.fround(
      random() < 0.4 ? F_EDGES[Math.floor(random() * F_EDGES.length)] : (random() - 0.5) * 2 ** (random() * 60 - 20),
    ),
  )
}

/** 64-bit integers from pairs of 32-bit ones. */
export function int64s(count: number, seed: number): bigint[] {
  const high = int32s(count, seed)
  const low = int32s(count, seed + 1)
  return high.map((h, i) => (BigInt(h) << 32n) | BigInt(low[i] >>> 0))
}
