// The CPU backend: WebAssembly SIMD over one linear memory. Runs are synchronous, so a buffer's contents are always those
// after the latest run.
import {
  ArgumentError,
  type Backend,
  BackendError,
  BindingError,
  type Buffer,
  checkOptions,
  type Executable,
  type MemoryInfo,
  type Numerics,
  type Plan,
  StateError,
  type StepSpec,
} from '@strata/api/backend'
import { CpuBuffer, ownBuffer } from './buffer.js'
import { CpuExecutable } from './executable.js'
import { LinearMemory, MAX_BYTES } from './memory.js'
import { numerics } from './numerics.js'
import { isSupported, loadProgram, type ProgramOptions } from './program.js'
import { revectorize as joinVectors } from './revectorize.js'
import { MAX_THREADS } from './threads/control.js'
import { Pool } from './threads/pool.js'
import { defaultThreads } from './threads/threads.js'
import { chooseTile } from './tile.js'
import { detectFeatures } from './wasm/index.js'

/** Options of {@link cpu}. */
export interface CpuOptions {
  /**
   * How many threads share the work, the calling one included; results have the same bits for any number. 'auto': as many
   * as the machine runs at once, at most 16. 1: no workers, and no shared memory. Default 'auto'.
   */
  readonly threads?: number | 'auto'
  /**
   * Share even what is too little to be worth it, in the smallest chunks, and wait at `load` until every thread is ready:
   * slow, for testing. Default false.
   */
  readonly shareAll?: boolean
  /** False never fuses a multiplication with an addition, for equal bits on engines without relaxed SIMD. Default: as the engine can. */
  readonly relaxedFma?: boolean
  /**
   * On Node 24 and later, let V8 join pairs of vectors to 256 bits (`--experimental-wasm-revectorize`), for the same bits in
   * less time: a flag of the whole process, set where a test of some 20 ms finds results equal and faster. False never sets
   * it. Default true.
   */
  readonly revectorize?: boolean
  /** Measure every step: `Executable.timings()` then gives milliseconds. Default false. */
  readonly profile?: boolean
  /** Largest memory in bytes, rounded down to 64 KiB. Default 4 GiB, which is also the most. */
  readonly maximumBytes?: number
  /**
   * Told when threads were wanted and cannot be had, or one is lost; work goes on with those that there are. Default:
   * `console.warn`, and for missing threads once in a program.
   */
  readonly warn?: (message: string) => void
}

/** The CPU backend, and how many threads it has. */
export interface CpuBackend extends Backend {
  readonly threads: number
}

/**
 * Opens the CPU backend.
 *
 * @throws ArgumentError for an unknown or wrong option
 * @throws BackendError when the engine has no WebAssembly SIMD
 * @example
 * import { cpu } from '@strata/backend-cpu'
 * const backend = await cpu()
 */
export async function cpu(options: CpuOptions = {}): Promise<CpuBackend> {
  checkOptions('cpu', options, ['threads', 'shareAll', 'relaxedFma', 'revectorize', 'profile', 'maximumBytes', 'warn'])
  const { threads = 'auto', shareAll = false, relaxedFma, revectorize = true, profile = false } = options
  const { maximumBytes = MAX_BYTES, warn = warnInConsole } = options
  const check = (what: string, fine: boolean, expected: string, got: unknown): void => {
    if (!fine) throw new ArgumentError({ where: 'cpu', what, expected, got })
  }
  const isCount = Number.isInteger(threads) && Number(threads) >= 1 && Number(threads) <= MAX_THREADS
  check('threads', threads === 'auto' || isCount, `an integer in [1, ${MAX_THREADS}] or 'auto'`, threads)
  for (const [what, value] of Object.entries({ shareAll, relaxedFma: relaxedFma ?? true, revectorize, profile })) {
    check(what, typeof value === 'boolean', 'a boolean', value)
  }
  check('warn', typeof warn === 'function', 'a function', warn)
  const inRange = maximumBytes >= 65536 && maximumBytes <= MAX_BYTES
  check('maximumBytes', inRange, `in [65536, ${MAX_BYTES}]`, maximumBytes)
  const features = await detectFeatures(relaxedFma === undefined ? {} : { relaxedFma })
  if (!features.simd) {
    throw new BackendError({ where: 'cpu', what: 'WebAssembly SIMD', expected: 'an engine that has it', got: 'none' })
  }
  const wanted = threads === 'auto' ? await defaultThreads() : threads
  const maximum = Math.floor(maximumBytes / 65536) * 65536
  const shared = wanted > 1 ? sharedMemory(features.threads, maximum, warn) : undefined
  const linear = shared ?? new LinearMemory({ maximum })
  return new WasmBackend(linear, {
    relaxedFma: features.relaxedFma,
    tile: chooseTile(features.relaxedFma, revectorize && (await joinVectors(features.relaxedFma))),
    profile,
    pool: shared === undefined ? undefined : new Pool(shared, { threads: wanted, shareAll, warn }),
  })
}

