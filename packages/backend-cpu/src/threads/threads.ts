// Threads of the platform behind one small interface: workers of Node and of browsers.

/** A running worker. */
export interface Thread {
  post(message: object): void
  /** Ends it, whatever it does; resolves when it is gone, as far as the platform tells. */
  end(): Promise<unknown>
}

/** Called once at most, when a thread ended or failed by itself. */
export type Lost = (reason: string) => void

/** Number of processors to use when nobody said how many: more pay little and take memory. */
const MOST_BY_DEFAULT = 16

/** How many threads the machine runs at once, as far as it tells; at most 16. */
export async function defaultThreads(): Promise<number> {
  const count = isNode()
    ? (await import(/* @vite-ignore */ /* webpackIgnore: true */ node('os'))).availableParallelism()
    : undefined
  return Math.max(1, Math.min(MOST_BY_DEFAULT, count ?? globalThis.navigator?.hardwareConcurrency ?? 1))
}

/** Starts a worker. It never keeps a Node process alive. */
export async function startThread(name: string, lost: Lost): Promise<Thread> {
  return isNode() ? startInNode(name, lost) : startInBrowser(name, lost)
}

const isNode = (): boolean => globalThis.process?.versions?.node !== undefined
// A name that is computed keeps bundlers for browsers from following the import.
const node = (name: string): string => `node:${name}`

async function startInNode(name: string, lost: Lost): Promise<Thread> {
  const { Worker }: typeof import('node:worker_threads') = await import(
    /* @vite-ignore */ /* webpackIgnore: true */ node('worker_threads')
  )
  const file = './worker.js'
  // Flags of the process, such as loaders, are not for this file.
  const worker = new Worker(new URL(file, import.meta.url), { name, execArgv: [] })
  worker.on('error', error => lost(String(error)))
  worker.on('exit', code => lost(`it exited with code ${code}`))
  worker.unref()
  return {
    post: message => worker.postMessage(message),
    end: () => worker.terminate(),
  }
}

function startInBrowser(name: string, lost: Lost): Thread {
  // Bundlers look for exactly this expression.
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name })
  worker.addEventListener('error', event => lost(event.message ?? 'its script did not load'))
  return {
    post: message => worker.postMessage(message),
    end: async () => worker.terminate(),
  }
}
