// How a program of this app ends: errors that a user can do something about are one line; others keep their stack.

import { CancelledError, StrataError } from '@strata/api'

/** The exit status of a program that was interrupted: 128 + SIGINT. */
const INTERRUPTED = 130

/**
 * Runs a program: Ctrl-C aborts the signal (a second one ends the process), errors are reported on standard error and set
 * the exit status.
 *
 * @param run the program; told what to watch for Ctrl-C.
 * @example await runProgram(signal => trainOn(data, { signal }))
 */
export async function runProgram(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController()
  const interrupt = (): void => controller.abort(new Error('interrupted by the user'))
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', interrupt)
  try {
    await run(controller.signal)
  } catch (error) {
    if (error instanceof CancelledError || controller.signal.aborted) {
      process.stderr.write('Cancelled.\n')
      process.exitCode = INTERRUPTED
    } else {
      process.stderr.write(`${describe(error)}\n`)
      process.exitCode = 1
    }
  } finally {
    process.removeListener('SIGINT', interrupt)
    process.removeListener('SIGTERM', interrupt)
  }
}

function describe(error: unknown): string {
  if (error instanceof StrataError) return `${error.name}: ${error.message}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** Writes `text` over the current line of a terminal; nothing where there is none. */
export function status(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}
