// IDX and CIFAR: files laid out by hand, every kind of damage, fuzzed bytes.
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FileError } from '../errors.js'
import { Philox } from '../random/generator.js'
import { parseCifar10, parseCifar100 } from './cifar.js'
import { gunzip } from './gzip.js'
import { parseIdx } from './idx.js'

const BYTES: Readonly<Record<number, number>> = { 8: 1, 9: 1, 11: 2, 12: 4, 13: 4, 14: 8 }

/** An IDX file of the given type, written with DataView, big-endian. */
function idx(type: number, shape: readonly number[], values: readonly number[]): Uint8Array {
  const header = 4 + 4 * shape.length
  const out = new Uint8Array(header + values.length * BYTES[type])
  out.set([0, 0, type, shape.length])
  const view = new DataView(out.buffer)
  shape.forEach((n, i) => {
    view.setUint32(4 + 4 * i, n)
  })
  values.forEach((v, i) => {
    const at = header + i * BYTES[type]
    if (type === 8) view.setUint8(at, v)
    else if (type === 9) view.setInt8(at, v)
    else if (type === 11) view.setInt16(at, v)
    else if (type === 12) view.setInt32(at, v)
    else if (type === 13) view.setFloat32(at, v)
    else view.setFloat64(at, v)
  })
  return out
}

describe('parseIdx', () => {
  test.each([
    [8, Uint8Array.of(1, 2, 255, 0, 4, 5)],
    [9, Int32Array.of(1, -2, 127, -128, 4, 5)],
    [11, Int32Array.of(1, -2, 32767, -32768, 4, 5)],
    [12, Int32Array.of(1, -2, 2 ** 31 - 1, -(2 ** 31), 4, 5)],
    [13, Float32Array.of(1, -2.5, 1e30, 0.1, 4, 5)],
    [14, Float32Array.of(1, -2.5, 1e30, 0.1, 4, 5)],
  ])('type %d, plain, gzipped and at an odd address', async (type, data) => {
    const bytes = idx(type, [3, 2], [...data])
    const moved = new Uint8Array(bytes.length + 3).subarray(3)
    moved.set(bytes)
    for (const file of [bytes, gzipSync(bytes), moved]) expect(await parseIdx(file)).toEqual({ shape: [3, 2], data })
  })

  const good = idx(8, [2, 3], [1, 2, 3, 4, 5, 6])
  const patched = (at: number, value: number): Uint8Array => {
    const out = good.slice()
    out[at] = value
    return out
  }
  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(0), /truncated magic: expected 4 bytes, got 0/],
    ['magic', patched(0, 7), /magic: expected .* got '07 00 08 02'/],
    ['type', patched(2, 10), /magic/],
    ['sizes cut', good.subarray(0, 11), /truncated sizes of 2 dimensions: expected 12 bytes, got 11/],
    ['data cut', good.subarray(0, 17), /truncated data: expected 18 bytes \(shape \[2, 3\]\), got 17/],
    ['trailing', Uint8Array.of(...good, 0), /bytes behind the data: expected 18 bytes .* got 19/],
    ['absurd sizes', patched(4, 255), /truncated data/],
    ['gzip cut', gzipSync(good).subarray(0, 20), /damaged or truncated gzip/],
    ['gzip flipped', gzipSync(good).fill(0x55, 12, 16), /damaged or truncated gzip/],
  ])('refuses: %s', async (_name, bytes, message) => {
    const error: unknown = await parseIdx(bytes, 'x.idx').catch(e => e)
    expect(error).toBeInstanceOf(FileError)
    expect(String(error)).toMatch(message)
    expect(String(error)).toContain('x.idx: ')
  })

  test('a gzip bomb is stopped', async () => {
    const bomb = gzipSync(new Uint8Array(50_000_000))
    await expect(gunzip(bomb, 'bomb.gz', 1_000_000)).rejects.toThrow('at most 1000000 bytes')
  })

  test('fuzz: cut and flipped bytes give a FileError or a tensor', async () => {
    const random = new Philox(21)
    for (const whole of [good, gzipSync(good), idx(14, [2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8])]) {
      for (let i = 0; i < 400; i++) {
        const bytes = whole.slice(0, 1 + random.below(whole.length))
        if (i % 2 === 0) bytes[random.below(bytes.length)] ^= 1 << random.below(8)
        const result: unknown = await parseIdx(bytes).catch(e => e)
        if (result instanceof Error) expect(result).toBeInstanceOf(FileError)
      }
    }
  })
})

describe('CIFAR', () => {
  /** A record whose pixel p has red p, green p + 1, blue p + 2 (mod 256), moved by `shift`. */
  const record = (labels: number[], shift: number): number[] => [
    ...labels,
    ...[0, 1, 2].flatMap(c => Array.from({ length: 1024 }, (_, p) => (p + c + shift) % 256)),
  ]

  test('planes become interleaved channels, files are joined in order', () => {
    fc.assert(
      fc.property(fc.nat(9), fc.nat(9), fc.nat(255), (a, b, shift) => {
        const { x, y } = parseCifar10([
          { name: 'one', bytes: Uint8Array.from([...record([a], 0), ...record([b], shift)]) },
          { name: 'two', bytes: Uint8Array.from(record([9], 5)) },
        ])
        expect(x.shape).toEqual([3, 32, 32, 3])
        expect(y).toEqual({ shape: [3], data: Uint8Array.of(a, b, 9) })
        for (const p of [0, 1, 31, 32, 1023]) {
          const at = 3 * (1024 + p)
          expect([...x.data.subarray(at, at + 3)]).toEqual([0, 1, 2].map(c => (p + c + shift) % 256))
        }
      }),
      { numRuns: 10 },
    )
    const hundred = parseCifar100([{ name: 't', bytes: Uint8Array.from(record([19, 99], 0)) }])
    expect([hundred.y.data[0], hundred.coarse.data[0]]).toEqual([99, 19])
    expect([...hundred.x.data.subarray(0, 6)]).toEqual([0, 1, 2, 1, 2, 3])
  })

  test('damage is named', () => {
    const bytes = Uint8Array.from([...record([1], 0), ...record([10], 0)])
    expect(() => parseCifar10([{ name: 'b.bin', bytes }])).toThrow(
      'b.bin: label 0 of record 1: expected below 10, got 10',
    )
    expect(() => parseCifar10([{ name: 'b.bin', bytes: bytes.subarray(1) }])).toThrow(/multiple of 3073, got 6145/)
    expect(() => parseCifar10([{ name: 'b.bin', bytes: new Uint8Array(0) }])).toThrow(FileError)
    expect(() => parseCifar100([{ name: 'b', bytes: Uint8Array.from(record([20, 0], 0)) }])).toThrow(/label 0/)
  })
})
