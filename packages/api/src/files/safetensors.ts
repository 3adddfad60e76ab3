// The safetensors file format: an 8-byte little-endian header length, a JSON header, the raw tensors.
// Source: https://github.com/huggingface/safetensors (format section of its README, and the checks of its reference
// implementation: no holes, no overlap, nothing behind the last tensor, header of at most 100 MB).
import { ArgumentError, FileError } from '../errors.js'
import { checkUniqueKeys } from './json-keys.js'
import type { SafetensorsData, SafetensorsDType } from './safetensors-dtypes.js'
import { DTYPE_BYTES, decodeTensor, encodeTensor, isSafetensorsDType, naturalDType } from './safetensors-dtypes.js'

export type { SafetensorsData, SafetensorsDType } from './safetensors-dtypes.js'

const MAX_HEADER_BYTES = 100_000_000

/** A tensor of a safetensors file. `dtype` is the type in the file; `data` holds its values in row-major order. */
export interface SafetensorsTensor {
  readonly dtype: SafetensorsDType
  readonly shape: readonly number[]
  readonly data: SafetensorsData
}

/** What a safetensors file holds; tensors in the order of their bytes. */
export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>
}

/** A tensor to write. Without `dtype`: F32, F64, I32 or U8 after the array's type. */
export interface SafetensorsInput {
  readonly shape: readonly number[]
  readonly data: SafetensorsData
  /** `I64` for integers in a Float64Array or Int32Array, `BOOL` for 0/1 in a Uint8Array. */
  readonly dtype?: SafetensorsDType
}

interface Entry {
  readonly name: string
  readonly dtype: SafetensorsDType
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

/**
 * Reads a safetensors file. F32, F64, I32, U8 and BOOL are views of `bytes` where the alignment allows it; I64 becomes
 * a Float64Array (values beyond 2^53 are refused), F16 and BF16 become Float32Arrays.
 *
 * @param name The file's name, for error messages.
 * @throws FileError saying what is wrong: truncated, oversized or malformed header, duplicate name, unknown dtype, shape
 *   that does not fit the bytes, offsets that overlap, leave holes or reach outside the file.
 * @example const { tensors } = readSafetensors(await readFile('model.safetensors'), 'model.safetensors')
 */
export function readSafetensors(bytes: Uint8Array, name = 'safetensors'): SafetensorsFile {
  const { header, dataStart } = readHeader(bytes, name)
  let metadata: Record<string, string> = {}
  const entries: Entry[] = []
  for (const [key, value] of Object.entries(header)) {
    if (key === '__metadata__') metadata = readMetadata(value, name)
    else entries.push(readEntry(key, value, name))
  }
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let position = 0
  for (const { name: tensor, begin, end } of entries) {
    if (begin !== position) {
      const what = begin < position ? `tensor '${tensor}' overlaps another` : `hole before tensor '${tensor}'`
      throw new FileError({ where: name, what, expected: `its data at offset ${position}`, got: begin })
    }
    position = end
  }
  if (dataStart + position !== bytes.length) {
    const what = dataStart + position > bytes.length ? 'truncated data' : 'bytes behind the last tensor'
    throw new FileError({ where: name, what, expected: `${dataStart + position} bytes`, got: bytes.length })
  }
  const tensors = new Map<string, SafetensorsTensor>()
  for (const { name: key, dtype, shape, begin, end } of entries) {
    const raw = bytes.subarray(dataStart + begin, dataStart + end)
    tensors.set(key, { dtype, shape, data: decodeTensor(dtype, raw, name, key) })
  }
  return { metadata, tensors }
}

function readHeader(bytes: Uint8Array, name: string): { header: object; dataStart: number } {
  if (bytes.length < 8) {
    throw new FileError({ where: name, what: 'truncated header length', expected: '8 bytes', got: bytes.length })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8)
  const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true)
  if (length > MAX_HEADER_BYTES) {
    const expected = `at most ${MAX_HEADER_BYTES} bytes`
    throw new FileError({ where: name, what: 'header too large (or not a safetensors file)', expected, got: length })
  }
  if (8 + length > bytes.length) {
    throw new FileError({ where: name, what: 'truncated header', expected: `${8 + length} bytes`, got: bytes.length })
  }
  let header: unknown
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length))
    header = JSON.parse(text)
    checkUniqueKeys(text, name)
  } catch (cause) {
    if (cause instanceof FileError) throw cause
    throw new FileError({ where: name, what: `header is not UTF-8 JSON (${String(cause)})`, cause })
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new FileError({ where: name, what: 'header', expected: 'a JSON object', got: header })
  }
  return { header, dataStart: 8 + length }
}

