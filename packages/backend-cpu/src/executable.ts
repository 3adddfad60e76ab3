// A loaded plan: its arena in linear memory, its compiled module, and the checks of what is bound at each run.
import { BackendError, BindingError, type Buffer, type Executable, type Plan, StateError } from '@strata/api/backend'
import { type CpuBuffer, ownBuffer } from './buffer.js'
import type { LinearMemory } from './memory.js'
import type { Program } from './program.js'
import { TABLE } from './recorder.js'
import type { Pool } from './threads/pool.js'

interface Binding {
  readonly name: string
  readonly bytes: number
  /** Which of the table's bound words. */
  readonly word: number
  readonly written: boolean
}

export class CpuExecutable implements Executable {
  readonly #bindings: readonly Binding[]
  readonly #names: ReadonlySet<string>
  /** What is in the table, to skip the checks of buffers bound again. */
  readonly #bound: (CpuBuffer | undefined)[]
  readonly #milliseconds: number[]
  #disposed = false
  #ran = false

  /** @internal Made by the backend's `load`. */
  constructor(
    readonly owner: object,
    plan: Plan,
    readonly linear: LinearMemory,
    readonly program: Program,
    readonly pool: Pool | undefined,
    readonly release: (executable: CpuExecutable) => void,
  ) {
    const written = new Set(plan.steps.flatMap(s => s.outs.map(t => plan.tensors[t].slot)))
    this.#bindings = Object.entries(plan.bind).map(([name, t]) => {
      const { slot } = plan.tensors[t]
      return {
        name,
        bytes: plan.slots[slot].bytes,
        word: program.boundSlots.indexOf(slot),
        written: written.has(slot),
      }
    })
    this.#names = new Set(Object.keys(plan.bind))
    this.#bound = this.#bindings.map(() => undefined)
    this.#milliseconds = plan.steps.map(() => 0)
  }

  run(bind: Readonly<Record<string, Buffer>>): void {
    if (this.#disposed) {
      throw new StateError({ where: 'run', what: 'the executable', expected: 'live', got: 'disposed' })
    }
    this.pool?.check()
    this.#bind(bind)
    const { table, run, steps } = this.program
    try {
      if (steps === undefined) run(table)
      else {
        for (let i = 0; i < steps.length; i++) {
          const start = performance.now()
          steps[i](table)
          this.#milliseconds[i] = performance.now() - start
        }
      }
    } catch (cause) {
      if (!(cause instanceof WebAssembly.RuntimeError)) throw cause
      this.pool?.abandon()
      throw new BackendError({ where: 'run', what: `${trappedStep(cause)} trapped: ${cause.message}`, cause })
    }
    this.#ran = true
  }

  #bind(bind: Readonly<Record<string, Buffer>>): void {
    let given = 0
    for (const name in bind) {
      if (!this.#names.has(name)) {
        throw new BindingError({
          where: 'run',
          what: `unknown binding '${name}'`,
          expected: [...this.#names].join(', ') || 'no bindings',
        })
      }
      given++
    }
    const bindings = this.#bindings
    let changed = given !== bindings.length
    for (let i = 0; i < bindings.length; i++) {
      const known = this.#bound[i]
      if (known === undefined || known !== bind[bindings[i].name] || known.disposed) changed = true
    }
    if (changed) this.#rebind(bind)
  }

  #rebind(bind: Readonly<Record<string, Buffer>>): void {
    const bindings = this.#bindings
    const buffers = bindings.map(({ name, bytes }) => {
      const what = `binding '${name}'`
      if (!Object.hasOwn(bind, name)) {
        throw new BindingError({ where: 'run', what, expected: `a buffer of ${bytes} bytes`, got: 'nothing' })
      }
      const buffer = ownBuffer('run', what, this.owner, bind[name])
      if (buffer.bytes !== bytes) {
        throw new BindingError({ where: 'run', what: `bytes of ${what}`, expected: bytes, got: buffer.bytes })
      }
      return buffer
    })
    const users = new Map<CpuBuffer, Binding>()
    const words = new Map<number, CpuBuffer>()
    bindings.forEach((b, i) => {
      const buffer = buffers[i]
      const sameSlot = words.get(b.word)
      if (sameSlot !== undefined && sameSlot !== buffer) {
        throw new BindingError({
          where: 'run',
          what: `binding '${b.name}' names memory that another name has too`,
          expected: 'the same buffer for both',
          got: 'two buffers',
        })
      }
      words.set(b.word, buffer)
      const other = users.get(buffer)
      if (other !== undefined && other.word !== b.word && (other.written || b.written)) {
        throw new BindingError({
          where: 'run',
          what: `one buffer is bound as '${other.name}' and '${b.name}'`,
          expected: 'two buffers, since the plan writes to one of them',
          got: 'one',
        })
      }
      users.set(buffer, b)
    })
    const base = this.program.table / 4 + TABLE.bound
    bindings.forEach((b, i) => {
      this.linear.i32[base + b.word] = buffers[i].address
      this.#bound[i] = buffers[i]
    })
  }

  /** Milliseconds of each step of the latest run; needs the backend's option `profile`. */
  async timings(): Promise<readonly number[]> {
    if (this.program.steps === undefined) {
      throw new StateError({
        where: 'timings',
        what: 'the backend',
        expected: 'made with { profile: true }',
        got: 'no profile',
      })
    }
    if (!this.#ran)
      throw new StateError({ where: 'timings', what: 'the executable', expected: 'a run before', got: 'none' })
    return [...this.#milliseconds]
  }

  /** Frees the plan's memory; a second call does nothing. */
  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    this.#bound.fill(undefined)
    this.release(this)
  }
}

/** Functions of steps are named, and engines say in which function a trap happened. */
function trappedStep({ stack = '' }: WebAssembly.RuntimeError): string {
  const [, number, kernel] = /step(\d+)_([A-Za-z]\w*)/.exec(stack.replaceAll(/step\d+_phase\d+/g, '')) ?? []
  return number === undefined ? 'a kernel' : `step ${number} (${kernel})`
}
