// matmul against float64: all transpositions, sizes round the tiles and blocks, batches, both multiply-adds, several tiles.
import { describe, expect, it } from 'vitest'
import { type Data, firstDifference, firstOutside, integers, reals, Sums } from './compare.test.util.js'
import type { Tile } from './context.js'
import { fmaPaths, runKernel } from './harness.test.util.js'
import { matmul } from './matmul.js'

type Attrs = { readonly transposeA: boolean; readonly transposeB: boolean }

function reference(a: Data, b: Data, { transposeA, transposeB }: Attrs, m: number, n: number, k: number): Sums {
  const batch = a.shape.slice(0, -2).reduce((x, y) => x * y, 1)
  const sums = new Sums(batch * m * n)
  for (let g = 0; g < batch; g++)
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++)
        for (let l = 0; l < k; l++)
          sums.add(
            (g * m + i) * n + j,
            a.data[g * m * k + (transposeA ? l * m + i : i * k + l)],
            b.data[g * k * n + (transposeB ? j * k + l : l * n + j)],
          )
  return sums
}

const ATTRS: readonly Attrs[] = [false, true].flatMap(transposeA =>
  [false, true].map(transposeB => ({ transposeA, transposeB })),
)
const TILES: readonly Tile[] = [
  { mr: 4, nr: 8, ku: 1 },
  { mr: 6, nr: 8, ku: 4 },
  { mr: 4, nr: 16, ku: 2 },
  { mr: 2, nr: 16, ku: 3 },
]

function check(m: number, n: number, k: number, attrs: Attrs, fma: boolean, tile: Tile, lead: number[] = []): void {
  for (const make of [integers, reals]) {
    const a = make([...lead, ...(attrs.transposeA ? [k, m] : [m, k])], 1)
    const b = make([...lead, ...(attrs.transposeB ? [n, k] : [k, n])], 2)
    const [got] = runKernel('matmul', matmul, attrs, [a, b], { fma, tile })
    const problem = firstOutside(got, reference(a, b, attrs, m, n, k), make === integers)
    expect(problem, `${m}x${n}x${k} ${JSON.stringify({ attrs, fma, tile, lead })}`).toBeUndefined()
  }
}

const SIZES: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [1, 7, 3],
  [1, 33, 5],
  [1, 64, 300],
  [2, 17, 4],
  [3, 12, 9],
  [3, 13, 2],
  [4, 8, 16],
  [5, 9, 7],
  [7, 3, 31],
  [9, 4, 5],
  [13, 1, 11],
  [16, 2, 1],
  [17, 31, 29],
  [32, 10, 128],
  [65, 24, 33],
  [66, 23, 10],
  [128, 5, 3],
  [70, 140, 6],
]

describe.each(fmaPaths)('matmul, fma %s', fma => {
  it.each(ATTRS)('%o', attrs => {
    for (const [m, n, k] of SIZES) for (const tile of TILES) check(m, n, k, attrs, fma, tile)
  })
  it('sums long inner dimensions in blocks', () => {
    for (const attrs of ATTRS)
      for (const [m, n, k] of [
        [5, 9, 385],
        [9, 12, 1021],
        [3, 40, 5003],
        [130, 8, 600],
      ]) {
        check(m, n, k, attrs, fma, TILES[0])
        check(m, n, k, attrs, fma, TILES[1])
      }
  })
  it('takes batches', () => {
    for (const attrs of ATTRS) {
      check(5, 6, 7, attrs, fma, TILES[0], [3])
      check(1, 9, 4, attrs, fma, TILES[0], [2, 2])
      check(6, 8, 500, attrs, fma, TILES[1], [2])
    }
  })
})

describe('matmul', () => {
  it('of an empty inner dimension is zero, and of no rows, columns or batches nothing', () => {
    for (const attrs of ATTRS) {
      check(5, 9, 0, attrs, fmaPaths[0], TILES[0])
      for (const [m, n, k] of [
        [0, 3, 2],
        [3, 0, 2],
        [0, 0, 0],
      ])
        check(m, n, k, attrs, fmaPaths[0], TILES[0])
      check(2, 3, 4, attrs, fmaPaths[0], TILES[0], [0])
    }
  })
  it('does not depend on how units are cut into chunks', () => {
    for (const [m, n, k] of [
      [300, 70, 40],
      [9, 33, 9000],
    ]) {
      const [a, b] = [reals([k, m], 3), reals([k, n], 4)]
      const run = (grain: number) =>
        runKernel('matmul', matmul, { transposeA: true, transposeB: false }, [a, b], { grain })
      const once = run(1)
      expect(firstDifference(run(0.01)[0], once[0])).toBeUndefined()
      expect(firstDifference(run(1000)[0], once[0])).toBeUndefined()
    }
  })
  it('keeps the error of long biased sums within the bound', () => {
    const k = 100_000
    const a = { shape: [k, 2], data: new Float32Array(2 * k).fill(0.1) }
    const b = { shape: [k, 4], data: new Float32Array(4 * k).fill(0.7) }
    const [got] = runKernel('matmul', matmul, { transposeA: true, transposeB: false }, [a, b])
    const sums = new Sums(8)
    for (let i = 0; i < 8; i++) for (let l = 0; l < k; l++) sums.add(i, a.data[0], b.data[0])
    expect(firstOutside(got, sums, false)).toBeUndefined()
  })
})
