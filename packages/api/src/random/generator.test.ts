// The sequential generator: same words as the counter form, right distributions, no bias, independence of the engine.
import { describe, expect, test } from 'vitest'
import { ArgumentError } from '../errors.js'
import { cosSinOfTurns, logOf } from './elementary.js'
import { Philox } from './generator.js'
import { philoxBits, streamOf } from './philox.js'

describe('Philox', () => {
  test('draws the words of philoxBits in order', () => {
    const random = new Philox(123, 4, 5)
    const drawn = Array.from({ length: 300 }, () => random.nextUint32())
    expect(drawn).toEqual([...philoxBits(123, 4, 5, 300)])
  })

  test('split is a stream of the same seed, named by the documented hash', () => {
    const child = new Philox(9, 8, 7).split('weights')
    expect([child.seed, child.stream, child.step]).toEqual([9, streamOf('weights', 8), 7])
    expect(child.nextUint32()).toBe(philoxBits(9, streamOf('weights', 8), 7, 1)[0])
  })

  test('normal numbers: moments within five standard errors', () => {
    const n = 100_000
    const random = new Philox(1)
    const z = Float64Array.from({ length: n }, () => random.normal())
    const moment = (k: number) => z.reduce((a, b) => a + b ** k, 0) / n
    // Var(z^k) = E z^2k - (E z^k)^2: 1, 2, 15, 96.
    for (const [k, expected, variance] of [
      [1, 0, 1],
      [2, 1, 2],
      [3, 0, 15],
      [4, 3, 96],
    ]) {
      expect(Math.abs(moment(k) - expected)).toBeLessThan(5 * Math.sqrt(variance / n))
    }
    const scaled = new Philox(1)
    expect(scaled.normal(10, 2)).toBe(10 + 2 * z[0])
  })

  test('truncated normal stays within two sigma and has its variance', () => {
    const n = 50_000
    const random = new Philox(2)
    const z = Float64Array.from({ length: n }, () => random.truncatedNormal(3, 0.5))
    expect(z.every(v => v >= 2 && v <= 4)).toBe(true)
    const mean = z.reduce((a, b) => a + b, 0) / n
    const variance = z.reduce((a, b) => a + (b - mean) ** 2, 0) / n
    // 1 - 2*2*phi(2)/(Phi(2)-Phi(-2)), times 0.5^2; the kurtosis of the truncated law is below the normal one.
    const expected = 0.25 * (1 - (4 * 0.05399096651318806) / 0.9544997361036416)
    expect(Math.abs(variance - expected)).toBeLessThan(5 * expected * Math.sqrt(2 / n))
  })

  test('below: chi-squared of 7 classes, full range, refusals', () => {
    const random = new Philox(3)
    const n = 70_000
    const counts = new Array<number>(7).fill(0)
    for (let i = 0; i < n; i++) counts[random.below(7)]++
    const chi2 = counts.reduce((a, c) => a + (c - n / 7) ** 2 / (n / 7), 0)
    expect(chi2).toBeLessThan(33.1) // p = 1e-5 at 6 degrees of freedom
    // 3 * 2^30 does not divide 2^32: modulo without rejection would give the lowest quarter twice the weight.
    const big = 3 * 2 ** 30
    let low = 0
    for (let i = 0; i < 30_000; i++) if (random.below(big) < 2 ** 30) low++
    expect(Math.abs(low - 10_000)).toBeLessThan(5 * Math.sqrt(30_000 * (1 / 3) * (2 / 3)))
    expect(random.below(1)).toBe(0)
    expect(random.below(2 ** 53 - 1)).toBeLessThan(2 ** 53 - 1)
    for (const bad of [0, -1, 1.5, 2 ** 53, Number.NaN]) expect(() => random.below(bad)).toThrow(ArgumentError)
  })

  test('permutation: every order of 4 equally often', () => {
    const random = new Philox(4)
    const n = 24_000
    const counts = new Map<string, number>()
    for (let i = 0; i < n; i++) {
      const key = random.permutation(4).join()
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    const chi2 = [...counts.values()].reduce((a, c) => a + (c - 1000) ** 2 / 1000, 0)
    expect(chi2).toBeLessThan(64) // p = 1e-5 at 23 degrees of freedom
    expect([...random.permutation(0)]).toEqual([])
    expect([...random.permutation(1000)].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
  })

  test('log, cos and sin are within two ulps of the engine, and exact at the quarters', () => {
    const random = new Philox(5)
    const worst = { log: 0, turn: 0 }
    for (let i = 0; i < 20_000; i++) {
      const x = 1 - random.uniform()
      worst.log = Math.max(worst.log, Math.abs(logOf(x) / Math.log(x) - 1))
      const turns = random.uniform()
      const [cos, sin] = cosSinOfTurns(turns)
      worst.turn = Math.max(worst.turn, Math.abs(cos - Math.cos(2 * Math.PI * turns)))
      worst.turn = Math.max(worst.turn, Math.abs(sin - Math.sin(2 * Math.PI * turns)))
    }
    expect(worst.log).toBeLessThanOrEqual(2 ** -51)
    // The engine's own argument 2*pi*turns is rounded, by up to 2^-51, and its pi by 2 * 2^-53.
    expect(worst.turn).toBeLessThan(2 ** -50)
    expect(logOf(1)).toBe(0)
    expect([0, 0.25, 0.5, 0.75].map(t => cosSinOfTurns(t).map(v => v + 0))).toEqual([
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, -1],
    ])
  })

  test('normal numbers are Box-Muller of the first four words', () => {
    const random = new Philox(42)
    const words = philoxBits(42, 0, 0, 4)
    const unit = (a: number, b: number) => ((a >>> 5) * 2 ** 26 + (b >>> 6)) * 2 ** -53
    const radius = Math.sqrt(-2 * Math.log(1 - unit(words[0], words[1])))
    const angle = 2 * Math.PI * unit(words[2], words[3])
    expect(random.normal()).toBeCloseTo(radius * Math.cos(angle), 13)
    expect(random.normal()).toBeCloseTo(radius * Math.sin(angle), 13)
  })
})
