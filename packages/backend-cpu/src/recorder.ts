// Builds the module of a plan: the kernels' functions, one function per step that calls them, and `run`, which calls the
// steps. What only a run knows is read from a table in memory: the addresses of bound buffers, and of the executable's
// working memory and constant tables, whose sizes are known when the last step is recorded.
import type { Address, Arguments, Chunk, KernelContext, Tile } from './kernels/context.js'
import { ALIGNMENT } from './memory.js'
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

const align = (n: number): number => Math.ceil(n / ALIGNMENT) * ALIGNMENT

export class Recorder implements KernelContext {
  readonly module: ModuleBuilder
  readonly #functions = new Map<string, FunctionHandle<Params, null>>()
  readonly #steps: StepFunction[] = []
  readonly #data: { offset: number; words: Int32Array | Float32Array }[] = []
  #dataBytes = 0
  #scratch = 0
  #scratchLargest = 0
  #body: Body | undefined

  constructor(
    relaxedFma: boolean,
    readonly tile: Tile,
  ) {
    this.module = new ModuleBuilder({ relaxedFma, name: 'plan' })
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

  /** The module: exports `run`, and on request every step as `step<i>`. */
  finish(exportSteps: boolean): Uint8Array<ArrayBuffer> {
    const run = this.module.func('run', { table: 'i32' }, null, (f, { table }) => {
      for (const step of this.#steps) f.call(step, { table })
    })
    this.module.export(run)
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
    const { f } = this.#recording()
    const callee = fn as FunctionHandle<Params, null>
    const step = Math.max(1, Math.floor(grain))
    const whole = Math.floor(units / step) * step
    f.for(0, whole, step, begin => {
      f.call(callee, { ...values(args), begin, end: begin.add(step) })
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
