// Builds the module of a plan: the kernels' functions, one function per step that calls them, and `run`, which calls the
// steps. What only a run knows is read from a table in memory: the addresses of bound buffers, and of the executable's
// working memory and constant tables, whose sizes are known when the last step is recorded.
//
// With a team of threads, chunked calls that are worth it become phases that all threads run; what lies between two of them
// is done by the main thread alone, without any synchronisation.
import type { Address, Arguments, Chunk, KernelContext, Tile } from './kernels/context.js'
import { ALIGNMENT, MAX_PAGES } from './memory.js'
import { type Team, ThreadRuntime } from './threads/runtime.js'
import {
  type FunctionBuilder,
  type FunctionHandle,
  I32,
  type LocalI32,
  ModuleBuilder,
  type Params,
} from './wasm/index.js'

/** Words of the table: the base of working memory, the base of constant tables, then the bound buffers. */
export const TABLE = { work: 0, data: 1, bound: 2 } as const

type StepFunction = FunctionHandle<{ table: 'i32' }, null>
type Body = { readonly f: FunctionBuilder; readonly table: LocalI32 }

/**
 * The least work that is shared, in calls of the grain that a kernel asks for (3 to 20 microseconds each): sharing costs a
 * microsecond, and part of the data moves between caches.
 */
const WORTH_SHARING = 0.5
/** Chunks for each thread at least, down to so small a part of the grain: for an even end. */
const CHUNKS_EACH = 4
const SMALLEST_PART = 8

const align = (n: number): number => Math.ceil(n / ALIGNMENT) * ALIGNMENT

export class Recorder implements KernelContext {
  readonly module: ModuleBuilder
  readonly #functions = new Map<string, FunctionHandle<Params, null>>()
  readonly #steps: StepFunction[] = []
  readonly #data: { offset: number; words: Int32Array | Float32Array }[] = []
  #dataBytes = 0
  #scratch = 0
  #scratchLargest = 0
  readonly #threads: ThreadRuntime | undefined
  readonly #team: Team | undefined
  /** Of each phase, the number of its step. */
  readonly #phaseSteps: number[] = []
  #body: Body | undefined

  /** Without a team everything runs in one thread, and the memory need not be shared. */
  constructor(
    relaxedFma: boolean,
    readonly tile: Tile,
    team?: Team,
  ) {
    const memory = team === undefined ? {} : { shared: true, maximum: MAX_PAGES }
    this.module = new ModuleBuilder({ relaxedFma, memory, name: 'plan' })
    this.#team = team
    this.#threads = team === undefined ? undefined : new ThreadRuntime(this.module, team)
  }

  /** Bytes of working memory that the steps recorded so far need. */
  get scratchBytes(): number {
    return this.#scratchLargest
  }
  get dataBytes(): number {
    return this.#dataBytes
  }
  /** Constant tables and their offsets in bytes. */
  get tables(): readonly { readonly offset: number; readonly words: Int32Array | Float32Array }[] {
    return this.#data
  }

  /** Of each phase that several threads run, the number of its step; undefined if no other thread is to take part. */
  get sharedSteps(): readonly number[] | undefined {
    return this.#threads?.worthThreads ? this.#phaseSteps : undefined
  }

  /** Records one step: `prepare` emits functions, and what it returns records calls. */
  step(name: string, prepare: () => () => void): void {
    this.#scratch = 0
    const dispatch = prepare()
    const fn = this.module.func(name, { table: 'i32' }, null, (f, { table }) => {
      this.#body = { f, table }
      dispatch()
      this.#body = undefined
    })
    this.#steps.push(fn)
  }

  /** The module: exports `run`, `work` if other threads take part, and on request every step as `step<i>`. */
  finish(exportSteps: boolean): Uint8Array<ArrayBuffer> {
    const run = this.module.func('run', { table: 'i32' }, null, (f, { table }) => {
      for (const step of this.#steps) f.call(step, { table })
    })
    this.module.export(run)
    this.#threads?.finish()
    if (exportSteps) {
      this.#steps.forEach((step, i) => {
        this.module.export(step, `step${i}`)
      })
    }
    return this.module.bytes()
  }

  /** The address in word `index` of the table. It is loaded again at each use: a step makes few calls. */
  fromTable(index: number, offset = 0): Address {
    return () => I32.load(this.#recording().table, index * 4).add(offset)
  }

  define<P extends Params>(key: string, make: (name: string) => FunctionHandle<P, null>): FunctionHandle<P, null> {
    const known = this.#functions.get(key)
    // A key stands for one signature: the kernels choose both.
    if (known !== undefined) return known as FunctionHandle<P, null>
    const made = make(`${key.split(/[^\w]/, 1)[0]}_${this.#functions.size}`)
    this.#functions.set(key, made as FunctionHandle<Params, null>)
    return made
  }

  scratch(bytes: number): Address {
    const offset = this.#scratch
    this.#scratch += align(bytes)
    this.#scratchLargest = Math.max(this.#scratchLargest, this.#scratch)
    return this.fromTable(TABLE.work, offset)
  }

  data(words: Int32Array | Float32Array): Address {
    const offset = this.#dataBytes
    this.#data.push({ offset, words })
    this.#dataBytes += align(words.byteLength)
    return this.fromTable(TABLE.data, offset)
  }

  call<P extends Params>(fn: FunctionHandle<P, null>, args: Arguments<P>): void {
    this.#recording().f.call(fn as FunctionHandle<Params, null>, values(args))
  }

  parallel<P extends Params>(
    units: number,
    grain: number,
    fn: FunctionHandle<P & Chunk, null>,
    args: Arguments<Omit<P, keyof Chunk>>,
  ): void {
    const { f, table } = this.#recording()
    const callee = fn as FunctionHandle<Params, null>
    const most = Math.max(1, Math.floor(grain))
    const [threads, team] = [this.#threads, this.#team]
    const shared = units > 1 && (units >= grain * WORTH_SHARING || team?.shareAll === true)
    if (threads !== undefined && team !== undefined && shared) {
      const even = Math.ceil(units / (team.threads * CHUNKS_EACH))
      const size = team.shareAll ? 1 : Math.min(most, Math.max(even, Math.ceil(grain / SMALLEST_PART)))
      const name = `step${this.#steps.length}_phase${this.#phaseSteps.push(this.#steps.length) - 1}`
      threads.parallel(f, table, name, units, size, units / grain, (f, table, begin, end) => {
        const outer = this.#body
        this.#body = { f, table }
        f.call(callee, { ...values(args), begin, end })
        this.#body = outer
      })
      return
    }
    const whole = Math.floor(units / most) * most
    f.for(0, whole, most, begin => {
      f.call(callee, { ...values(args), begin, end: begin.add(most) })
    })
    if (whole < units) f.call(callee, { ...values(args), begin: whole, end: units })
  }

  #recording(): Body {
    if (this.#body === undefined) throw new Error('a kernel recorded a call outside of its dispatch')
    return this.#body
  }
}

const values = (args: Readonly<Record<string, Address | number>>): Record<string, I32> =>
  Object.fromEntries(Object.entries(args).map(([k, v]) => [k, typeof v === 'number' ? I32.of(v) : v()]))
