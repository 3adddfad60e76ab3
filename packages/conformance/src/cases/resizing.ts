// resize and its gradient.
import type { AttrsOf } from '@strata/api/backend'
import { type Case, makeCase, real } from './case.js'

type Interpolation = AttrsOf<'resize'>['interpolation']

/** A dyadic ratio has dyadic weights, so that integers in units of 2^-16 are exact. */
const dyadic = (x: readonly number[], size: readonly number[]): boolean =>
  [0, 1].every(i => Number.isInteger(Math.log2(size[i])) || size[i] === x[1 + i])

export function resizeCases(
  x: readonly [number, number, number, number],
  size: readonly [number, number],
  interpolation: Interpolation,
): [Case<'resize'>, Case<'resizeGrad'>] {
  const name = `${interpolation} [${x}] to [${size}]`
  const numbers = { exact: interpolation === 'nearest' || dyadic(x, size), scale: 2 ** 8 }
  const y = [x[0], size[0], size[1], x[3]]
  return [
    makeCase('resize', name, { size, interpolation }, [real(x)], numbers),
    makeCase('resizeGrad', name, { inputSize: [x[1], x[2]], interpolation }, [real(y)], numbers),
  ]
}

const SIZES: readonly (readonly [x: readonly [number, number, number, number], size: readonly [number, number]])[] = [
  [
    [1, 1, 1, 1],
    [1, 1],
  ],
  [
    [1, 1, 1, 3],
    [4, 4],
  ],
  [
    [2, 2, 2, 3],
    [4, 4],
  ],
  [
    [1, 3, 5, 2],
    [6, 10],
  ],
  [
    [1, 4, 4, 5],
    [2, 2],
  ],
  [
    [1, 4, 4, 3],
    [8, 16],
  ],
  [
    [2, 5, 7, 3],
    [3, 4],
  ],
  [
    [1, 7, 5, 4],
    [11, 13],
  ],
  [
    [1, 6, 6, 17],
    [6, 6],
  ],
  [
    [1, 3, 3, 1],
    [9, 9],
  ],
  [
    [0, 2, 2, 1],
    [4, 4],
  ],
]

export const RESIZE_CASES: readonly (readonly [Case<'resize'>, Case<'resizeGrad'>])[] = SIZES.flatMap(([x, size]) =>
  (['nearest', 'bilinear'] as const).map(i => resizeCases(x, size, i)),
)