function readMetadata(value: unknown, name: string): Record<string, string> {
  const refuse = (got: unknown): never => {
    throw new FileError({ where: name, what: '__metadata__', expected: 'an object of strings', got })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse(value)
  const pairs: [string, string][] = []
  for (const [key, text] of Object.entries(value)) pairs.push([key, typeof text === 'string' ? text : refuse(text)])
  return Object.fromEntries(pairs)
}

function readEntry(key: string, value: unknown, file: string): Entry {
  const where = file
  const what = (field: string): string => `${field} of tensor '${key}'`
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FileError({ where, what: what('entry'), expected: 'an object', got: value })
  }
  const { dtype, shape, data_offsets: offsets }: { dtype?: unknown; shape?: unknown; data_offsets?: unknown } = value
  if (!isSafetensorsDType(dtype)) {
    throw new FileError({
      where,
      what: what('dtype'),
      expected: `one of ${Object.keys(DTYPE_BYTES).join(', ')}`,
      got: dtype,
    })
  }
  if (!isSizes(shape)) {
    throw new FileError({ where, what: what('shape'), expected: 'an array of sizes', got: shape })
  }
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw new FileError({ where, what: what('data_offsets'), expected: '[begin, end], begin <= end', got: offsets })
  }
  const [begin, end] = offsets
  // A product that is no longer an exact integer is also larger than any file.
  const byteLength = shape.reduce((a, b) => a * b, 1) * DTYPE_BYTES[dtype]
  if (byteLength !== end - begin) {
    throw new FileError({
      where,
      what: `bytes of tensor '${key}'`,
      expected: `${byteLength} (${dtype}[${shape.join(', ')}])`,
      got: end - begin,
    })
  }
  return { name: key, dtype, shape, begin, end }
}

const isSizes = (v: unknown): v is number[] => Array.isArray(v) && v.every(n => Number.isSafeInteger(n) && n >= 0)

/**
 * Writes a safetensors file: header padded to 8 bytes, wide types first, names sorted, so that every tensor is aligned
 * and equal content gives equal bytes.
 *
 * @param metadata Strings for the header's `__metadata__`; left out if empty.
 * @throws ArgumentError if a name is reserved, a shape does not fit its data, or a dtype does not fit its array.
 * @example writeSafetensors({ kernel: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } }, { format: 'strata' })
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, SafetensorsInput>> | ReadonlyMap<string, SafetensorsInput>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const entries: Iterable<[string, SafetensorsInput]> = tensors instanceof Map ? tensors : Object.entries(tensors)
  const list = Array.from(entries, ([name, input]) => {
    checkInput(name, input)
    const dtype = input.dtype ?? naturalDType(input.data)
    return { name, dtype, shape: input.shape, raw: encodeTensor(dtype, input.data, name) }
  })
  list.sort((a, b) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype] || (a.name < b.name ? -1 : 1))
  const pairs: [string, unknown][] = []
  if (Object.keys(metadata).length > 0) pairs.push(['__metadata__', metadata])
  let offset = 0
  for (const { name, dtype, shape, raw } of list) {
    pairs.push([name, { dtype, shape, data_offsets: [offset, offset + raw.length] }])
    offset += raw.length
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(pairs)))
  const headerLength = Math.ceil(json.length / 8) * 8
  const out = new Uint8Array(8 + headerLength + offset)
  new DataView(out.buffer).setUint32(0, headerLength, true)
  out.set(json, 8)
  out.fill(0x20, 8 + json.length, 8 + headerLength)
  let position = 8 + headerLength
  for (const { raw } of list) {
    out.set(raw, position)
    position += raw.length
  }
  return out
}

function checkInput(name: string, { shape, data }: SafetensorsInput): void {
  const where = 'writeSafetensors'
  if (name === '__metadata__') throw new ArgumentError({ where, what: "tensor name '__metadata__' is reserved" })
  if (!isSizes(shape)) {
    throw new ArgumentError({ where, what: `shape of '${name}'`, expected: 'non-negative integers', got: shape })
  }
  const size = shape.reduce((a, b) => a * b, 1)
  if (size !== data.length) {
    throw new ArgumentError({ where, what: `elements of '${name}'`, expected: `${size}`, got: data.length })
  }
}
