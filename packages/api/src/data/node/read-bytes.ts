// Reads whole files, with errors of the library.
import { readFile } from 'node:fs/promises'
import { CancelledError, FileError } from '../../errors.js'

/** The error of a file-system call on a path. */
export function fileSystemError(path: string, cause: unknown): FileError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new FileError({ where: path, what: `cannot be read (${reason})`, cause })
}

/**
 * The bytes of a file.
 *
 * @throws FileError if it cannot be read; CancelledError if the signal is aborted.
 */
export async function readBytes(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  try {
    return await readFile(path, { signal })
  } catch (cause) {
    if (signal?.aborted) throw new CancelledError({ where: path, what: 'reading was cancelled', cause: signal.reason })
    throw fileSystemError(path, cause)
  }
}
