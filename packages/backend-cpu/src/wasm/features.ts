// What the WebAssembly engine of this process offers, found by validating tiny modules.

import { EmitError } from './errors.js'
import { F32x4 } from './float-vectors.js'
import { ModuleBuilder } from './module-builder.js'

/** The engine's features that decide which kernels are emitted. */
export interface WasmFeatures {
  /** 128-bit SIMD. Required by this backend. */
  readonly simd: boolean
  /** Relaxed SIMD, for fused multiply-add: validated, and not switched off. */
  readonly relaxedFma: boolean
  /** Shared memory can be made: threads are possible. */
  readonly threads: boolean
}

/** Options of `detectFeatures`. */
export interface FeatureOptions {
  /** False never uses fused multiply-add, for bitwise agreement with engines without it. Default true. */
  readonly relaxedFma?: boolean
}

function probe(relaxedFma: boolean): boolean {
  const m = new ModuleBuilder({ relaxedFma })
  m.func('probe', { p: 'i32' }, null, (f, { p }) => {
    const x = f.let(F32x4.load(p))
    f.store(p, f.madd(x, x, x))
  })
  return WebAssembly.validate(m.bytes())
}

/**
 * Finds the features. On Node 20 and 21, where relaxed SIMD is complete but behind a flag, sets the flag first; newer
 * versions have it on, and would print a warning. Call before any module is compiled.
 */
export async function detectFeatures(options: FeatureOptions = {}): Promise<WasmFeatures> {
  for (const key of Object.keys(options)) {
    if (key !== 'relaxedFma') throw new EmitError('detectFeatures', `unknown option '${key}'`, 'relaxedFma')
  }
  const simd = probe(false)
  const wanted = simd && options.relaxedFma !== false
  return {
    simd,
    relaxedFma: wanted && (probe(true) || ((await enableRelaxedSimd()) && probe(true))),
    threads: threads(),
  }
}

/** Sets the V8 flag on Node 20 and 21; false elsewhere. */
async function enableRelaxedSimd(): Promise<boolean> {
  const node = globalThis.process?.versions?.node
  if (node === undefined || !/^2[01]\./.test(node)) return false
  // A name in a variable keeps bundlers for browsers from following the import.
  const name = 'node:v8'
  const v8: typeof import('node:v8') = await import(/* @vite-ignore */ /* webpackIgnore: true */ name)
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd')
  return true
}

function threads(): boolean {
  if (typeof SharedArrayBuffer === 'undefined' || typeof Atomics === 'undefined') return false
  // A browser page without cross-origin isolation has the type but cannot send the memory to a worker.
  if (globalThis.crossOriginIsolated === false && globalThis.process?.versions?.node === undefined) return false
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer instanceof SharedArrayBuffer
  } catch {
    return false
  }
}
