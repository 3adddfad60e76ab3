// Movement of int32: all 32 bits arrive, where a backend that keeps its tensors in float32 has 24.
import { type Case, index, makeCase } from './case.js'

const wide = (...shape: readonly number[]) => index(shape, -(2 ** 31), 2 ** 31)
const name = 'int32 of all sizes'

export const INTEGER_CASES: readonly Case[] = [
  makeCase('transpose', name, { perm: [1, 0] }, [wide(5, 7)]),
  makeCase('slice', name, { begin: [1, 5], size: [3, 3], strides: [1, -2] }, [wide(5, 7)]),
  makeCase(
    'pad',
    name,
    {
      padding: [
        [1, 0],
        [0, 2],
      ],
      value: 3,
    },
    [wide(3, 4)],
  ),
  makeCase('concat', name, { axis: 1 }, [wide(3, 4), wide(3, 2)]),
  makeCase('gather', name, { axis: 0 }, [wide(5, 2), index([4], 0, 5)]),
  makeCase('reshape', name, { shape: [14] }, [wide(2, 7)]),
  makeCase('copy', name, {}, [wide(13)]),
] as readonly Case[]
