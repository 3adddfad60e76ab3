// The reference backend: an interpreter of plans in float64 that carries, with every element, the bound on the error that a
// correct backend may have there. Slow and obvious; doubles as the oracle of the conformance suite and as a debugging aid.
import {
  type Backend,
  BackendError,
  BindingError,
  type Buffer,
  bytesOf,
  type DType,
  type Executable,
  type Impl,
  isCore,
  type KernelName,
  type KernelTable,
  type MemoryInfo,
  type Numerics,
  type Plan,
  StateError,
  stepSpec,
  type TensorSpec,
} from '@strata/api/backend'
import { Arithmetic, FLOAT32, IEEE, SMALLEST_NORMAL } from './arithmetic.js'
import type { Memory } from './kernels/impl.js'
import { KERNELS } from './kernels/index.js'

/** Values and the bounds on their errors, element by element. */
export interface Exact {
  readonly value: Float64Array
  readonly bound: Float64Array
}

export interface ReferenceOptions {
  /** Unit roundoff that bounds are derived for: 2^-24 (default) for a float32 backend, 2^-53 for the oracle itself, 0 for values without bounds. */
  readonly u?: number
  /** Arithmetic of the backend under test; default: IEEE with built-in functions to one unit in the last place. */
  readonly numerics?: Numerics
}

/** Two float64 numbers for each float32 one. */
const LARGEST_BUFFER = 2 ** 31

class ReferenceBuffer implements Buffer, Memory {
  disposed = false
  /** Of what was written last: numbers are kept, and bits are made from them. */
  dtype: DType = 'float32'
  readonly value: Float64Array
  readonly bound: Float64Array

  constructor(
    readonly owner: ReferenceBackend,
    readonly bytes: number,
    private readonly onDispose: (b: ReferenceBuffer) => void,
  ) {
    this.value = new Float64Array(bytes / 4)
    this.bound = new Float64Array(bytes / 4)
  }

  dispose(): void {
    if (this.disposed) return
    this.disposed = true
    this.onDispose(this)
  }
}

/**
 * Opens the oracle.
 *
 * @example
 * const oracle = reference({ numerics: backend.numerics })
 * const { value, bound } = await oracle.readExact(buffer) // |backend's element - value| <= bound
 */
export const reference = (options: ReferenceOptions = {}): ReferenceBackend => new ReferenceBackend(options)

/** Opens an oracle: `reference`, or one with a bug planted in it. */
export type OpenOracle = (options: ReferenceOptions) => ReferenceBackend

export class ReferenceBackend implements Backend {
  readonly name = 'reference'
  readonly numerics: Numerics
  readonly linearMemory = true
  private readonly arithmetic: Arithmetic
  private readonly buffers = new Set<ReferenceBuffer>()
  private executables = 0
  private disposed = false
  /** The meaning of each kernel; a test of the suite plants bugs here. */
  protected readonly kernels: KernelTable<Arithmetic, Memory> = KERNELS

  constructor({ u = FLOAT32, numerics = IEEE }: ReferenceOptions) {
    this.numerics = numerics
    this.arithmetic = new Arithmetic(u, numerics)
  }

  /** Core kernels only: the meaning of an optional kernel is its decomposition. */
  supports(s: { readonly kernel: KernelName }): boolean {
    return isCore(s.kernel)
  }

  alloc(bytes: number): Buffer {
    this.check('alloc')
    if (!(Number.isInteger(bytes / 4) && bytes >= 0 && bytes <= LARGEST_BUFFER)) {
      throw new BackendError({
        where: 'alloc',
        what: 'bytes',
        expected: `a multiple of 4 up to ${LARGEST_BUFFER}`,
        got: bytes,
      })
    }
    const buffer = new ReferenceBuffer(this, bytes, b => this.buffers.delete(b))
    this.buffers.add(buffer)
    return buffer
  }

  write(to: Buffer, data: Float32Array | Int32Array): void {
    this.writeExact(to, Float64Array.from(data))
    this.own('write', to).dtype = data instanceof Int32Array ? 'int32' : 'float32'
  }

  /** Writes float64 values, with bounds on their errors where they have any. */
  writeExact(to: Buffer, value: Float64Array, bound?: Float64Array): void {
    const buffer = this.own('write', to)
    if (value.length > buffer.value.length) {
      throw new BindingError({ where: 'write', what: 'bytes', expected: buffer.bytes, got: value.length * 4 })
    }
    buffer.dtype = 'float32'
    buffer.value.set(value)
    if (bound !== undefined) buffer.bound.set(bound)
    else buffer.bound.fill(0, 0, value.length)
    if (this.numerics.subnormals) return
    // A backend without subnormals may read them as 0.
    value.forEach((v, i) => {
      if (Math.abs(v) < SMALLEST_NORMAL) buffer.bound[i] += Math.abs(v)
    })
  }

