// Assembles functions, globals and data into the bytes of a WebAssembly module with one imported memory.

import type { EmitFeatures } from './body-builder.js'
import { ByteWriter } from './byte-writer.js'
import { EmitError } from './errors.js'
import { type Expression, type Kind, VALUE_TYPE_OF } from './expression.js'
import { FunctionBuilder } from './function-builder.js'
import { FunctionHandle, GlobalHandle, type Params } from './handles.js'
import { type ExpressionOf, type LocalOf, typedLocal, typedValue, type ValueOf } from './locals.js'
import { writeNameSection } from './name-section.js'
import { CONTROL, EXTERNAL, I32_OP, SECTION } from './opcodes.js'

/** The memory that the module imports, in pages of 64 KiB. A shared memory needs `maximum`. */
export interface MemoryImport {
  /** Default 'env'. */
  readonly module?: string
  /** Default 'memory'. */
  readonly name?: string
  /** The least that the memory given at instantiation must have. Default 1. */
  readonly initial?: number
  /** At most 65536. The memory given must declare a maximum no larger. Required when shared. */
  readonly maximum?: number
  readonly shared?: boolean
}

/** Options of a module. */
export interface ModuleOptions extends EmitFeatures {
  readonly memory?: MemoryImport
  /** For the name section. */
  readonly name?: string
}

type LocalsOf<P extends Params> = { readonly [N in keyof P]: LocalOf[P[N]] }
type Body<P extends Params, R extends Kind | null> = (
  f: FunctionBuilder,
  params: LocalsOf<P>,
) => R extends Kind ? ExpressionOf[R] : void

interface Definition {
  readonly handle: FunctionHandle<Params, Kind | null>
  readonly type: number
  readonly localNames: (readonly [index: number, name: string])[]
  code: ByteWriter | undefined
}

const MAX_PAGES = 65536

/**
 * Builds one module.
 *
 * @example
 * const m = new ModuleBuilder({ relaxedFma: true, memory: { shared: true, maximum: 65536 } })
 * m.export(m.func('twice', { x: 'i32' }, 'i32', (f, { x }) => x.shl(1)))
 * const module = new WebAssembly.Module(m.bytes())
 */
export class ModuleBuilder {
  readonly features: EmitFeatures
  readonly #memory: Required<Pick<MemoryImport, 'module' | 'name' | 'initial'>> & MemoryImport
  readonly #name: string
  readonly #types = new Map<string, { index: number; encoded: Uint8Array }>()
  readonly #imports: { module: string; name: string; definition: Definition }[] = []
  readonly #functions: Definition[] = []
  readonly #definitions = new Map<FunctionHandle<Params, Kind | null>, Definition>()
  readonly #globals: { handle: GlobalHandle<Kind>; initial: Expression }[] = []
  readonly #exports = new Map<string, { external: number; index: number }>()
  readonly #data: { offset: number; bytes: Uint8Array }[] = []

  constructor(options: ModuleOptions) {
    const { memory = {}, name = '', relaxedFma } = options
    const { initial = 1, maximum, shared = false } = memory
    if (!Number.isInteger(initial) || initial < 0 || initial > MAX_PAGES) {
      throw new EmitError('module', 'memory.initial', `an integer in [0, ${MAX_PAGES}]`, initial)
    }
    if (maximum !== undefined && !(Number.isInteger(maximum) && maximum >= initial && maximum <= MAX_PAGES)) {
      throw new EmitError('module', 'memory.maximum', `an integer in [${initial}, ${MAX_PAGES}]`, maximum)
    }
    if (shared && maximum === undefined) throw new EmitError('module', 'a shared memory needs memory.maximum')
    this.features = { relaxedFma }
    this.#name = name
    this.#memory = { module: 'env', name: 'memory', ...memory, initial }
  }

  /** Declares a function that the embedder supplies. All imports come before the first function. */
  importFunc<P extends Params, R extends Kind | null>(
    module: string,
    name: string,
    params: P,
    result: R,
  ): FunctionHandle<P, R> {
    if (this.#functions.length > 0) throw new EmitError(name, 'function imports come before the first function')
    const { handle, definition } = this.#declare(name, params, result)
    this.#imports.push({ module, name, definition })
    return handle
  }

  /** Declares a function to be defined later: for recursion and calls forward. */
  declare<P extends Params, R extends Kind | null>(name: string, params: P, result: R): FunctionHandle<P, R> {
    const { handle, definition } = this.#declare(name, params, result)
    this.#functions.push(definition)
    this.#definitions.set(handle, definition)
    return handle
  }

  #declare<P extends Params, R extends Kind | null>(name: string, params: P, result: R) {
    const names = Object.keys(params)
    // JavaScript moves integer-like keys to the front, which would reorder the parameters.
    const numeric = names.find(n => /^\d+$/.test(n))
    if (numeric !== undefined) throw new EmitError(name, 'parameter name', 'not a number', numeric)
    const handle = new FunctionHandle(name, params, result, this.#imports.length + this.#functions.length)
    const type = this.#type(
      names.map(n => params[n]),
      result,
    )
    const definition: Definition = { handle, type, localNames: names.map((n, i) => [i, n] as const), code: undefined }
    return { handle, definition }
  }

