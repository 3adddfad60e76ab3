// A backend that runs the plans of another one step by step, with all memory on the host in between: what looks at single steps
// (verify) or changes them (mutate) builds on it.
import {
  type Backend,
  BackendError,
  BindingError,
  type Buffer,
  bytesOf,
  type Executable,
  type MemoryInfo,
  type Numerics,
  type Plan,
  StateError,
  type StepSpec,
  stepSpec,
} from '@strata/api/backend'
import type { HostData } from './cases/data.js'
import { bitsOf, planOfStep, viewOf } from './step-plan.js'

/** A step about to run or just run. */
export interface StepRun {
  readonly plan: Plan
  readonly index: number
  readonly spec: StepSpec
  /** Elements of the inputs as they were before the step. */
  readonly ins: readonly HostData[]
  /** The outputs' memory itself. */
  readonly outs: readonly HostData[]
  /** Inputs' memory itself: an output may share it. */
  readonly shared: readonly HostData[]
  /** What the outputs' memory held before the step. */
  readonly old: readonly HostData[]
  /** Number of earlier runs of any plan. */
  readonly run: number
}

export interface StepHooks {
  readonly name?: string
  readonly numerics?: Partial<Numerics>
  /** Another plan in the place of the one that is loaded. */
  plan?(plan: Plan): Plan
  /** What a step reads in the place of its inputs; these are copies. */
  inputs?(spec: StepSpec, ins: readonly HostData[]): readonly HostData[]
  /** Runs in the place of a step: true if it has written the outputs. */
  instead?(s: StepRun): boolean
  /** Runs after a step, which it may change. */
  after?(s: StepRun): void | Promise<void>
  /** Runs after a whole run; `buffers` are all that are alive, in order of allocation. */
  afterRun?(buffers: readonly StepwiseBuffer[], bind: Readonly<Record<string, StepwiseBuffer>>, run: number): void
}

export class StepwiseBuffer implements Buffer {
  disposed = false
  readonly bits: Int32Array
  constructor(
    readonly owner: StepwiseBackend,
    readonly bytes: number,
  ) {
    this.bits = new Int32Array(bytes / 4)
  }
  dispose(): void {
    this.disposed = true
    this.owner.buffers.delete(this)
  }
}

const LARGEST = 2 ** 31
/** What scratch memory holds at first: NaN. */
const GARBAGE = 0x7fc0dead

/** See `stepwise`. */
export class StepwiseBackend implements Backend {
  readonly name: string
  readonly numerics: Numerics
  readonly linearMemory: boolean
  readonly buffers = new Set<StepwiseBuffer>()
  private executables = 0
  private disposed = false
  private runs = 0
  /** What was queued so far; the first error stays for the next read. */
  private queue: Promise<void> = Promise.resolve()

  constructor(
    readonly inner: Backend,
    readonly hooks: StepHooks,
  ) {
    this.name = hooks.name ?? inner.name
    this.numerics = { ...inner.numerics, ...hooks.numerics }
    this.linearMemory = inner.linearMemory
  }

  supports(s: StepSpec): boolean {
    return this.inner.supports(s)
  }

  alloc(bytes: number): Buffer {
    this.check('alloc')
    if (!(Number.isInteger(bytes / 4) && bytes >= 0 && bytes <= LARGEST)) {
      throw new BackendError({
        where: 'alloc',
        what: 'bytes',
        expected: `a multiple of 4 up to ${LARGEST}`,
        got: bytes,
      })
    }
    const buffer = new StepwiseBuffer(this, bytes)
    this.buffers.add(buffer)
    return buffer
  }

  write(to: Buffer, data: HostData): void {
    const { bits, bytes } = this.own('write', to)
    if (data.byteLength > bytes) {
      throw new BindingError({ where: 'write', what: 'bytes', expected: bytes, got: data.byteLength })
    }
    const copy = bitsOf(data.slice())
    this.enqueue(async () => bits.set(copy))
  }

  async read(from: Buffer): Promise<Float32Array> {
    const bits = await this.readInt32(from)
    return new Float32Array(bits.buffer)
  }

  async readInt32(from: Buffer): Promise<Int32Array> {
    const { bits } = this.own('read', from)
    await this.sync()
    return bits.slice()
  }

  async sync(): Promise<void> {
    const done = this.queue
    this.queue = Promise.resolve()
    await done
  }

