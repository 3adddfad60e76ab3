// Kernels that move elements.
import { type Case, ints, makeCase, real, values } from './case.js'

export const TRANSPOSE_CASES: readonly Case[] = (
  [
    [[], []],
    [[5], [0]],
    [
      [3, 4],
      [1, 0],
    ],
    [
      [33, 65],
      [1, 0],
    ],
    [
      [1, 7],
      [1, 0],
    ],
    [
      [2, 3, 4],
      [0, 2, 1],
    ],
    [
      [2, 3, 4],
      [2, 0, 1],
    ],
    [
      [5, 4, 3],
      [2, 1, 0],
    ],
    [
      [2, 5, 7, 3],
      [0, 3, 1, 2],
    ],
    [
      [2, 3, 5, 7],
      [0, 2, 3, 1],
    ],
    [
      [2, 3, 4, 5],
      [0, 1, 2, 3],
    ],
    [
      [2, 3, 2, 3, 4],
      [4, 1, 3, 0, 2],
    ],
    [
      [2, 1, 3, 1, 4],
      [1, 4, 3, 0, 2],
    ],
    [
      [0, 3],
      [1, 0],
    ],
  ] as const
).map(([shape, perm]) => makeCase('transpose', `[${shape}] by [${perm}]`, { perm }, [real(shape)]))

export const SLICE_CASES: readonly Case[] = (
  [
    [[], [], [], []],
    [[7], [2], [3], [1]],
    [[7], [6], [7], [-1]],
    [[9], [0], [3], [4]],
    [[9], [8], [3], [-4]],
    [[5], [3], [1], [1]],
    [
      [5, 7],
      [1, 2],
      [3, 5],
      [1, 1],
    ],
    [
      [5, 7],
      [4, 6],
      [3, 4],
      [-2, -2],
    ],
    [
      [4, 5, 6],
      [1, 0, 5],
      [2, 3, 2],
      [2, 2, -3],
    ],
    [
      [2, 6, 7, 3],
      [0, 1, 2, 0],
      [2, 4, 4, 3],
      [1, 1, 1, 1],
    ],
    [
      [2, 6, 7, 8],
      [1, 5, 0, 2],
      [1, 6, 4, 3],
      [1, -1, 2, 2],
    ],
    [
      [2, 3, 4, 3, 2],
      [1, 0, 1, 2, 0],
      [1, 2, 3, 3, 2],
      [1, 2, 1, -1, 1],
    ],
    [
      [4, 3],
      [1, 0],
      [0, 3],
      [1, 1],
    ],
  ] as const
).map(([shape, begin, size, strides]) =>
  makeCase('slice', `[${shape}] from [${begin}] by [${strides}]`, { begin, size, strides }, [real(shape)]),
)

export const PAD_CASES: readonly Case[] = (
  [
    [[], [], 1],
    [[5], [[2, 0]], 0],
    [
      [3, 4],
      [
        [0, 0],
        [1, 2],
      ],
      -1,
    ],
    [
      [3, 4],
      [
        [1, 1],
        [0, 0],
      ],
      0,
    ],
    [
      [2, 3, 5],
      [
        [0, 1],
        [2, 3],
        [1, 0],
      ],
      7,
    ],
    [
      [2, 4, 5, 3],
      [
        [0, 0],
        [1, 2],
        [3, 0],
        [0, 0],
      ],
      0,
    ],
    [
      [1, 2, 1, 2, 1],
      [
        [1, 1],
        [0, 2],
        [2, 0],
        [1, 0],
        [0, 1],
      ],
      2,
    ],
    [
      [0, 2],
      [
        [1, 1],
        [1, 0],
      ],
      3,
    ],
    [
      [2, 2],
      [
        [0, 0],
        [0, 0],
      ],
      5,
    ],
  ] as const
).map(([shape, padding, value]) =>
  makeCase('pad', `[${shape}] by ${JSON.stringify(padding)}`, { padding, value }, [real(shape)]),
)

export const CONCAT_CASES: readonly Case[] = (
  [
    [0, [[3]]],
    [0, [[3], [1], [5]]],
    [
      0,
      [
        [2, 3],
        [1, 3],
      ],
    ],
    [
      1,
      [
        [2, 3],
        [2, 5],
        [2, 1],
      ],
    ],
    [
      3,
      [
        [1, 4, 5, 3],
        [1, 4, 5, 5],
      ],
    ],
    [
      1,
      [
        [2, 1, 3],
        [2, 4, 3],
        [2, 2, 3],
        [2, 3, 3],
      ],
    ],
    [
      2,
      [
        [2, 2, 1, 3, 2],
        [2, 2, 4, 3, 2],
      ],
    ],
    [
      1,
      [
        [2, 0],
        [2, 3],
      ],
    ],
  ] as const
).map(([axis, shapes]) =>
  makeCase(
    'concat',
    `${shapes.map(s => `[${s}]`).join(', ')} along ${axis}`,
    { axis },
    shapes.map(s => real(s)),
  ),
)

export const RESHAPE_CASES: readonly Case[] = (
  [
    [[], [1, 1]],
    [[6], [2, 3]],
    [
      [2, 3, 4],
      [4, 6],
    ],
    [
      [2, 5, 7, 3],
      [2, 105],
    ],
    [[0, 3], [0]],
  ] as const
).map(([from, shape]) => makeCase('reshape', `[${from}] to [${shape}]`, { shape }, [real(from)]))

export const COPY_CASES: readonly Case[] = [
  ...([[], [1], [17], [3, 4, 5], [0]] as const).map(shape => makeCase('copy', `[${shape}]`, {}, [real(shape)])),
  makeCase('copy', 'int32', {}, [ints([3, 5])]),
  makeCase('copy', 'special values', {}, [real([5], values(NaN, Infinity, -Infinity, -0, 1e-40))]),
]
