// Optional kernels: held to the oracle of their decompositions.
import { expr as E } from '@strata/api'
import type { ScalarProgram } from '@strata/api/backend'
import { type Case, type CaseInput, makeCase, range, real, stepOfCase, values } from './case.js'
import { CONV_GEOMETRIES, convCases, DEPTHWISE_GEOMETRIES, depthwiseCases } from './convolution.js'

const ROWS = [
  [1],
  [7],
  [3, 10],
  [5, 4, 3],
  [2, 3, 4, 5],
  [1, 1000],
  [17, 16],
  [4, 1],
  [0, 3],
  [2, 5003],
  [700, 9],
] as const

export const SOFTMAX_CASES: readonly Case[] = [
  ...ROWS.map(shape => makeCase('softmax', `[${shape}]`, {}, [real(shape, range(-8, 8))], { exact: false })),
  makeCase('softmax', 'large logits', {}, [real([3, 4], values(1000, 999, -1000, 0, -500, 80))], { exact: false }),
  makeCase('softmax', 'equal logits', {}, [real([3, 4], values(2))], { exact: false }),
]
export const CROSS_ENTROPY_CASES: readonly Case[] = [
  ...ROWS.map(shape =>
    makeCase('softmaxCrossEntropy', `[${shape}]`, {}, [real(shape, range(-8, 8)), real(shape, range(0, 1))], {
      exact: false,
    }),
  ),
  makeCase(
    'softmaxCrossEntropy',
    'saturated one-hot',
    {},
    [real([4, 3], values(100, -100, 0, 1)), real([4, 3], values(0, 1, 0))],
    { exact: false },
  ),
]

export const MOMENTS_CASES: readonly Case[] = [
  ...(
    [
      [[1], [0]],
      [[7], [0]],
      [[3, 5], [1]],
      [[17, 4], [0]],
      [
        [2, 5, 7, 3],
        [0, 1, 2],
      ],
      [
        [3, 4, 4, 16],
        [0, 1, 2],
      ],
      [
        [2, 3, 4, 5],
        [1, 2, 3],
      ],
      [[2, 6, 5, 4], [3]],
      [
        [2, 3, 4, 5],
        [1, 3],
      ],
      [
        [8, 17, 16, 24],
        [0, 1, 2],
      ],
      [[20_000], [0]],
    ] as const
  ).map(([shape, axes]) => makeCase('moments', `[${shape}] over [${axes}]`, { axes }, [real(shape)], { exact: false })),
  // E[x^2] - E[x]^2 has no digit left here.
  makeCase(
    'moments',
    'mean 10000, variance 1.25',
    { axes: [0] },
    [real([64, 3], values(9998.5, 9999.5, 10000.5, 10001.5))],
    {
      exact: false,
    },
  ),
  makeCase('moments', 'constant', { axes: [0, 1] }, [real([5, 3, 2], values(3))], { exact: false }),
]

/** Epilogues: program, and the shapes of its further inputs from the product's shape. */
const EPILOGUES: readonly (readonly [
  name: string,
  program: ScalarProgram,
  extras: (y: readonly number[]) => readonly CaseInput[],
  exact: boolean,
])[] = [
  ['identity', E.toProgram(1, [E.arg(0)]), () => [], true],
  ['bias', E.toProgram(2, [E.add(E.arg(0), E.arg(1))]), y => [real([y[y.length - 1]])], true],
  ['bias, relu', E.toProgram(2, [E.relu(E.add(E.arg(0), E.arg(1)))]), y => [real([y[y.length - 1]])], true],
  [
    'scale, shift, residual, relu',
    E.toProgram(4, [E.relu(E.add(E.add(E.mul(E.arg(0), E.arg(1)), E.arg(2)), E.arg(3)))]),
    y => [real([y[y.length - 1]], range(-1, 1)), real([y[y.length - 1]]), real(y)],
    true,
  ],
  [
    'bias, swish',
    E.toProgram(2, [E.mul(E.add(E.arg(0), E.arg(1)), E.sigmoid(E.add(E.arg(0), E.arg(1))))]),
    y => [real([y[y.length - 1]])],
    false,
  ],
]

const PRODUCTS = [
  [[1, 1], [1, 1], false, false],
  [[3, 5], [5, 4], false, false],
  [[13, 17], [17, 15], false, false],
  [[5, 13], [5, 7], true, false],
  [[8, 33], [16, 33], false, true],
  [[2, 3, 4], [2, 4, 5], false, false],
] as const

export const FUSED_MATMUL_CASES: readonly Case[] = PRODUCTS.flatMap(([a, b, transposeA, transposeB]) =>
  EPILOGUES.map(([name, program, extras, exact]) => {
    const attrs = { transposeA, transposeB }
    const ins = [real(a), real(b)]
    const [y] = stepOfCase(makeCase('matmul', '', attrs, ins)).outs
    return makeCase('fusedMatmul', `[${a}] x [${b}], ${name}`, { ...attrs, program }, [...ins, ...extras(y.shape)], {
      exact,
    })
  }),
)
// One epilogue per geometry keeps the number of cases small; all epilogues come round.
const epilogue = (i: number): (typeof EPILOGUES)[number] => EPILOGUES[i % EPILOGUES.length]

export const FUSED_CONV_CASES: readonly Case[] = CONV_GEOMETRIES.map((g, i) => {
  const [c] = convCases(g)
  const [name, program, extras, exact] = epilogue(i)
  const [y] = stepOfCase(c).outs
  return makeCase('fusedConv2d', `${g.name}, ${name}`, { ...c.attrs, program }, [...c.ins, ...extras(y.shape)], {
    exact,
  })
})
export const FUSED_DEPTHWISE_CASES: readonly Case[] = DEPTHWISE_GEOMETRIES.map((g, i) => {
  const [c] = depthwiseCases(g)
  const [name, program, extras, exact] = epilogue(i)
  const [y] = stepOfCase(c).outs
  return makeCase(
    'fusedDepthwiseConv2d',
    `${g.name}, ${name}`,
    { ...c.attrs, program },
    [...c.ins, ...extras(y.shape)],
    {
      exact,
    },
  )
})