  async read(from: Buffer): Promise<Float32Array> {
    const { dtype, value } = this.own('read', from)
    return dtype === 'float32' ? Float32Array.from(value) : new Float32Array(Int32Array.from(value).buffer)
  }

  async readInt32(from: Buffer): Promise<Int32Array> {
    const { dtype, value } = this.own('readInt32', from)
    return dtype === 'int32' ? Int32Array.from(value) : new Int32Array(Float32Array.from(value).buffer)
  }

  /** Copies of the values and of the bounds on a float32 backend's errors. */
  async readExact(from: Buffer): Promise<Exact> {
    const { value, bound } = this.own('readExact', from)
    return { value: value.slice(), bound: bound.slice() }
  }

  async load(plan: Plan): Promise<Executable> {
    this.check('load')
    const memory = plan.slots.map((slot): Memory | null =>
      slot.kind === 'bound'
        ? null
        : { value: new Float64Array(slot.bytes / 4).fill(NaN), bound: new Float64Array(slot.bytes / 4) },
    )
    for (const { tensor, data } of plan.constants) {
      const slot = memory[plan.tensors[tensor].slot]!
      slot.value.set(data)
      data.forEach((c, i) => {
        slot.bound[i] = this.arithmetic.rounding(c, 0)
      })
    }
    const steps = plan.steps.map(step => {
      const kernel = step.kernel
      if (!isCore(kernel)) {
        throw new BackendError({ where: 'reference', what: `kernel ${kernel}`, expected: 'its decomposition' })
      }
      const { prepare } = this.kernels[kernel] as Impl<KernelName, Arithmetic, Memory>
      return { step, run: prepare(this.arithmetic, stepSpec(plan, step)) }
    })
    const written = new Set(plan.steps.flatMap(s => s.outs))
    const results = Object.entries(plan.bind).filter(([, t]) => written.has(t))
    this.executables++
    let disposed = false
    return {
      run: bind => {
        if (disposed) throw new StateError({ where: 'run', what: 'the executable is disposed' })
        const slots = this.bindSlots(plan, memory, bind)
        const at = (t: number): Memory => slots[plan.tensors[t].slot]
        for (const { step, run } of steps) {
          const outs = step.outs.map(at)
          run(step.ins.map(at), outs)
          for (const [i, t] of step.outs.entries()) this.written(plan.tensors[t].spec, outs[i])
        }
        for (const [name, t] of results) this.own('run', bind[name]).dtype = plan.tensors[t].spec.dtype
      },
      dispose: () => {
        if (!disposed) this.executables--
        disposed = true
      },
    }
  }

  /** Called with what each step has written: experiments with arithmetic change it here. */
  protected written(_spec: TensorSpec, _result: Exact): void {}

  async sync(): Promise<void> {}

  memory(): MemoryInfo {
    let bytes = 0
    for (const b of this.buffers) bytes += b.bytes
    return { buffers: this.buffers.size, bytes, executables: this.executables }
  }

  dispose(): void {
    for (const b of [...this.buffers]) b.dispose()
    this.disposed = true
  }

  private bindSlots(
    plan: Plan,
    memory: readonly (Memory | null)[],
    bind: Readonly<Record<string, Buffer>>,
  ): readonly Memory[] {
    this.check('run')
    for (const name of Object.keys(bind)) {
      if (!(name in plan.bind)) throw new BindingError({ where: 'run', what: `unknown binding '${name}'` })
    }
    const slots = [...memory]
    for (const [name, t] of Object.entries(plan.bind)) {
      const { spec, slot } = plan.tensors[t]
      const buffer = bind[name]
      if (buffer === undefined) throw new BindingError({ where: 'run', what: `missing binding '${name}'` })
      const own = this.own(`run: binding '${name}'`, buffer)
      if (own.bytes !== bytesOf(spec)) {
        throw new BindingError({
          where: 'run',
          what: `bytes of binding '${name}'`,
          expected: bytesOf(spec),
          got: own.bytes,
        })
      }
      slots[slot] = own
    }
    return slots as readonly Memory[]
  }

  private own(where: string, buffer: Buffer): ReferenceBuffer {
    this.check(where)
    if (!(buffer instanceof ReferenceBuffer) || buffer.owner !== this) {
      throw new BindingError({ where, what: 'a buffer of another backend' })
    }
    if (buffer.disposed) throw new BindingError({ where, what: 'a disposed buffer' })
    return buffer
  }

  private check(where: string): void {
    if (this.disposed) throw new StateError({ where, what: 'the backend is disposed' })
  }
}
