// A worker of the thread pool: it waits in WebAssembly for jobs of the programs that it was sent, and goes back to its event
// loop when a message was posted. In JavaScript, so that it is the same file in the source and in the package; it imports
// nothing. See control.ts for the protocol.

/**
 * @typedef {object} Start
 * @property {'start'} type
 * @property {number} thread
 * @property {WebAssembly.Memory} memory
 * @property {number} control address of the control words
 * @property {number} line address of this thread's words
 * @property {typeof import('./control.js').CONTROL} words
 * @property {typeof import('./control.js').THREAD} own
 *
 * @typedef {object} Load
 * @property {'load'} type
 * @property {number} executable
 * @property {WebAssembly.Module} module
 * @property {number} table
 *
 * @typedef {object} Unload
 * @property {'unload'} type
 * @property {number} executable
 *
 * @typedef {Start | Load | Unload} Message
 * @typedef {(table: number, thread: number, job: number, messages: number) => number} Work
 */

/** @type {Start} */
let start
/** @type {Int32Array} */
let memory
/** @type {Map<number, { work: Work, table: number }>} */
const programs = new Map()
let messages = 0
/** The latest job that was done or that is no concern of this worker. */
let job = 0

/** @param {Message} message */
function receive(message) {
  messages++
  if (message.type === 'start') {
    start = message
    memory = new Int32Array(start.memory.buffer)
  } else if (message.type === 'load') {
    const nothing = () => {}
    const env = { memory: start.memory, wait: nothing, failed: nothing }
    const { exports } = new WebAssembly.Instance(message.module, { env })
    programs.set(message.executable, { work: /** @type {Work} */ (exports.work), table: message.table })
  } else programs.delete(message.executable)
  Atomics.store(memory, (start.line + start.own.messages) / 4, messages)
  serve()
}

/** Works until there is a message. */
function serve() {
  const { words, control, thread } = start
  /** @param {keyof typeof words} name */
  const at = name => (control + words[name]) / 4
  for (;;) {
    const latest = Atomics.load(memory, at('sequence'))
    if (Atomics.load(memory, at('messages')) !== messages) return
    const program = programs.get(Atomics.load(memory, at('executable')))
    if (program !== undefined) {
      try {
        job = program.work(program.table, thread, job, messages)
      } catch {
        trapped()
      }
    } else {
      job = latest
      Atomics.add(memory, at('sleepers'), 1)
      Atomics.wait(memory, at('sequence'), latest)
      Atomics.add(memory, at('sleepers'), -1)
    }
  }
}

/** A kernel trapped. The job stays the latest one until the chunks that were taken are counted. */
function trapped() {
  const { words, own, control, line } = start
  const word = control / 4
  Atomics.store(memory, word + words.trapped / 4, Atomics.load(memory, word + words.phase / 4) + 1)
  job = Atomics.load(memory, word + words.sequence / 4)
  const taken = Atomics.exchange(memory, (line + own.taken) / 4, 0)
  Atomics.add(memory, word + words.done / 4, taken)
  Atomics.notify(memory, word + words.done / 4)
}

// Set before anything else runs: a page delivers messages as soon as the script has run.
if (globalThis.process?.versions?.node === undefined) {
  addEventListener('message', event => receive(event.data))
} else {
  // A name in a variable keeps bundlers for browsers from following the import; they also want no `await` here.
  const name = 'node:worker_threads'
  /** @type {Promise<typeof import('node:worker_threads')>} */
  const loading = import(/* @vite-ignore */ /* webpackIgnore: true */ name)
  loading.then(({ parentPort }) => parentPort?.on('message', receive))
}

export {}
