// The kernel interface: everything that a backend imports from @strata/api, on one screen.
import type { CoreKernel, KernelName, OptionalKernel } from './kernels/attrs.js'
import type { Plan, StepSpec } from './plan/plan.js'

/** How a backend's arithmetic behaves: what the conformance suite derives its error bounds from. */
export interface Numerics {
  /** Whether a * b + c may be rounded once instead of twice. */
  readonly fma: boolean
  /** Whether subnormal numbers survive. */
  readonly subnormals: boolean
  /** Whether NaN and infinities follow IEEE 754. */
  readonly nonFinite: boolean
  /** Whether two runs on the same data give the same bits. */
  readonly deterministic: boolean
  /** Largest error of built-in functions in units in the last place (of a result of magnitude at least 2^-126). */
  readonly ulp: Readonly<
    Record<
      'exp' | 'expm1' | 'log' | 'log1p' | 'tanh' | 'sigmoid' | 'erf' | 'sin' | 'cos' | 'pow' | 'sqrt' | 'rsqrt' | 'div',
      number
    >
  >
}

/** Device memory. Ours alone: a buffer of another backend, or a disposed one, is refused where it is used. */
export interface Buffer {
  readonly bytes: number
  readonly disposed: boolean
  dispose(): void
}

/** Numbers of live things: what a leak test asserts on. */
export interface MemoryInfo {
  readonly buffers: number
  readonly bytes: number
  readonly executables: number
}

export interface Backend {
  readonly name: string
  readonly numerics: Numerics
  /** Whether memory is linear, so that a reshape needs no step. */
  readonly linearMemory: boolean
  /** Whether a step of an optional kernel is implemented; asked while compiling, never while running. */
  supports(s: StepSpec): boolean
  /** @throws BackendError when memory is exhausted */
  alloc(bytes: number): Buffer
  /** Writes from the buffer's start; float32 or int32 elements. @throws BindingError for a foreign, disposed or too small buffer */
  write(to: Buffer, data: Float32Array | Int32Array): void
  /** Copies of the whole buffer's elements, asynchronous only; waits for what was run before. */
  read(from: Buffer): Promise<Float32Array>
  /** The same bytes as int32 elements. */
  readInt32(from: Buffer): Promise<Int32Array>
  load(plan: Plan): Promise<Executable>
  sync(): Promise<void>
  memory(): MemoryInfo
  /** Frees everything; later calls throw StateError. */
  dispose(): void
}

/** A loaded plan. */
export interface Executable {
  /** Queues one run. @throws BindingError naming the binding for a missing, unknown, foreign, disposed or wrongly sized buffer */
  run(bind: Readonly<Record<string, Buffer>>): void
  /** Milliseconds of each step of the latest run, where the backend can tell. */
  timings?(): Promise<readonly number[]>
  dispose(): void
}

/**
 * What a backend's author writes for one kernel. `prepare` is called once per step at load (C is the backend's loading
 * context: a module under construction, a shader cache) and returns what dispatches it on handles (H: an address, a texture,
 * a device pointer). A backend may call that once, to record, or at every run.
 */
export interface Impl<K extends KernelName, C, H> {
  supports?(s: StepSpec<K>): boolean
  prepare(c: C, s: StepSpec<K>): (ins: readonly H[], outs: readonly H[]) => void
}
/** A backend's kernels. A missing core kernel, forward or gradient, is a type error. */
export type KernelTable<C, H> = { readonly [K in CoreKernel]: Impl<K, C, H> } & {
  readonly [K in OptionalKernel]?: Impl<K, C, H>
}

export * from './errors.js'
export { constantValue, IDENTITY, type Instruction, isIdentity, type ScalarProgram } from './expr/program.js'
export type {
  AttrsOf,
  ConvAttrs,
  CoreKernel,
  KernelAttrs,
  KernelName,
  OptionalKernel,
  PoolAttrs,
  Window,
} from './kernels/attrs.js'
export { isCore, KERNEL_NAMES, specOf } from './kernels/index.js'
export { reducedShape } from './kernels/reduce.js'
export { samplePosition } from './kernels/resize.js'
export {
  type Plan,
  type PlanTensor,
  planToString,
  type Slot,
  type Step,
  type StepSpec,
  scratchBytes,
  stepCost,
  stepSpec,
} from './plan/plan.js'
export { registerBackend, registeredBackend } from './registry.js'
export * from './tensor-spec.js'
