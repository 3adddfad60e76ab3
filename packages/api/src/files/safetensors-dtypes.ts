// The element types of safetensors files and their way to and from typed arrays. Little-endian, as the format is and
// as every platform that runs JavaScript engines with WebAssembly is.
import { ArgumentError, FileError } from '../errors.js'

/** Arrays that safetensors are read to and written from. */
export type SafetensorsData = Float32Array | Float64Array | Int32Array | Uint8Array

/** Bytes per element of the types that are read; F16 and BF16 are not written. */
export const DTYPE_BYTES = { F64: 8, I64: 8, F32: 4, I32: 4, F16: 2, BF16: 2, U8: 1, BOOL: 1 } as const

export type SafetensorsDType = keyof typeof DTYPE_BYTES

export const isSafetensorsDType = (v: unknown): v is SafetensorsDType =>
  typeof v === 'string' && Object.hasOwn(DTYPE_BYTES, v)

/** The type that an array has in a file when nothing else is asked for. */
export function naturalDType(data: SafetensorsData): SafetensorsDType {
  if (data instanceof Float32Array) return 'F32'
  if (data instanceof Float64Array) return 'F64'
  return data instanceof Int32Array ? 'I32' : 'U8'
}

/** The values of a tensor's bytes: a view where the alignment allows it, else a copy. */
export function decodeTensor(dtype: SafetensorsDType, raw: Uint8Array, file: string, tensor: string): SafetensorsData {
  const bytes = raw.byteOffset % DTYPE_BYTES[dtype] === 0 ? raw : raw.slice()
  const { buffer, byteOffset } = bytes
  const length = bytes.length / DTYPE_BYTES[dtype]
  switch (dtype) {
    case 'F64':
      return new Float64Array(buffer, byteOffset, length)
    case 'F32':
      return new Float32Array(buffer, byteOffset, length)
    case 'I32':
      return new Int32Array(buffer, byteOffset, length)
    case 'U8':
      return raw
    case 'BOOL': {
      const bad = raw.findIndex(v => v > 1)
      if (bad >= 0) {
        throw new FileError({
          where: file,
          what: `element ${bad} of BOOL tensor '${tensor}'`,
          expected: '0 or 1',
          got: raw[bad],
        })
      }
      return raw
    }
    case 'I64':
      return Float64Array.from(new BigInt64Array(buffer, byteOffset, length), (v, i) => {
        const n = Number(v)
        if (!Number.isSafeInteger(n)) {
          throw new FileError({
            where: file,
            what: `element ${i} of I64 tensor '${tensor}'`,
            expected: 'magnitude below 2^53',
            got: String(v),
          })
        }
        return n
      })
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer, byteOffset, length), halfToFloat)
    case 'BF16': {
      const words = Uint32Array.from(new Uint16Array(buffer, byteOffset, length), v => v << 16)
      return new Float32Array(words.buffer)
    }
  }
}

/** IEEE 754 binary16 bits to a number. */
function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** The bytes of a tensor in a file, of its natural type or as I64 or BOOL. */
export function encodeTensor(dtype: SafetensorsDType, data: SafetensorsData, tensor: string): Uint8Array {
  const refuse = (expected: string, got: unknown): never => {
    throw new ArgumentError({ where: 'writeSafetensors', what: `dtype ${dtype} of '${tensor}'`, expected, got })
  }
  if (dtype === 'I64') {
    const wide = new BigInt64Array(data.length)
    for (let i = 0; i < data.length; i++) {
      if (!Number.isSafeInteger(data[i])) refuse('integers of magnitude below 2^53', data[i])
      wide[i] = BigInt(data[i])
    }
    return new Uint8Array(wide.buffer)
  }
  if (dtype === 'BOOL') {
    if (!(data instanceof Uint8Array)) return refuse('a Uint8Array', data.constructor.name)
    const bad = data.findIndex(v => v > 1)
    if (bad >= 0) refuse('0 or 1', data[bad])
  } else if (dtype !== naturalDType(data)) {
    refuse(`${naturalDType(data)} for a ${data.constructor.name}`, dtype)
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
