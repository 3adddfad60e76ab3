// Runner: compiled steps on a backend. Plans are cached per kind of step and shapes; buffers for data are made once per
// shape, so that a running loop allocates nothing.
import type { Backend, Buffer, Executable } from '../backend.js'
import { StateError } from '../errors.js'
import { STEP, Trace } from '../graph/trace.js'
import type { Variable } from '../graph/variable.js'
import { compile } from '../plan/compile.js'
import type { Graph } from '../plan/ir.js'
import type { Plan } from '../plan/plan.js'
import { bytesOf, type TensorSpec } from '../tensor-spec.js'

/** A graph that is ready to run, with its variables. */
export interface Loaded {
  readonly plan: Plan
  readonly executable: Executable
  /** Variables that the plan binds, by name. */
  readonly variables: readonly (readonly [name: string, variable: Variable])[]
  readonly updated: readonly Variable[]
  /** The bindings of the latest run, reused. */
  readonly bind: Record<string, Buffer>
}

export class Runner {
  readonly #loaded = new Map<string, Promise<Loaded>>()
  readonly #buffers = new Map<string, Buffer>()
  readonly #written = new Map<string, number>()
  readonly #variables = new Set<Variable>()
  #disposed = false

  constructor(readonly backend: Backend) {}

  /** The plan of this key, compiled and loaded on first use. */
  load(key: string, build: () => { readonly graph: Graph; readonly trace: Trace }): Promise<Loaded> {
    if (this.#disposed) throw new StateError({ where: 'model', what: 'used after dispose' })
    const known = this.#loaded.get(key)
    if (known !== undefined) return known
    const made = this.#load(build())
    this.#loaded.set(key, made)
    made.catch(() => this.#loaded.delete(key))
    return made
  }
  async #load({ graph, trace }: { readonly graph: Graph; readonly trace: Trace }): Promise<Loaded> {
    const plan = this.compile(graph)
    const executable = await this.backend.load(plan)
    const variables: [string, Variable][] = []
    for (const v of trace.leaves.keys()) {
      const name = Trace.bindingOf(v)
      if (name in plan.bind) variables.push([name, v])
    }
    const updated = [...trace.updates.keys()]
    return { plan, executable, variables, updated, bind: {} }
  }
  compile(graph: Graph): Plan {
    const { backend } = this
    return compile(graph, { supports: s => backend.supports(s), linearMemory: backend.linearMemory })
  }

  /** A buffer for data of this name and shape. */
  buffer(name: string, spec: TensorSpec): Buffer {
    const bytes = bytesOf(spec)
    const key = `${name}:${bytes}`
    let buffer = this.#buffers.get(key)
    if (buffer === undefined) {
      buffer = this.backend.alloc(bytes)
      this.#buffers.set(key, buffer)
    }
    return buffer
  }
  /** Binds data of one run. */
  feed(loaded: Loaded, name: string, data: Float32Array | Int32Array): void {
    const tensor = loaded.plan.bind[name]
    // A model need not read all of its inputs.
    if (tensor === undefined) return
    const buffer = this.buffer(name, loaded.plan.tensors[tensor].spec)
    this.backend.write(buffer, data)
    loaded.bind[name] = buffer
  }
  /** Binds a scalar, written only when it has changed. */
  feedScalar(loaded: Loaded, name: string, value: number, make: (v: number) => Float32Array | Int32Array): void {
    const tensor = loaded.plan.bind[name]
    if (tensor === undefined) return
    const buffer = this.buffer(name, loaded.plan.tensors[tensor].spec)
    if (this.#written.get(name) !== value) {
      this.backend.write(buffer, make(value))
      this.#written.set(name, value)
    }
    loaded.bind[name] = buffer
  }
  feedStep(loaded: Loaded, step: number): void {
    this.feedScalar(loaded, STEP, step, v => Int32Array.of(v))
  }

  /** Queues one run. Outputs are bound to buffers of their own, which the next run overwrites. */
  run(loaded: Loaded, outputs: readonly string[]): void {
    const { bind, plan } = loaded
    for (const [name, v] of loaded.variables) {
      bind[name] = v.buffer(this.backend)
      this.#variables.add(v)
    }
    for (const name of outputs) bind[name] = this.buffer(name, plan.tensors[plan.bind[name]].spec)
    loaded.executable.run(bind)
    for (const v of loaded.updated) v.markUpdated()
  }
  /** An output of the latest run of a plan. */
  read(loaded: Loaded, output: string): Promise<Float32Array | Int32Array> {
    const buffer = loaded.bind[output]
    const { dtype } = loaded.plan.tensors[loaded.plan.bind[output]].spec
    return dtype === 'int32' ? this.backend.readInt32(buffer) : this.backend.read(buffer)
  }

  /** Forgets the plans whose key the test holds for. */
  async forget(test: (key: string) => boolean): Promise<void> {
    for (const [key, made] of this.#loaded) {
      if (!test(key)) continue
      this.#loaded.delete(key)
      const loaded = await made.catch(() => null)
      loaded?.executable.dispose()
    }
  }
  /** Brings variables home and frees all that was made on the device. */
  async dispose(): Promise<void> {
    if (this.#disposed) return
    this.#disposed = true
    await this.forget(() => true)
    for (const v of this.#variables) await v.release()
    for (const b of this.#buffers.values()) b.dispose()
    this.#buffers.clear()
  }
}
