// Safetensors: round trips, a file laid out by hand, every malformed header refused with its reason, fuzzed bytes.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArgumentError, FileError } from '../errors.js'
import { Philox } from '../random/generator.js'
import type { SafetensorsInput } from './safetensors.js'
import { readSafetensors, writeSafetensors } from './safetensors.js'

/** A file with a given header text and number of zero data bytes. */
function file(header: string, data: number | Uint8Array = 0): Uint8Array {
  const json = new TextEncoder().encode(header)
  const bytes = typeof data === 'number' ? new Uint8Array(data) : data
  const out = new Uint8Array(8 + json.length + bytes.length)
  new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true)
  out.set(json, 8)
  out.set(bytes, 8 + json.length)
  return out
}

const entry = (dtype: string, shape: unknown, offsets: unknown) =>
  `{"dtype":"${dtype}","shape":${JSON.stringify(shape)},"data_offsets":${JSON.stringify(offsets)}}`

const tensorArbitrary: fc.Arbitrary<SafetensorsInput> = fc
  .tuple(fc.array(fc.nat(4), { maxLength: 4 }), fc.constantFrom('F32', 'F64', 'I32', 'U8', 'BOOL', 'I64'), fc.nat())
  .map(([shape, dtype, seed]) => {
    const n = shape.reduce((a, b) => a * b, 1)
    const random = new Philox(seed)
    switch (dtype) {
      case 'F32':
        return { shape, dtype, data: Float32Array.from({ length: n }, () => random.normal()) }
      case 'F64':
        return { shape, dtype, data: Float64Array.from({ length: n }, () => random.normal()) }
      case 'I32':
        return { shape, dtype, data: Int32Array.from({ length: n }, () => random.nextUint32()) }
      case 'I64':
        return {
          shape,
          dtype,
          data: Float64Array.from({ length: n }, () => random.below(2 ** 53 - 1) * (1 - 2 * random.below(2)) + 0),
        }
      case 'BOOL':
        return { shape, dtype, data: Uint8Array.from({ length: n }, () => random.below(2)) }
      default:
        return { shape, dtype: 'U8', data: Uint8Array.from({ length: n }, () => random.below(256)) }
    }
  })