const warned = new Set<string>()
function warnInConsole(message: string): void {
  if (!warned.has(message)) console.warn(message)
  warned.add(message)
}

function sharedMemory(possible: boolean, maximum: number, warn: (message: string) => void): LinearMemory | undefined {
  if (!possible) {
    warn(
      'cpu: one thread, since this environment has no SharedArrayBuffer; a page must be cross-origin isolated ' +
        '(headers Cross-Origin-Opener-Policy: same-origin, Cross-Origin-Embedder-Policy: require-corp)',
    )
    return undefined
  }
  try {
    return new LinearMemory({ maximum, shared: true })
  } catch (e) {
    if (!(e instanceof RangeError)) throw e
    warn(`cpu: one thread, since the engine cannot reserve a shared memory of ${maximum} bytes; see maximumBytes`)
    return undefined
  }
}

/** Threads of a backend that was dropped without `dispose` would wait for ever. */
const forgotten = new FinalizationRegistry<Pool>(pool => void pool.end())

class WasmBackend implements CpuBackend {
  readonly name = 'cpu'
  readonly linearMemory = true
  readonly numerics: Numerics
  readonly threads: number
  readonly #linear: LinearMemory
  readonly #options: ProgramOptions
  readonly #buffers = new Set<CpuBuffer>()
  readonly #executables = new Set<CpuExecutable>()
  #bytes = 0
  #disposed = false

  constructor(linear: LinearMemory, options: ProgramOptions) {
    this.#linear = linear
    this.#options = options
    this.numerics = numerics(options.relaxedFma)
    this.threads = options.pool?.threads ?? 1
    if (options.pool !== undefined) forgotten.register(this, options.pool)
  }

  supports(s: StepSpec): boolean {
    return isSupported(s)
  }

  alloc(bytes: number): Buffer {
    this.#alive('alloc')
    if (!Number.isInteger(bytes) || bytes < 0) {
      throw new ArgumentError({ where: 'alloc', what: 'bytes', expected: 'an integer of at least 0', got: bytes })
    }
    const buffer = new CpuBuffer(this, this.#linear.alloc(bytes, 'alloc'), bytes, b => this.#freeBuffer(b))
    this.#buffers.add(buffer)
    this.#bytes += bytes
    return buffer
  }
  #freeBuffer(buffer: CpuBuffer): void {
    this.#buffers.delete(buffer)
    this.#bytes -= buffer.bytes
    this.#linear.free(buffer.address)
  }

  write(to: Buffer, data: Float32Array | Int32Array): void {
    this.#alive('write')
    const buffer = ownBuffer('write', 'buffer', this, to)
    if (!(data instanceof Float32Array || data instanceof Int32Array)) {
      throw new ArgumentError({
        where: 'write',
        what: 'data',
        expected: 'a Float32Array or Int32Array',
        got: typeof data,
      })
    }
    if (data.byteLength > buffer.bytes) {
      throw new BindingError({
        where: 'write',
        what: 'bytes of data',
        expected: `at most the buffer's ${buffer.bytes}`,
        got: data.byteLength,
      })
    }
    const view = data instanceof Int32Array ? this.#linear.i32 : this.#linear.f32
    view.set(data, buffer.address / 4)
  }

  async read(from: Buffer): Promise<Float32Array> {
    const [begin, end] = this.#range('read', from)
    return this.#linear.f32.slice(begin, end)
  }
  async readInt32(from: Buffer): Promise<Int32Array> {
    const [begin, end] = this.#range('readInt32', from)
    return this.#linear.i32.slice(begin, end)
  }
  #range(where: string, from: Buffer): [number, number] {
    this.#alive(where)
    const { address, bytes } = ownBuffer(where, 'buffer', this, from)
    return [address / 4, address / 4 + Math.floor(bytes / 4)]
  }

  async load(plan: Plan): Promise<Executable> {
    this.#alive('load')
    const program = await loadProgram(plan, this.#linear, this.#options)
    const { pool } = this.#options
    const release = (): void => {
      if (program.executable !== undefined) pool?.unload(program.executable)
      for (const b of program.blocks) this.#linear.free(b)
    }
    if (this.#disposed) {
      release()
      this.#alive('load')
    }
    const executable = new CpuExecutable(this, plan, this.#linear, program, pool, e => {
      this.#executables.delete(e)
      release()
    })
    this.#executables.add(executable)
    return executable
  }

  async sync(): Promise<void> {
    this.#alive('sync')
  }

  memory(): MemoryInfo {
    return { buffers: this.#buffers.size, bytes: this.#bytes, executables: this.#executables.size }
  }

  dispose(): void {
    if (this.#disposed) return
    for (const e of [...this.#executables]) e.dispose()
    for (const b of [...this.#buffers]) b.dispose()
    this.#disposed = true
    void this.#options.pool?.end()
  }

  #alive(where: string): void {
    if (this.#disposed) {
      throw new StateError({ where, what: 'the backend', expected: 'live', got: 'disposed' })
    }
  }
}