  async load(given: Plan): Promise<Executable> {
    this.check('load')
    const plan = this.hooks.plan?.(given) ?? given
    const memory = plan.slots.map(s => (s.kind === 'bound' ? null : new Int32Array(s.bytes / 4).fill(GARBAGE)))
    for (const { tensor, data } of plan.constants) {
      const { spec, slot } = plan.tensors[tensor]
      viewOf(memory[slot]!, spec).set(data)
    }
    const steps: { executable: Executable; plan: Plan; outs: readonly string[] }[] = []
    for (const i of plan.steps.keys()) {
      const single = planOfStep(plan, i)
      steps.push({ executable: await this.inner.load(single.plan), ...single })
    }
    this.executables++
    let disposed = false
    return {
      run: bind => {
        if (disposed) throw new StateError({ where: 'run', what: 'the executable is disposed' })
        const bound = this.bound(given, bind)
        const slots = [...memory] as Int32Array[]
        for (const [name, t] of Object.entries(plan.bind)) slots[plan.tensors[t].slot] = bound[name].bits
        const run = this.runs++
        this.enqueue(async () => {
          for (const [i, step] of steps.entries()) await this.runStep(plan, i, step, slots, run)
          this.hooks.afterRun?.([...this.buffers], bound, run)
        })
      },
      dispose: () => {
        if (disposed) return
        disposed = true
        this.executables--
        const free = async (): Promise<void> => {
          for (const s of steps) s.executable.dispose()
        }
        this.enqueue(free)
      },
    }
  }

  memory(): MemoryInfo {
    let bytes = 0
    for (const b of this.buffers) bytes += b.bytes
    return { buffers: this.buffers.size, bytes, executables: this.executables }
  }

  /** Frees the buffers, and the inner backend when what was queued has run. */
  dispose(): void {
    if (this.disposed) return
    this.disposed = true
    for (const b of [...this.buffers]) b.dispose()
    this.queue.then(
      () => this.inner.dispose(),
      () => this.inner.dispose(),
    )
  }

  private enqueue(work: () => Promise<void>): void {
    this.queue = this.queue.then(work)
    // Errors are thrown where results are read.
    this.queue.catch(() => {})
  }

  private async runStep(
    plan: Plan,
    index: number,
    single: { readonly executable: Executable; readonly plan: Plan; readonly outs: readonly string[] },
    slots: readonly Int32Array[],
    run: number,
  ): Promise<void> {
    const step = plan.steps[index]
    const view = (t: number): HostData => viewOf(slots[plan.tensors[t].slot], plan.tensors[t].spec)
    const spec = stepSpec(plan, step)
    const shared = step.ins.map(view)
    const outs = step.outs.map(view)
    const copies = shared.map(d => d.slice())
    const s: StepRun = {
      plan,
      index,
      spec,
      ins: this.hooks.inputs?.(spec, copies) ?? copies,
      shared,
      outs,
      old: outs.map(d => d.slice()),
      run,
    }
    if (this.hooks.instead?.(s) !== true) await this.runInner(single, s)
    await this.hooks.after?.(s)
  }

  private async runInner(
    {
      executable,
      plan,
      outs,
    }: { readonly executable: Executable; readonly plan: Plan; readonly outs: readonly string[] },
    s: StepRun,
  ): Promise<void> {
    const { inner } = this
    const bind: Record<string, Buffer> = {}
    try {
      for (const [name, t] of Object.entries(plan.bind)) bind[name] = inner.alloc(bytesOf(plan.tensors[t].spec))
      for (const [i, data] of s.ins.entries()) inner.write(bind[`in${i}`], data)
      // An output that the kernel does not write keeps what its memory held.
      for (const [j, data] of s.outs.entries()) if (outs[j] === `out${j}`) inner.write(bind[outs[j]], data)
      executable.run(bind)
      for (const [j, data] of s.outs.entries()) bitsOf(data).set(await inner.readInt32(bind[outs[j]]))
    } finally {
      for (const b of Object.values(bind)) b.dispose()
    }
  }

  private bound(plan: Plan, bind: Readonly<Record<string, Buffer>>): Record<string, StepwiseBuffer> {
    this.check('run')
    for (const name of Object.keys(bind)) {
      if (!(name in plan.bind)) throw new BindingError({ where: 'run', what: `unknown binding '${name}'` })
    }
    const bound: Record<string, StepwiseBuffer> = {}
    for (const [name, t] of Object.entries(plan.bind)) {
      if (bind[name] === undefined) throw new BindingError({ where: 'run', what: `missing binding '${name}'` })
      bound[name] = this.own(`run: binding '${name}'`, bind[name])
      const expected = bytesOf(plan.tensors[t].spec)
      if (bound[name].bytes === expected) continue
      throw new BindingError({ where: 'run', what: `bytes of binding '${name}'`, expected, got: bound[name].bytes })
    }
    return bound
  }

  private own(where: string, buffer: Buffer): StepwiseBuffer {
    this.check(where)
    if (!(buffer instanceof StepwiseBuffer) || buffer.owner !== this) {
      throw new BindingError({ where, what: 'a buffer of another backend' })
    }
    if (buffer.disposed) throw new BindingError({ where, what: 'a disposed buffer' })
    return buffer
  }

  private check(where: string): void {
    if (this.disposed) throw new StateError({ where, what: 'the backend is disposed' })
  }
}

/** Wraps a backend; it owns the inner one from now on. */
export const stepwise = (inner: Backend, hooks: StepHooks): StepwiseBackend => new StepwiseBackend(inner, hooks)
