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
import { chooseTile } from './tile.js'
import { detectFeatures } from './wasm/index.js'

/** Options of {@link cpu}. */
export interface CpuOptions {
  /** False never fuses a multiplication with an addition, for equal bits on engines without relaxed SIMD. Default: as the engine can. */
  readonly relaxedFma?: boolean
  /** Measure every step: `Executable.timings()` then gives milliseconds. Default false. */
  readonly profile?: boolean
  /** Largest memory in bytes, rounded down to 64 KiB. Default 4 GiB, which is also the most. */
  readonly maximumBytes?: number
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
export async function cpu(options: CpuOptions = {}): Promise<Backend> {
  checkOptions('cpu', options, ['relaxedFma', 'profile', 'maximumBytes'])
  const { relaxedFma, profile = false, maximumBytes = MAX_BYTES } = options
  for (const [what, value] of Object.entries({ relaxedFma: relaxedFma ?? true, profile })) {
    if (typeof value !== 'boolean') throw new ArgumentError({ where: 'cpu', what, expected: 'a boolean', got: value })
  }
  if (!(maximumBytes >= 65536 && maximumBytes <= MAX_BYTES)) {
    throw new ArgumentError({
      where: 'cpu',
      what: 'maximumBytes',
      expected: `in [65536, ${MAX_BYTES}]`,
      got: maximumBytes,
    })
  }
  const features = await detectFeatures(relaxedFma === undefined ? {} : { relaxedFma })
  if (!features.simd) {
    throw new BackendError({ where: 'cpu', what: 'WebAssembly SIMD', expected: 'an engine that has it', got: 'none' })
  }
  const linear = new LinearMemory({ maximum: Math.floor(maximumBytes / 65536) * 65536 })
  return new CpuBackend(linear, {
    relaxedFma: features.relaxedFma,
    tile: chooseTile(features.relaxedFma),
    profile,
  })
}

class CpuBackend implements Backend {
  readonly name = 'cpu'
  readonly linearMemory = true
  readonly numerics: Numerics
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
    const release = (): void => {
      for (const b of program.blocks) this.#linear.free(b)
    }
    if (this.#disposed) {
      release()
      this.#alive('load')
    }
    const executable = new CpuExecutable(this, plan, this.#linear, program, e => {
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
  }

  #alive(where: string): void {
    if (this.#disposed) {
      throw new StateError({ where, what: 'the backend', expected: 'live', got: 'disposed' })
    }
  }
}
