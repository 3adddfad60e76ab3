// The asynchronous plumbing under Dataset: bounded parallelism in order, read-ahead, cancellation. Each generator closes
// its source when it is left early, and awaits what it started, so that no rejection goes unobserved.
import { CancelledError, DataError, FileError } from '../errors.js'

/** Values that may be promises. */
export type MaybePromise<T> = T | Promise<T>

/** One iteration of a data set. */
export type Stream<T> = AsyncGenerator<T, void, undefined>

const cancelled = (where: string, signal: AbortSignal): CancelledError =>
  new CancelledError({ where, what: 'cancelled by the AbortSignal', cause: signal.reason })

/** @throws CancelledError if the signal is aborted, with the signal's reason as its cause. */
export function throwIfAborted(where: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled(where, signal)
}

/**
 * The error of an element that could not be made. A file's error and a cancellation stay what they are; anything else
 * becomes a DataError that names the element.
 */
export function elementError(where: string, index: number, cause: unknown): Error {
  if (cause instanceof FileError || cause instanceof CancelledError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new DataError({ where, what: `element ${index} failed: ${reason}`, cause })
}

/** The elements of a synchronous or asynchronous iterable; its own errors get the index of the element. */
export async function* elementsOf<T>(where: string, source: Iterable<T> | AsyncIterable<T>): Stream<T> {
  let index = 0
  try {
    for await (const element of source) {
      yield element
      index++
    }
  } catch (error) {
    throw elementError(where, index, error)
  }
}

/**
 * Calls `make` for each task and yields the results in the order of the tasks, with at most `parallel` calls under way.
 */
export async function* orderedParallel<S, T>(
  tasks: AsyncIterable<S> | Iterable<S>,
  make: (task: S, position: number) => MaybePromise<T>,
  parallel: number,
): Stream<T> {
  const pending: Promise<T>[] = []
  const start = async (task: S, position: number): Promise<T> => make(task, position)
  try {
    let position = 0
    for await (const task of tasks) {
      const promise = start(task, position++)
      promise.catch(() => {}) // observed below, when its turn comes
      pending.push(promise)
      if (pending.length >= parallel) yield await pending[0].finally(() => pending.shift())
    }
    while (pending.length > 0) yield await pending[0].finally(() => pending.shift())
  } finally {
    await Promise.allSettled(pending)
  }
}

/** The elements of `source` in lists of `count`, the last one perhaps shorter. */
export async function* chunks<T>(source: Stream<T>, count: number): Stream<T[]> {
  let chunk: T[] = []
  for await (const element of source) {
    chunk.push(element)
    if (chunk.length === count) {
      yield chunk
      chunk = []
    }
  }
  if (chunk.length > 0) yield chunk
}

/** Yields the elements of `source`, with up to `count` of them asked for ahead of the consumer. */
export async function* readAhead<T>(source: Stream<T>, count: number) {
  const pending: Promise<IteratorResult<T, void>>[] = []
  const ask = (): void => {
    const next = source.next()
    next.catch(() => {}) // observed below, when its turn comes
    pending.push(next)
  }
  try {
    for (let i = 0; i < count; i++) ask()
    for (;;) {
      ask()
      const result = await pending[0].finally(() => pending.shift())
      if (result.done) return
      yield result.value
    }
  } finally {
    await source.return()
    await Promise.allSettled(pending)
  }
}

// The next element, or the cancellation if that comes first. The listener goes with the element: racing against one
// promise for the whole iteration would keep every element alive.
function nextOrAbort<T>(where: string, source: Stream<T>, signal: AbortSignal) {
  return new Promise<IteratorResult<T, void>>((resolve, reject) => {
    const onAbort = (): void => reject(cancelled(where, signal))
    signal.addEventListener('abort', onAbort, { once: true })
    source
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** Yields the elements of `source` until the signal is aborted, also while an element is being waited for. */
export async function* abortable<T>(where: string, source: Stream<T>, signal: AbortSignal): Stream<T> {
  try {
    for (;;) {
      throwIfAborted(where, signal)
      const result = await nextOrAbort(where, source, signal)
      if (result.done) return
      yield result.value
    }
  } finally {
    // A source that never answers would never close either: after a cancellation its closing is not waited for.
    const closed = source.return()
    if (signal.aborted) closed.catch(() => {})
    else await closed
  }
}
