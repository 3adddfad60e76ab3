// random against the published test vectors of Philox 4x32-10 and a plain implementation.
import { i32, sizeOf } from '@strata/api/backend'
import { describe, expect, it } from 'vitest'
import { backends, runStep } from '../harness.test.util.js'

/** Philox 4x32-10 as in the paper, with 64-bit integers. */
function philox(counter: readonly number[], key: readonly number[]): number[] {
  let c = counter.map(BigInt)
  const k = key.map(BigInt)
  const low = 0xffffffffn
  for (let r = 0n; r < 10n; r++) {
    const a = 0xd2511f53n * c[0]
    const b = 0xcd9e8d57n * c[2]
    const k0 = (k[0] + r * 0x9e3779b9n) & low
    const k1 = (k[1] + r * 0xbb67ae85n) & low
    c = [(b >> 32n) ^ c[1] ^ k0, b & low, (a >> 32n) ^ c[3] ^ k1, a & low]
  }
  return c.map(Number)
}

describe.each(backends)('random, fma $numerics.fma', backend => {
  it('has a reference that gives the published vector', () => {
    const words = philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])
    expect(words).toEqual([0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1])
  })

  it.each([[[]], [[3]], [[16]], [[0]], [[5, 7]], [[4099]]])('fills %j', async shape => {
    const n = sizeOf(shape)
    for (const [seed, stream, step] of [
      [[0, 0], 0, 0],
      [[0xdeadbeef, 0x12345678], 0xfedcba98, 7],
      [[1, 0xffffffff], 3, -1],
    ] as const) {
      const [y] = await runStep(backend, 'random', { shape, seed, stream }, [i32([])], [Int32Array.of(step)])
      const want = Array.from(
        { length: n },
        (_, i) => (philox([i >>> 2, step >>> 0, stream, 0], seed)[i & 3] >>> 8) * 2 ** -24,
      )
      expect([...y]).toEqual(want)
    }
  })
})
