// The encodings against values worked out by hand (WebAssembly specification, "Binary Format / Values").

import { describe, expect, it } from 'vitest'
import { ByteWriter } from './byte-writer.js'

const bytes = (write: (w: ByteWriter) => void, capacity = 1): number[] => {
  const w = new ByteWriter(capacity)
  write(w)
  return [...w.bytes()]
}

describe('ByteWriter', () => {
  it.each([
    [0, [0]],
    [1, [1]],
    [127, [0x7f]],
    [128, [0x80, 1]],
    [16383, [0xff, 0x7f]],
    [16384, [0x80, 0x80, 1]],
    [624485, [0xe5, 0x8e, 0x26]],
    [0x7fffffff, [0xff, 0xff, 0xff, 0xff, 0x07]],
    [0x80000000, [0x80, 0x80, 0x80, 0x80, 0x08]],
    [0xffffffff, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('unsigned %d', (value, expected) => expect(bytes(w => w.unsigned(value))).toEqual(expected))

  it.each([
    [0, [0]],
    [63, [0x3f]],
    [64, [0xc0, 0]],
    [-1, [0x7f]],
    [-64, [0x40]],
    [-65, [0xbf, 0x7f]],
    [127, [0xff, 0]],
    [128, [0x80, 1]],
    [-128, [0x80, 0x7f]],
    [-123456, [0xc0, 0xbb, 0x78]],
    [0x7fffffff, [0xff, 0xff, 0xff, 0xff, 0x07]],
    [-0x80000000, [0x80, 0x80, 0x80, 0x80, 0x78]],
    [0x80000000, [0x80, 0x80, 0x80, 0x80, 0x78]],
    [0xffffffff, [0x7f]],
  ])('signed %d', (value, expected) => {
    expect(bytes(w => w.signed(value))).toEqual(expected)
    expect(bytes(w => w.signed64(BigInt(value | 0)))).toEqual(expected)
  })

  it.each([
    [2n ** 63n - 1n, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00]],
    [-(2n ** 63n), [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]],
    [2n ** 64n - 1n, [0x7f]],
  ])('signed64 %d', (value, expected) => expect(bytes(w => w.signed64(value))).toEqual(expected))

  it('writes opcodes of one byte and with a prefix', () => {
    expect(bytes(w => w.op(0x6a))).toEqual([0x6a])
    expect(bytes(w => w.op(0xfd000b))).toEqual([0xfd, 0x0b])
    expect(bytes(w => w.op(0xfd0105))).toEqual([0xfd, 0x85, 0x02])
  })

  it('writes floats, names and runs of bytes', () => {
    expect(bytes(w => w.f32(1))).toEqual([0, 0, 0x80, 0x3f])
    expect(bytes(w => w.f64(-2))).toEqual([0, 0, 0, 0, 0, 0, 0, 0xc0])
    expect(bytes(w => w.name('né'))).toEqual([3, 0x6e, 0xc3, 0xa9])
    expect(bytes(w => w.sized(new Uint8Array([7, 8])))).toEqual([2, 7, 8])
  })

  it('grows without losing bytes', () => {
    const expected = Array.from({ length: 5000 }, (_, i) => i & 0xff)
    expect(
      bytes(w => {
        for (const v of expected) w.byte(v)
        w.raw(new Uint8Array(expected))
      }, 3),
    ).toEqual([...expected, ...expected])
  })
})