  #type(params: readonly Kind[], result: Kind | null): number {
    const encoded = new Uint8Array([
      0x60,
      ...leb(params.length),
      ...params.map(k => VALUE_TYPE_OF[k]),
      ...(result === null ? [0] : [1, VALUE_TYPE_OF[result]]),
    ])
    const key = encoded.join()
    const known = this.#types.get(key)
    if (known !== undefined) return known.index
    const index = this.#types.size
    this.#types.set(key, { index, encoded })
    return index
  }

  /** Gives a declared function its body; what the body returns is the result. */
  define<P extends Params, R extends Kind | null>(handle: FunctionHandle<P, R>, body: Body<P, R>): void {
    const definition = this.#definitions.get(handle)
    if (definition === undefined)
      throw new EmitError(handle.name, 'define: the function was not declared by this module')
    if (definition.code !== undefined) throw new EmitError(handle.name, 'define: the function has a body already')
    const names = Object.keys(handle.params)
    const f = new FunctionBuilder(handle.name, this.features, names.length, handle.result)
    const locals: Partial<Record<string, LocalOf[Kind]>> = {}
    names.forEach((n, i) => {
      locals[n] = typedLocal(handle.params[n], f.slot(i, n, true))
    })
    const value = body(f, locals as LocalsOf<P>)
    definition.code = f.finish(value === undefined ? undefined : value)
    definition.localNames.push(...f.localNames)
  }

  /** Declares and defines a function. `result` is null for none. */
  func<P extends Params, R extends Kind | null>(
    name: string,
    params: P,
    result: R,
    body: Body<P, R>,
  ): FunctionHandle<P, R> {
    const handle = this.declare(name, params, result)
    this.define(handle, body)
    return handle
  }

  /** Exports a function (JavaScript passes the parameters in order) or a global. */
  export<H extends FunctionHandle<Params, Kind | null> | GlobalHandle<Kind>>(handle: H, name = handle.name): H {
    if (this.#exports.has(name)) throw new EmitError('module', `export '${name}' exists already`)
    if (handle instanceof FunctionHandle) {
      const vector = [...Object.values(handle.params), handle.result].find(k => k?.includes('x'))
      if (vector !== undefined)
        throw new EmitError(name, 'export: vectors cannot cross to JavaScript', 'scalars', String(vector))
    }
    const external = handle instanceof FunctionHandle ? EXTERNAL.function : EXTERNAL.global
    this.#exports.set(name, { external, index: handle.index })
    return handle
  }

  /** A global variable with a constant initial value. Each instance (each thread) has its own. */
  global<K extends Kind>(name: string, kind: K, initial: ValueOf[K], mutable = true): GlobalHandle<K> {
    const value = typedValue(kind, initial)
    if (value.constant === undefined) throw new EmitError(name, 'global: initial value', 'a constant')
    const handle = new GlobalHandle(name, kind, mutable, this.#globals.length)
    this.#globals.push({ handle, initial: value })
    return handle
  }

  /** Bytes copied to `offset` of the memory whenever the module is instantiated (by every thread). */
  data(offset: number, bytes: Uint8Array): void {
    if (!Number.isInteger(offset) || offset < 0 || offset > 0xffffffff) {
      throw new EmitError('data', 'offset', 'an integer in [0, 2^32)', offset)
    }
    this.#data.push({ offset, bytes })
  }

  /** The module, in an array of its own. */
  bytes(): Uint8Array<ArrayBuffer> {
    const total = this.#functions.reduce((n, d) => n + (d.code?.length ?? 0) + 5, 0)
    const w = new ByteWriter(total + 4096)
    const section = (id: number, count: number, write: (s: ByteWriter) => void, capacity = 256): void => {
      if (count === 0) return
      const s = new ByteWriter(capacity)
      s.unsigned(count)
      write(s)
      w.byte(id)
      w.sized(s.bytes())
    }
    w.raw(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))
    section(SECTION.type, this.#types.size, s => {
      for (const { encoded } of this.#types.values()) s.raw(encoded)
    })
    section(SECTION.import, this.#imports.length + 1, s => this.#writeImports(s))
    section(SECTION.function, this.#functions.length, s => {
      for (const { type } of this.#functions) s.unsigned(type)
    })
    section(SECTION.global, this.#globals.length, s => {
      for (const { handle, initial } of this.#globals) {
        s.byte(VALUE_TYPE_OF[handle.kind])
        s.byte(handle.mutable ? 1 : 0)
        initial.emit(s)
        s.op(CONTROL.end)
      }
    })
    section(SECTION.export, this.#exports.size, s => {
      for (const [name, { external, index }] of this.#exports) {
        s.name(name)
        s.byte(external)
        s.unsigned(index)
      }
    })
    section(
      SECTION.code,
      this.#functions.length,
      s => {
        for (const { handle, code } of this.#functions) {
          if (code === undefined) throw new EmitError(handle.name, 'declared but never defined')
          s.sized(code.bytes())
        }
      },
      total + 8,
    )
    section(SECTION.data, this.#data.length, s => {
      for (const { offset, bytes } of this.#data) {
        s.byte(0)
        s.op(I32_OP.const)
        s.signed(offset)
        s.op(CONTROL.end)
        s.sized(bytes)
      }
    })
    writeNameSection(w, this.#name, [...this.#imports.map(i => i.definition), ...this.#functions], this.#globals)
    return w.bytes().slice()
  }

  #writeImports(s: ByteWriter): void {
    const { module, name, initial, maximum, shared } = this.#memory
    s.name(module)
    s.name(name)
    s.byte(EXTERNAL.memory)
    s.byte((shared ? 2 : 0) | (maximum === undefined ? 0 : 1))
    s.unsigned(initial)
    if (maximum !== undefined) s.unsigned(maximum)
    for (const { module, name, definition } of this.#imports) {
      s.name(module)
      s.name(name)
      s.byte(EXTERNAL.function)
      s.unsigned(definition.type)
    }
  }
}

function leb(value: number): Uint8Array {
  const w = new ByteWriter(8)
  w.unsigned(value)
  return w.bytes()
}
