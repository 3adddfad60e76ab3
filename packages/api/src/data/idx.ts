// The IDX file format of MNIST and its relatives.
// Source: Y. LeCun, "The MNIST database of handwritten digits": magic 0, 0, type, rank; sizes as big-endian uint32;
// big-endian elements, row-major.
import { FileError } from '../errors.js'
import { gunzip, isGzip } from './gzip.js'
import type { HostData, HostTensor } from './host-tensor.js'

/** Bytes per element and the way to host arrays, by type code. Doubles are rounded to float32. */
const TYPES: Readonly<Record<number, { bytes: number; read(view: DataView, n: number): HostData }>> = {
  8: { bytes: 1, read: (v, n) => new Uint8Array(v.buffer, v.byteOffset, n) },
  9: { bytes: 1, read: (v, n) => Int32Array.from({ length: n }, (_, i) => v.getInt8(i)) },
  11: { bytes: 2, read: (v, n) => Int32Array.from({ length: n }, (_, i) => v.getInt16(2 * i)) },
  12: { bytes: 4, read: (v, n) => Int32Array.from({ length: n }, (_, i) => v.getInt32(4 * i)) },
  13: { bytes: 4, read: (v, n) => Float32Array.from({ length: n }, (_, i) => v.getFloat32(4 * i)) },
  14: { bytes: 8, read: (v, n) => Float32Array.from({ length: n }, (_, i) => v.getFloat64(8 * i)) },
}

/** The most that a gzip-compressed IDX file may unpack to. */
const MAX_BYTES = 2 ** 32 - 1

/**
 * Reads an IDX file, gzip-compressed or not. uint8 stays uint8 (a view where nothing was compressed), int8, int16 and
 * int32 become int32, float and double become float32.
 *
 * @param file The file's name, for error messages.
 * @throws FileError for a bad magic number, an unknown element type, truncated data or bytes behind the data.
 * @example const images = await parseIdx(bytes, 'train-images-idx3-ubyte.gz') // uint8 [60000, 28, 28]
 */
export async function parseIdx(bytes: Uint8Array, file = 'idx'): Promise<HostTensor> {
  const raw = isGzip(bytes) ? await gunzip(bytes, file, MAX_BYTES) : bytes
  const hex = (b: Uint8Array): string => [...b].map(v => v.toString(16).padStart(2, '0')).join(' ')
  if (raw.length < 4)
    throw new FileError({ where: file, what: 'truncated magic', expected: '4 bytes', got: raw.length })
  const type = TYPES[raw[2]]
  const rank = raw[3]
  if (raw[0] !== 0 || raw[1] !== 0 || type === undefined) {
    const expected = '00 00, then one of 08 09 0b 0c 0d 0e'
    throw new FileError({ where: file, what: 'magic', expected, got: hex(raw.subarray(0, 4)) })
  }
  const header = 4 + 4 * rank
  if (raw.length < header) {
    const what = `truncated sizes of ${rank} dimensions`
    throw new FileError({ where: file, what, expected: `${header} bytes`, got: raw.length })
  }
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i))
  const n = shape.reduce((a, b) => a * b, 1)
  if (header + n * type.bytes !== raw.length) {
    const what = header + n * type.bytes > raw.length ? 'truncated data' : 'bytes behind the data'
    const expected = `${header + n * type.bytes} bytes (shape [${shape.join(', ')}])`
    throw new FileError({ where: file, what, expected, got: raw.length })
  }
  return { shape, data: type.read(new DataView(raw.buffer, raw.byteOffset + header), n) }
}
