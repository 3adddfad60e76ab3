// Kernels about indices and types: gather, scatterAdd, cast, random.
import type { DType } from '@strata/api/backend'
import { type Case, type CaseInput, index, ints, makeCase, real, values } from './case.js'

export const GATHER_CASES: readonly Case[] = [
  ...(
    [
      [[7], [3], 0],
      [[7], [], 0],
      [[5, 3], [4], 0],
      [[5, 3], [4], 1],
      [[5, 4, 3], [2, 3], 1],
      [[2, 3, 4, 5], [7], 2],
      [[9, 16], [2, 2, 2], 0],
      [[4, 3], [0], 0],
    ] as const
  ).map(([shape, at, axis]) =>
    makeCase('gather', `[${shape}] by [${at}] along ${axis}`, { axis }, [
      real(shape),
      index(at, 0, shape[axis] as number),
    ]),
  ),
  makeCase('gather', 'out of range', { axis: 0 }, [real([4, 3]), index([9], -3, 7)]),
  makeCase('gather', 'int32', { axis: 0 }, [ints([5, 2]), index([4], 0, 5)]),
  makeCase('gather', 'int32 out of range', { axis: 1 }, [ints([2, 5]), index([8], -4, 9)]),
]

export const SCATTER_CASES: readonly Case[] = [
  ...(
    [
      [[5], 7],
      [[5, 3], 4],
      [[9, 2, 3], 4],
      [[1, 17], 3],
      [[40, 3], 2],
      [[0, 3], 4],
    ] as const
  ).map(([shape, size]) =>
    makeCase('scatterAdd', `[${shape}] into ${size}`, { size }, [index([shape[0]], 0, size), real(shape)]),
  ),
  makeCase('scatterAdd', 'out of range', { size: 4 }, [index([12], -3, 7), real([12, 2])]),
  makeCase('scatterAdd', 'into nothing', { size: 0 }, [index([3], 0, 2), real([3, 2])]),
]

const cast = (name: string, input: CaseInput, dtype: DType): Case => makeCase('cast', name, { dtype }, [input])
export const CAST_CASES: readonly Case[] = [
  cast('to int32', real([5, 7]), 'int32'),
  cast('to int32 at halves', real([8], values(0.5, -0.5, 1.5, -1.5, 2.999, -2.999, 0, -0)), 'int32'),
  cast('to int32, large', real([4], values(2 ** 30, -(2 ** 31), 2 ** 24 + 2, 16777215)), 'int32'),
  cast('to float32', index([5, 7], -100, 100), 'float32'),
  makeCase('cast', 'to float32 that rounds', { dtype: 'float32' }, [index([33], -(2 ** 31), 2 ** 31)], {
    exact: false,
  }),
  cast('float32 to float32', real([7]), 'float32'),
  cast('int32 to int32', ints([7]), 'int32'),
]

export const RANDOM_CASES: readonly Case[] = (
  [
    [[], 0, [0, 0], 0],
    [[1], 5, [1, 0], 0],
    [[3], 0, [42, 0], 7],
    [[257], 3, [0xdeadbeef, 0x12345678], 0xe40c292c],
    [[4, 5, 6], 2 ** 31 - 1, [0xffffffff, 0xffffffff], 0xffffffff],
    [[0], 1, [1, 1], 1],
  ] as const
).map(([shape, step, seed, stream]) =>
  makeCase('random', `[${shape}] of step ${step}, stream ${stream}`, { shape, seed, stream }, [
    { spec: { shape: [], dtype: 'int32' }, fill: values(step) },
  ]),
)
