// Tells what a file holds by its first bytes, not by its name.

import { open } from 'node:fs/promises'
import { constants, gunzipSync } from 'node:zlib'
import { FileError } from '@strata/api'

/** Bytes of a record of CIFAR-10: a label and 32 x 32 x 3 pixels. */
const CIFAR_RECORD = 3073
/** Enough of a compressed file to give its first four bytes. */
const HEAD = 4096

/** IDX images (three or four dimensions), IDX labels (one), a CIFAR-10 file, or something else. */
export type Kind = 'idx images' | 'idx labels' | 'cifar10' | 'other'

/** @throws FileError when the file cannot be read */
export async function sniff(path: string): Promise<Kind> {
  const { head, size } = await read(path)
  const start = head[0] === 0x1f && head[1] === 0x8b ? unpackHead(head) : head
  if (start.length >= 4 && start[0] === 0 && start[1] === 0 && start[2] >= 8 && start[2] <= 14) {
    if (start[3] === 1) return 'idx labels'
    if (start[3] === 3 || start[3] === 4) return 'idx images'
  }
  return size > 0 && size % CIFAR_RECORD === 0 && head[0] < 10 ? 'cifar10' : 'other'
}

async function read(path: string): Promise<{ head: Uint8Array; size: number }> {
  try {
    const handle = await open(path, 'r')
    try {
      const { size } = await handle.stat()
      const { buffer, bytesRead } = await handle.read(new Uint8Array(HEAD), 0, HEAD, 0)
      return { head: buffer.subarray(0, bytesRead), size }
    } finally {
      await handle.close()
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FileError({ where: path, what: `cannot be read (${reason})`, cause })
  }
}

// Damaged data is no kind that is known; reading it as one would say what is wrong.
function unpackHead(head: Uint8Array): Uint8Array {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    return new Uint8Array(0)
  }
}
