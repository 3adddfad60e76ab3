// matmul.
import { type Case, makeCase, real, values } from './case.js'

const SIZES: readonly (readonly [m: number, k: number, n: number])[] = [
  [1, 1, 1],
  [1, 7, 1],
  [1, 3, 17],
  [13, 1, 5],
  [2, 3, 4],
  [3, 4, 5],
  [4, 5, 3],
  [5, 64, 7],
  [7, 13, 11],
  [8, 8, 8],
  [15, 16, 17],
  [17, 15, 16],
  [16, 17, 15],
  [33, 31, 32],
  [1, 257, 65],
  [64, 2, 67],
  [6, 300, 10],
  [3, 0, 2],
  [0, 3, 2],
  [2, 3, 0],
]

export function matmulCase(
  name: string,
  lead: readonly number[],
  [m, k, n]: readonly [number, number, number],
  transposeA: boolean,
  transposeB: boolean,
): Case<'matmul'> {
  return makeCase('matmul', name, { transposeA, transposeB }, [
    real([...lead, ...(transposeA ? [k, m] : [m, k])]),
    real([...lead, ...(transposeB ? [n, k] : [k, n])]),
  ])
}

const FLAGS = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const

export const MATMUL_CASES: readonly Case[] = [
  ...SIZES.flatMap(size =>
    FLAGS.map(([a, b]) => matmulCase(`${size.join('x')}${a ? ' A^T' : ''}${b ? ' B^T' : ''}`, [], size, a, b)),
  ),
  ...FLAGS.map(([a, b]) => matmulCase(`batch of 2x3${a ? ' A^T' : ''}${b ? ' B^T' : ''}`, [2, 3], [5, 6, 7], a, b)),
  // Beyond the blocks in which a backend is likely to cut its work.
  ...(
    [
      [130, 700, 90],
      [1, 2500, 300],
      [700, 33, 5],
      [5, 9, 1100],
      [97, 1025, 3],
    ] as const
  ).flatMap((size, i) => [
    matmulCase(`${size.join('x')}`, [], size, false, false),
    matmulCase(`${size.join('x')}, transposed`, [], size, i % 3 !== 1, i % 3 !== 0),
  ]),
  matmulCase('empty batch', [0], [2, 3, 4], false, false),
  matmulCase('batch of rows', [5], [1, 9, 1], false, false),
  makeCase('matmul', 'NaN and infinities', { transposeA: false, transposeB: false }, [
    real([3, 3], values(1, NaN, 2, 3, 4, 5, Infinity, 1, 1)),
    real([3, 2], values(1, 0, 1, 1, 2, 1)),
  ]),
]
