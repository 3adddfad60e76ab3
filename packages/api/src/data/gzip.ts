// Transparent gzip for data files, with the platform's DecompressionStream (browsers and Node).
import { FileError } from '../errors.js'

/** Whether bytes begin like a gzip member with deflate (RFC 1952). */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8

/**
 * Decompresses gzip.
 *
 * @param maxBytes The most that the result may have, against decompression bombs.
 * @throws FileError for damaged or truncated data, or a result larger than `maxBytes`.
 */
export async function gunzip(bytes: Uint8Array, file: string, maxBytes: number): Promise<Uint8Array> {
  const stream = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream('gzip'))
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      chunks.push(value)
      length += value.length
      if (length > maxBytes) {
        await reader.cancel()
        const expected = `at most ${maxBytes} bytes`
        throw new FileError({ where: file, what: 'size of the gzip content', expected, got: `${length} or more` })
      }
    }
  } catch (cause) {
    if (cause instanceof FileError) throw cause
    throw new FileError({ where: file, what: `damaged or truncated gzip data (${String(cause)})`, cause })
  }
  const out = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    out.set(chunk, at)
    at += chunk.length
  }
  return out
}
