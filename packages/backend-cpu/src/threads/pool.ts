// The threads of one backend: started once, when the first program that can use them is loaded; then they wait in shared
// memory. The main thread never waits for them to start, and needs none of them to go on: see control.ts.
import { BackendError } from '@strata/api/backend'
import type { LinearMemory } from '../memory.js'
import { CONTROL, controlBytes, THREAD, threadLine } from './control.js'
import { startThread, type Thread } from './threads.js'

/** What the pool knows of a program. */
export interface Shared {
  readonly module: WebAssembly.Module
  readonly table: number
  /** The step of each phase, for errors. */
  readonly phases: readonly string[]
}

export interface PoolOptions {
  /** At least 2, the main thread included. */
  readonly threads: number
  /** Share whatever can be, in the smallest chunks, from the first run on. Default false. */
  readonly shareAll?: boolean
  /** Told about threads that end by themselves. */
  readonly warn: (message: string) => void
  /** Starts a thread. Default: a worker of the platform. */
  readonly start?: typeof startThread
  /** Milliseconds without any progress after which a thread counts as dead. */
  readonly patience?: number
}

export class Pool {
  /** Address of the control words. */
  readonly control: number
  readonly threads: number
  readonly shareAll: boolean
  readonly #memory: WebAssembly.Memory
  readonly #words: Int32Array
  readonly #warn: (message: string) => void
  readonly #patience: number
  readonly #startThread: typeof startThread
  readonly #programs = new Map<number, Shared>()
  #team: Promise<void> | undefined
  #running: Thread[] = []
  /** Threads that are neither lost nor yet to be started. */
  readonly #alive = new Set<number>()
  #executables = 0
  #broken: BackendError | undefined
  #ended = false

  constructor(
    linear: LinearMemory,
    { threads, shareAll = false, warn, start = startThread, patience = 30_000 }: PoolOptions,
  ) {
    this.#startThread = start
    this.threads = threads
    this.shareAll = shareAll
    this.#warn = warn
    this.#patience = patience
    this.control = linear.alloc(controlBytes(threads), 'cpu')
    this.#memory = linear.memory
    // Growing a shared memory leaves this view as it is, and the words in it.
    this.#words = linear.i32.subarray(this.control / 4, (this.control + controlBytes(threads)) / 4)
    this.#words.fill(0)
  }

  /** The number of the next program. */
  reserve(): number {
    return ++this.#executables
  }

  /** Sends a program to all threads; the first one starts them. */
  async load(executable: number, shared: Shared): Promise<void> {
    this.#programs.set(executable, shared)
    this.#team ??= this.#start()
    await this.#team
    const { module, table } = shared
    this.#post({ type: 'load', executable, module, table })
    if (this.shareAll) await this.ready()
  }