describe('safetensors', () => {
  test('round trip of any names, shapes, types and metadata', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ unit: 'grapheme' }).filter(s => s !== '__metadata__'),
          tensorArbitrary,
        ),
        fc.dictionary(fc.string(), fc.string()),
        fc.nat(7),
        (tensors, metadata, shift) => {
          const bytes = writeSafetensors(tensors, metadata)
          expect((8 + new DataView(bytes.buffer).getUint32(0, true)) % 8).toBe(0)
          // Also read from an odd address, where views are impossible.
          const moved = new Uint8Array(bytes.length + shift).subarray(shift)
          moved.set(bytes)
          const back = readSafetensors(moved)
          expect({ ...back.metadata }).toEqual({ ...metadata })
          expect([...back.tensors.keys()].sort()).toEqual(Object.keys(tensors).sort())
          for (const [name, { shape, dtype, data }] of Object.entries(tensors)) {
            const got = back.tensors.get(name)
            expect([got?.dtype, got?.shape]).toEqual([dtype, shape])
            expect(got?.data).toEqual(data)
          }
        },
      ),
    )
  })

  test('reads a file laid out by hand, half precision included', () => {
    // 1.5, -2, smallest subnormal, infinity in binary16; 1.5 and -3 in bfloat16.
    const data = Uint8Array.from([0x00, 0x3e, 0x00, 0xc0, 0x01, 0x00, 0x00, 0x7c, 0xc0, 0x3f, 0x40, 0xc0])
    const header = `{"h":${entry('F16', [4], [0, 8])},"b":${entry('BF16', [2, 1], [8, 12])}}   `
    const { tensors } = readSafetensors(file(header, data))
    expect(tensors.get('h')?.data).toEqual(Float32Array.of(1.5, -2, 2 ** -24, Number.POSITIVE_INFINITY))
    expect(tensors.get('b')).toEqual({ dtype: 'BF16', shape: [2, 1], data: Float32Array.of(1.5, -3) })
  })

  test('aligned tensors are views, and equal content gives equal bytes', () => {
    const a = { shape: [3], data: Float32Array.of(1, 2, 3) }
    const b = { shape: [1], data: Uint8Array.of(9) }
    const bytes = writeSafetensors({ a, b })
    expect(readSafetensors(bytes).tensors.get('a')?.data.buffer).toBe(bytes.buffer)
    expect(writeSafetensors(new Map(Object.entries({ b, a })))).toEqual(bytes)
  })

  test.each<[string, Uint8Array, RegExp]>([
    ['empty file', new Uint8Array(0), /truncated header length: expected 8 bytes, got 0/],
    ['length cut', Uint8Array.of(1, 0, 0), /truncated header length/],
    ['length beyond the file', file('{}').subarray(0, 9), /truncated header: expected 10 bytes, got 9/],
    ['length absurd', new Uint8Array(16).fill(255), /header too large/],
    ['not JSON', file('{"a":'), /not UTF-8 JSON/],
    ['not UTF-8', file('{}').fill(0xff, 8), /not UTF-8 JSON/],
    ['deep nesting', file('['.repeat(200_000)), /not UTF-8 JSON/],
    ['not an object', file('[1]'), /header: expected a JSON object, got \[1\]/],
    ['null', file('null'), /header: expected a JSON object/],
    ['entry no object', file('{"a":3}'), /entry of tensor 'a'.*got 3/],
    ['unknown dtype', file(`{"a":${entry('F8', [1], [0, 1])}}`, 1), /dtype of tensor 'a'.*got 'F8'/],
    ['inherited dtype', file(`{"a":${entry('toString', [1], [0, 1])}}`, 1), /dtype of tensor 'a'/],
    ['negative size', file(`{"a":${entry('U8', [-1], [0, 1])}}`, 1), /shape of tensor 'a'/],
    ['fractional size', file(`{"a":${entry('U8', [0.5], [0, 1])}}`, 1), /shape of tensor 'a'/],
    ['size bomb', file(`{"a":${entry('F32', [2 ** 40, 2 ** 40], [0, 4])}}`, 4), /bytes of tensor 'a'/],
    ['offsets reversed', file(`{"a":${entry('U8', [1], [1, 0])}}`, 1), /data_offsets of tensor 'a'/],
    ['bytes and shape differ', file(`{"a":${entry('F32', [2], [0, 4])}}`, 4), /expected 8 \(F32\[2\]\), got 4/],
    ['hole at the start', file(`{"a":${entry('U8', [1], [1, 2])}}`, 2), /hole before tensor 'a'/],
    [
      'overlap',
      file(`{"a":${entry('U8', [2], [0, 2])},"b":${entry('U8', [2], [1, 3])}}`, 3),
      /tensor 'b' overlaps another: expected its data at offset 2, got 1/,
    ],
    ['beyond the end', file(`{"a":${entry('U8', [9], [0, 9])}}`, 3), /truncated data/],
    ['trailing bytes', file(`{"a":${entry('U8', [1], [0, 1])}}`, 3), /bytes behind the last tensor/],
    [
      'duplicate name',
      file(`{"a":${entry('U8', [1], [0, 1])},"\\u0061":${entry('U8', [1], [0, 1])}}`, 1),
      /duplicate name 'a'/,
    ],
    ['metadata number', file('{"__metadata__":{"a":1}}'), /__metadata__.*strings, got 1/],
    ['metadata list', file('{"__metadata__":[]}'), /__metadata__/],
    ['BOOL of 2', file(`{"a":${entry('BOOL', [1], [0, 1])}}`, Uint8Array.of(2)), /element 0 of BOOL tensor 'a'/],
    [
      'I64 beyond 2^53',
      file(`{"a":${entry('I64', [1], [0, 8])}}`, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 64)),
      /element 0 of I64 tensor 'a'.*got '4611686018427387904'/,
    ],
  ])('refuses: %s', (_name, bytes, message) => {
    expect(() => readSafetensors(bytes, 'bad.safetensors')).toThrow(FileError)
    expect(() => readSafetensors(bytes, 'bad.safetensors')).toThrow(message)
    expect(() => readSafetensors(bytes, 'bad.safetensors')).toThrow(/^bad\.safetensors: /)
  })

  test('metadata of megabytes, all of it escapes', () => {
    const config = '"\n'.repeat(1_000_000)
    expect(readSafetensors(writeSafetensors({}, { config })).metadata.config).toBe(config)
  })

  test('a duplicate inside one tensor entry is not taken for a duplicate tensor', () => {
    const header = `{"dtype":${entry('U8', [1], [0, 1])},"shape":${entry('U8', [1], [1, 2])}}`
    expect([...readSafetensors(file(header, 2)).tensors.keys()]).toEqual(['dtype', 'shape'])
  })

  test.each<[string, SafetensorsInput, RegExp]>([
    ['__metadata__', { shape: [1], data: Uint8Array.of(1) }, /reserved/],
    ['a', { shape: [2], data: Uint8Array.of(1) }, /elements of 'a': expected 2, got 1/],
    ['a', { shape: [-1], data: Uint8Array.of(1) }, /shape of 'a'/],
    ['a', { shape: [1], data: Uint8Array.of(1), dtype: 'F32' }, /dtype F32 of 'a'/],
    ['a', { shape: [1], data: Uint8Array.of(2), dtype: 'BOOL' }, /0 or 1, got 2/],
    ['a', { shape: [1], data: Float64Array.of(0.5), dtype: 'I64' }, /integers.*got 0.5/],
  ])('does not write %s', (name, input, message) => {
    expect(() => writeSafetensors({ [name]: input })).toThrow(ArgumentError)
    expect(() => writeSafetensors({ [name]: input })).toThrow(message)
  })

  test('fuzz: cut and flipped bytes give a FileError or a file, nothing else', () => {
    const whole = writeSafetensors(
      {
        a: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
        b: { shape: [2], data: Float64Array.of(1, 2), dtype: 'I64' },
        c: { shape: [3], data: Uint8Array.of(1, 0, 1), dtype: 'BOOL' },
      },
      { note: 'fuzz' },
    )
    for (let n = 0; n < whole.length; n++) expect(() => readSafetensors(whole.subarray(0, n))).toThrow(FileError)
    const random = new Philox(11)
    let refused = 0
    for (let i = 0; i < 5000; i++) {
      const bytes = whole.slice()
      for (let k = random.below(3); k >= 0; k--) bytes[random.below(bytes.length)] ^= 1 << random.below(8)
      try {
        readSafetensors(bytes)
      } catch (error) {
        if (!(error instanceof FileError)) throw error
        refused++
      }
    }
    expect(refused).toBeGreaterThan(1000)
  })
})
