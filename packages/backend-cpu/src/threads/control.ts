// The words in shared memory by which threads agree. All offsets are in bytes, from a base aligned to a cache line (64 bytes);
// what different threads write lies in different lines.
//
// A job is one chunked call (a phase of a step). The main thread describes it, gives every thread a range of its chunks, and
// raises SEQUENCE. Each range has a counter of chunks left, together with the job's number: a thread takes a chunk by an
// atomic decrement that fails for any other job, from its own range first, then from the others'. So whoever comes late, or
// not at all, does no harm: the main thread alone would do all the chunks. It goes on when DONE says that every chunk is done.

/** Written by the main thread. */
export const CONTROL = {
  /** Number of the latest job; what threads wait on. */
  sequence: 0,
  /** The job: which executable, which of its phases, and how many chunks. */
  executable: 4,
  phase: 8,
  chunks: 12,
  /** How many messages were posted to each worker: one that handled fewer goes back to its event loop. */
  messages: 16,
  /** Chunks of the job that are done. */
  done: 64,
  /** Whether the main thread sleeps until they are. */
  waiting: 68,
  /** 1 + the phase that trapped in a worker, or 0. */
  trapped: 72,
  /** How many workers sleep (or are about to) until SEQUENCE changes. */
  sleepers: 128,
  /** For each thread: the job's number in the high word, the chunks left of its range in the low word. */
  left: 192,
} as const

/** Words of each thread, a line apart. */
export const THREAD = {
  /** Chunks taken of this job and not yet counted in `done`. */
  taken: 0,
  /** Chunks done since the start, modulo 2^32. */
  total: 4,
  /** Messages handled. */
  messages: 8,
} as const

/** The most threads of a pool. */
export const MAX_THREADS = 64

/** Where the line of thread `i` lies. */
export const threadLine = (threads: number, i: number): number => CONTROL.left + Math.ceil(threads / 8) * 64 + i * 64
/** Bytes of the whole. */
export const controlBytes = (threads: number): number => threadLine(threads, threads)