  unload(executable: number): void {
    if (this.#programs.delete(executable)) this.#post({ type: 'unload', executable })
  }

  async #start(): Promise<void> {
    const numbers = Array.from({ length: this.threads - 1 }, (_, i) => i + 1)
    const started = await Promise.all(
      numbers.map(async i => {
        this.#alive.add(i)
        const lost = (reason: string): void => {
          if (!this.#alive.delete(i) || this.#ended) return
          this.#warn(`cpu: thread ${i} of ${this.threads} is lost (${reason}); the others do its work`)
        }
        try {
          return await this.#startThread(`strata-cpu-${i}`, lost)
        } catch (e) {
          lost(String(e))
          return undefined
        }
      }),
    )
    this.#running = started.filter(t => t !== undefined)
    started.forEach((t, i) => {
      const line = this.control + threadLine(this.threads, i + 1)
      const { control } = this
      t?.post({ type: 'start', thread: i + 1, memory: this.#memory, control, line, words: CONTROL, own: THREAD })
    })
    this.#announce()
  }

  #post(message: object): void {
    for (const t of this.#running) t.post(message)
    this.#announce()
  }
  /** Says that each worker was sent one more message. */
  #announce(): void {
    Atomics.add(this.#words, CONTROL.messages / 4, 1)
    Atomics.add(this.#words, CONTROL.sequence / 4, 1)
    Atomics.notify(this.#words, CONTROL.sequence / 4)
  }

  /** @throws BackendError if a thread died at work: its results may still be written */
  check(): void {
    if (this.#broken !== undefined) throw this.#broken
  }

  /** What a module imports: called where spinning was in vain, and after a trap in a worker. */
  readonly imports = {
    wait: (chunks: number): void => this.#wait(() => Atomics.load(this.#words, CONTROL.done / 4) === chunks),
    failed: (): void => {
      const phase = Atomics.exchange(this.#words, CONTROL.trapped / 4, 0) - 1
      throw new BackendError({ where: 'run', what: `${this.#step(phase)} trapped in a thread` })
    },
  }

  #step(phase: number): string {
    return this.#programs.get(this.#words[CONTROL.executable / 4])?.phases[phase] ?? 'a kernel'
  }

  #wait(finished: () => boolean): void {
    const words = this.#words
    const [done, waiting] = [CONTROL.done / 4, CONTROL.waiting / 4]
    let last = -1
    let since = performance.now()
    while (!finished()) {
      const now = Atomics.load(words, done)
      if (now !== last) {
        last = now
        since = performance.now()
      } else if (performance.now() - since > this.#patience) {
        this.#broken = new BackendError({
          where: 'run',
          what: `${this.#step(words[CONTROL.phase / 4])}: a thread is dead or stuck, and the backend cannot be used any more`,
          expected: `progress within ${this.#patience} ms`,
          got: `${now} of ${words[CONTROL.chunks / 4]} chunks`,
        })
        throw this.#broken
      }
      // A page's main thread may not sleep.
      if (!maySleep) continue
      Atomics.store(words, waiting, 1)
      Atomics.wait(words, done, now, 100)
      Atomics.store(words, waiting, 0)
    }
  }

  /** After a trap in the main thread: takes the chunks left away, and waits for those that others are at. */
  abandon(): void {
    const { left, chunks, done } = CONTROL
    const ranges = new BigInt64Array(this.#words.buffer, this.#words.byteOffset + left, this.threads)
    let taken = this.#words[chunks / 4]
    for (let i = 0; i < this.threads; i++) taken -= Number(BigInt.asUintN(32, Atomics.exchange(ranges, i, 0n)))
    const own = (threadLine(this.threads, 0) + THREAD.taken) / 4
    const mine = this.#words[own]
    this.#words[own] = 0
    this.#wait(() => Atomics.load(this.#words, done / 4) + mine === taken)
    Atomics.store(this.#words, CONTROL.trapped / 4, 0)
  }

  /** Waits until every thread has what was sent to it. Only tests need that. */
  async ready(): Promise<void> {
    await this.#team
    const sent = this.#words[CONTROL.messages / 4]
    const behind = (i: number): boolean =>
      Atomics.load(this.#words, (threadLine(this.threads, i) + THREAD.messages) / 4) < sent
    while ([...this.#alive].some(behind) && !this.#ended) await new Promise(resolve => setTimeout(resolve, 0))
  }

  /** How many chunks each thread has done since the start. */
  totals(): readonly number[] {
    return Array.from(
      { length: this.threads },
      (_, i) => this.#words[(threadLine(this.threads, i) + THREAD.total) / 4] >>> 0,
    )
  }

  /** Ends the threads; resolves when they are gone. The words stay: the memory goes with the backend. */
  async end(): Promise<void> {
    this.#ended = true
    await this.#team
    await Promise.all(this.#running.splice(0).map(t => t.end()))
  }
}

const maySleep = ((): boolean => {
  if (typeof SharedArrayBuffer === 'undefined') return false
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1)
    return true
  } catch {
    return false
  }
})()
