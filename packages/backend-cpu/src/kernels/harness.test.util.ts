// Runs a single kernel in tests: a KernelContext that records calls and runs them on a memory whose every other float is
// NaN, so that a read or write out of bounds shows.
import type { AttrsOf, KernelName, TensorSpec } from '@strata/api/backend'
import { specOf } from '@strata/api/backend'
import { detectFeatures, type FunctionHandle, I32, ModuleBuilder, type Params } from '../wasm/index.js'
import type { Address, CpuImpl, KernelContext, Tile } from './context.js'

const features = await detectFeatures()
/** Both ways to multiply and add, as far as the engine has them. */
export const fmaPaths: readonly boolean[] = features.relaxedFma ? [true, false] : [false]

/** One tile of each kind: vectors by themselves, and in pairs. */
export const NARROW: Tile = { mr: 4, nr: 8, ku: 1 }
export const WIDE: Tile = { mr: 4, nr: 16, ku: 1, wide: true }

export interface RunOptions {
  readonly fma?: boolean
  readonly tile?: Tile
  /** Units of a chunk are multiplied by this, and chunks run backwards: results must not change. */
  readonly grain?: number
}

const GUARD = 64

/** A kernel prepared on memory of its own. */
export interface Prepared {
  readonly ins: readonly Float32Array[]
  readonly outs: readonly Float32Array[]
  run(): void
  /** Throws if anything outside the outputs and the scratch memory was written. */
  check(): void
}

export function prepareKernel<K extends KernelName>(
  kernel: K,
  impl: CpuImpl<K>,
  attrs: AttrsOf<K>,
  ins: readonly TensorSpec[],
  options: RunOptions = {},
): Prepared {
  const { fma = features.relaxedFma, tile = NARROW, grain: scale = 1 } = options
  const outs = specOf(kernel).infer(ins, attrs)
  const module = new ModuleBuilder({ relaxedFma: fma })
  const sizes: { at: number; floats: number; free: boolean }[] = []
  let top = GUARD
  const alloc = (floats: number, free: boolean): number => {
    const at = top
    sizes.push({ at, floats, free })
    top += Math.ceil(floats / 16) * 16 + GUARD
    return at
  }
  const size = (t: TensorSpec): number => t.shape.reduce((n, d) => n * d, 1)
  const inAt = ins.map(t => alloc(size(t), false))
  const outAt = outs.map(t => alloc(size(t), true))
  const address =
    (at: number): Address =>
    () =>
      I32.of(at * 4)
  const tables: { at: number; words: Int32Array | Float32Array }[] = []
  const functions = new Map<string, FunctionHandle<Params, null>>()
  const calls: { name: string; args: number[] }[] = []
  const value = (a: Address | number): number => (typeof a === 'number' ? a : (a().constant ?? Number.NaN)) >>> 0
  const ctx: KernelContext = {
    module,
    tile,
    define: <P extends Params>(key: string, make: (name: string) => FunctionHandle<P, null>) => {
      const known = functions.get(key)
      if (known !== undefined) return known as FunctionHandle<P, null>
      const fn = make(`f${functions.size} ${key}`)
      functions.set(key, fn as FunctionHandle<Params, null>)
      module.export(fn)
      return fn
    },
    scratch: bytes => address(alloc(Math.ceil(bytes / 4), true)),
    data: words => {
      const at = alloc(words.length, true)
      tables.push({ at, words })
      return address(at)
    },
    call: (fn, args) => {
      calls.push({ name: fn.name, args: Object.keys(fn.params).map(p => value(args[p])) })
    },
    parallel: (units, grain, fn, args) => {
      if (!Number.isInteger(units) || !Number.isInteger(grain) || grain < 1) throw new RangeError(`${units} ${grain}`)
      const all: Readonly<Record<string, Address | number>> = args
      const step = Math.max(1, Math.round(grain * scale))
      const chunks: { name: string; args: number[] }[] = []
      for (let begin = 0; begin < units; begin += step) {
        const chunk: Record<string, Address | number> = { ...all, begin, end: Math.min(units, begin + step) }
        chunks.push({ name: fn.name, args: Object.keys(fn.params).map(p => value(chunk[p])) })
      }
      calls.push(...(scale === 1 ? chunks : chunks.reverse()))
    },
  }
  impl.prepare(ctx, { kernel, attrs, ins, outs })(inAt.map(address), outAt.map(address))
  const memory = new WebAssembly.Memory({ initial: Math.ceil((top * 4) / 65536) })
  const floats = new Float32Array(memory.buffer).fill(Number.NaN)
  for (const { at, words } of tables)
    new Uint8Array(memory.buffer).set(new Uint8Array(words.buffer, words.byteOffset, words.byteLength), at * 4)
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), { env: { memory } })
  const list = calls.map(({ name, args }) => ({ fn: exports[name] as (...args: number[]) => void, args }))
  return {
    ins: inAt.map((at, i) => floats.subarray(at, at + size(ins[i]))),
    outs: outAt.map((at, i) => floats.subarray(at, at + size(outs[i]))),
    run: () => {
      for (const { fn, args } of list) fn(...args)
    },
    check: () => {
      let from = 0
      for (const { at, floats: n } of [...sizes, { at: floats.length, floats: 0 }]) {
        for (let i = from; i < at; i++)
          if (!Number.isNaN(floats[i])) throw new RangeError(`${kernel}: float ${i} was written`)
        from = at + n
      }
    },
  }
}

/** Runs a kernel once on the given inputs. */
export function runKernel<K extends KernelName>(
  kernel: K,
  impl: CpuImpl<K>,
  attrs: AttrsOf<K>,
  ins: readonly { readonly shape: readonly number[]; readonly data: ArrayLike<number> }[],
  options: RunOptions = {},
): Float32Array[] {
  const p = prepareKernel(
    kernel,
    impl,
    attrs,
    ins.map(({ shape }) => ({ shape, dtype: 'float32' })),
    options,
  )
  p.ins.forEach((a, i) => {
    a.set(Array.from(ins[i].data))
  })
  const before = p.ins.map(a => a.slice())
  p.run()
  p.check()
  p.ins.forEach((a, i) => {
    if (a.some((v, j) => v !== before[i][j] && !Number.isNaN(v)))
      throw new RangeError(`${kernel}: input ${i} was written`)
  })
  return p.outs.map(o => o.slice())
}
