// Philox against the published known-answer vectors and the definition that the backends share.
import { describe, expect, test } from 'vitest'
import { ArgumentError } from '../errors.js'
import { philoxBits, philoxBlock, philoxUniform, streamOf } from './philox.js'

type Four = readonly [number, number, number, number]

function block(counter: Four, key: readonly [number, number]): number[] {
  const out = new Uint32Array(4)
  philoxBlock(out, 0, ...counter, ...key)
  return [...out]
}

// The definition again, in 64-bit integers, as the paper writes it.
function blockBigInt(counter: Four, key: readonly [number, number]): number[] {
  let [c0, c1, c2, c3] = counter.map(BigInt)
  let [k0, k1] = key.map(BigInt)
  const mask = 0xffffffffn
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * c0
    const p1 = 0xcd9e8d57n * c2
    ;[c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & mask, (p0 >> 32n) ^ c3 ^ k1, p0 & mask]
    k0 = (k0 + 0x9e3779b9n) & mask
    k1 = (k1 + 0xbb67ae85n) & mask
  }
  return [c0, c1, c2, c3].map(Number)
}

describe('philox 4x32-10', () => {
  // Random123, kat_vectors, lines "philox4x32 10".
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)('known answer for counter %j', (counter, key, expected) => {
    expect(block(counter, key)).toEqual(expected)
  })

  test('agrees with 64-bit arithmetic on many counters', () => {
    const words = philoxBits(7, 0, 0, 6 * 200)
    for (let i = 0; i < words.length; i += 6) {
      const counter = [words[i], words[i + 1], words[i + 2], words[i + 3]] as const
      const key = [words[i + 4], words[i + 5]] as const
      expect(block(counter, key)).toEqual(blockBigInt(counter, key))
    }
  })

  test('lays out seed, stream, step and element as documented', () => {
    const seed = 5 * 2 ** 32 + 9
    const bits = philoxBits(seed, 3, 2, 11)
    const expected = [0, 1, 2].flatMap(i => block([i, 2, 3, 0], [9, 5]))
    expect([...bits]).toEqual(expected.slice(0, 11))
    const uniform = philoxUniform(seed, 3, 2, 11)
    expect([...uniform]).toEqual(expected.slice(0, 11).map(w => Math.floor(w / 256) / 2 ** 24))
  })

  test('uniform numbers are in [0, 1) and have the moments of the uniform distribution', () => {
    const n = 100_000
    const u = philoxUniform(1, 2, 3, n)
    const mean = u.reduce((a, b) => a + b, 0) / n
    const variance = u.reduce((a, b) => a + (b - mean) ** 2, 0) / n
    expect(Math.min(...u.subarray(0, 50_000))).toBeGreaterThanOrEqual(0)
    expect(u.every(v => v < 1)).toBe(true)
    // Five standard errors: sqrt(1/12/n) of the mean, sqrt(1/180/n) of the variance.
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / n))
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / n))
  })

  test('streams of names: FNV-1a 32', () => {
    // Published test values of FNV-1a (Noll).
    expect(streamOf('')).toBe(0x811c9dc5)
    expect(streamOf('a')).toBe(0xe40c292c)
    expect(streamOf('foobar')).toBe(0xbf9cf968)
    expect(streamOf('a', 1)).not.toBe(streamOf('a'))
  })

  test.each([
    [-1, 0, 0, 1, 'seed'],
    [2 ** 53, 0, 0, 1, 'seed'],
    [0.5, 0, 0, 1, 'seed'],
    [0, 2 ** 32, 0, 1, 'stream'],
    [0, -1, 0, 1, 'stream'],
    [0, 0, 1.5, 1, 'step'],
    [0, 0, 0, -1, 'n'],
  ])('refuses (%d, %d, %d, %d)', (seed, stream, step, n, what) => {
    expect(() => philoxBits(seed, stream, step, n)).toThrow(ArgumentError)
    expect(() => philoxBits(seed, stream, step, n)).toThrow(what)
  })
})
