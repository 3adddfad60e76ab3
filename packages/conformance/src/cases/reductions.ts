// reduce and argmax.
import { expr as E } from '@strata/api'
import { type Case, type Fill, makeCase, real, TIES, values } from './case.js'

const identity = E.toProgram(1, [E.arg(0)])
const squares = E.toProgram(2, [E.square(E.sub(E.arg(0), E.arg(1))), E.mul(E.arg(0), E.arg(1))])

const SHAPES: readonly (readonly [shape: readonly number[], axes: readonly number[]])[] = [
  [[], []],
  [[1], [0]],
  [[7], [0]],
  [[257], [0]],
  [[3, 5], []],
  [[3, 5], [0]],
  [[3, 5], [1]],
  [[17, 4], [0]],
  [[4, 17], [1]],
  [[1, 16], [1]],
  [
    [33, 65],
    [0, 1],
  ],
  [
    [2, 5, 7, 3],
    [0, 1, 2],
  ],
  [
    [2, 5, 7, 3],
    [1, 2],
  ],
  [
    [2, 5, 7, 3],
    [0, 3],
  ],
  [[2, 5, 7, 3], [2]],
  [
    [3, 1, 4, 1, 5],
    [1, 2, 4],
  ],
  [
    [2, 2, 3, 2, 3],
    [0, 2, 4],
  ],
  [[0, 3], [1]],
  [[30_001], [0]],
  [[1500, 21], [0]],
  [[21, 1500], [1]],
  [
    [16, 13, 12, 20],
    [0, 1, 2],
  ],
  [
    [12, 16, 15, 5],
    [1, 2],
  ],
]

/** A reduction of its only input. */
export const reduceCase = (
  op: 'sum' | 'max' | 'min',
  shape: readonly number[],
  axes: readonly number[],
  keepdims: boolean,
  fill: Fill = { kind: 'any' },
  name = `${op} of [${shape}] over [${axes}]${keepdims ? ', kept' : ''}`,
): Case<'reduce'> => makeCase('reduce', name, { op, shape, program: identity, axes, keepdims }, [real(shape, fill)])

export const REDUCE_CASES: readonly Case[] = [
  ...SHAPES.flatMap(([shape, axes], i) =>
    (['sum', 'max', 'min'] as const).map((op, j) => reduceCase(op, shape, axes, (i + j) % 2 === 0)),
  ),
  reduceCase('sum', [0, 3], [0], false),
  reduceCase('sum', [2, 0], [0, 1], true),
  reduceCase('max', [5, 9], [1], false, TIES, 'max of ties'),
  reduceCase('max', [2, 9], [1], false, values(1, NaN, 2), 'max with NaN'),
  reduceCase('min', [4, 3], [1], true, values(Infinity, 1, NaN, 2, -Infinity), 'min with NaN and infinities'),
  reduceCase('max', [2, 3], [1], true, values(-Infinity), 'max of minus infinities'),
  reduceCase('sum', [2, 3], [1], true, values(Infinity, 1, 2, -Infinity, Infinity, 1), 'sum of infinities'),
  makeCase(
    'reduce',
    'two outputs of broadcast inputs',
    { op: 'sum', shape: [4, 5, 3], program: squares, axes: [0, 1], keepdims: false },
    [real([4, 5, 3]), real([3])],
  ),
  makeCase(
    'reduce',
    'two maxima of broadcast inputs',
    { op: 'max', shape: [6, 5, 3], program: squares, axes: [1], keepdims: true },
    [real([5, 1]), real([6, 1, 3])],
  ),
  makeCase(
    'reduce',
    'sum of a constant',
    { op: 'sum', shape: [3, 4], program: E.toProgram(0, [E.constant(2)]), axes: [1], keepdims: false },
    [],
  ),
  makeCase(
    'reduce',
    'sum of exponentials',
    { op: 'sum', shape: [3, 11], program: E.toProgram(1, [E.exp(E.arg(0))]), axes: [1], keepdims: true },
    [real([3, 11], { kind: 'range', low: -5, high: 5 })],
    { exact: false },
  ),
  makeCase('reduce', 'sum of int32', { op: 'sum', shape: [3, 5], program: identity, axes: [1], keepdims: false }, [
    { spec: { shape: [3, 5], dtype: 'int32' }, fill: { kind: 'any' } },
  ]),
]

export const argmaxCase = (shape: readonly number[], axis: number, fill: Fill = { kind: 'any' }): Case<'argmax'> =>
  makeCase('argmax', `[${shape}] along ${axis}${fill.kind === 'any' ? '' : ` of ${fill.kind}`}`, { axis }, [
    real(shape, fill),
  ])

export const ARGMAX_CASES: readonly Case[] = [
  argmaxCase([1], 0),
  argmaxCase([7], 0),
  argmaxCase([33], 0),
  argmaxCase([5, 10], 1),
  argmaxCase([10, 5], 0),
  argmaxCase([3, 4, 5], 1),
  argmaxCase([2, 3, 4, 5], 3),
  argmaxCase([3, 1, 2], 1),
  argmaxCase([0, 4], 1),
  argmaxCase([6, 9], 1, TIES),
  argmaxCase([6, 9], 0, TIES),
  argmaxCase([3, 4], 1, values(1, NaN, 5, NaN, 2, 3)),
  argmaxCase([2, 3], 1, values(-Infinity)),
]
