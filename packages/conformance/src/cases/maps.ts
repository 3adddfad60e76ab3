// map: every instruction on its domain and at special values, composite functions, broadcasting.
import { type BinaryOp, expr as E, type UnaryOp } from '@strata/api'
import type { ScalarProgram, Shape } from '@strata/api/backend'
import { type Case, type CaseInput, type Fill, index, makeCase, range, real, TIES, values } from './case.js'

const ANY: Fill = { kind: 'any' }
/** Where each unary function is tested with random numbers, and whether integers give exact results. */
const UNARY: Readonly<Record<UnaryOp, readonly [fill: Fill, exact: boolean]>> = {
  neg: [ANY, true],
  abs: [ANY, true],
  sign: [ANY, true],
  floor: [ANY, true],
  ceil: [ANY, true],
  round: [ANY, true],
  relu: [ANY, true],
  not: [TIES, true],
  sqrt: [range(0, 100), false],
  rsqrt: [range(0.01, 100), false],
  exp: [range(-90, 85), false],
  expm1: [range(-10, 10), false],
  log: [range(1e-6, 100), false],
  log1p: [range(-0.99, 10), false],
  tanh: [range(-12, 12), false],
  sigmoid: [range(-30, 30), false],
  erf: [range(-5, 5), false],
  sin: [range(-30, 30), false],
  cos: [range(-30, 30), false],
}
const BINARY: Readonly<Record<BinaryOp, readonly [a: Fill, b: Fill, exact: boolean]>> = {
  add: [ANY, ANY, true],
  sub: [ANY, ANY, true],
  mul: [ANY, ANY, true],
  div: [ANY, range(0.1, 10), false],
  max: [ANY, ANY, true],
  min: [ANY, ANY, true],
  pow: [range(0.1, 5), range(-4, 4), false],
  lt: [TIES, TIES, true],
  le: [TIES, TIES, true],
  gt: [TIES, TIES, true],
  ge: [TIES, TIES, true],
  eq: [TIES, TIES, true],
  ne: [TIES, TIES, true],
  and: [TIES, TIES, true],
  or: [TIES, TIES, true],
}
const SPECIAL = [0, -0, 1, -1, 0.5, 1.5, -2.5, 3, 1e-20, -1e-20, 1e20, Infinity, -Infinity, NaN]
const unaryProgram = (op: UnaryOp): ScalarProgram => ({
  inputs: 1,
  code: [
    ['in', 0],
    [op, 0],
  ],
  outs: [1],
})
const binaryProgram = (op: BinaryOp): ScalarProgram => ({
  inputs: 2,
  code: [
    ['in', 0],
    ['in', 1],
    [op, 0, 1],
  ],
  outs: [2],
})

export const mapCase = (
  name: string,
  program: ScalarProgram,
  shape: Shape,
  ins: readonly CaseInput[],
  exact: boolean,
  scale = 1,
): Case<'map'> => makeCase('map', name, { shape, program }, ins, { exact, scale })

const unaryCases = Object.entries(UNARY).flatMap(([op, [fill, exact]]) => [
  mapCase(op, unaryProgram(op as UnaryOp), [67], [real([67], fill)], exact),
  // Sine and cosine of 1e20 depend on how a backend reduces its argument.
  mapCase(
    `${op} at special values`,
    unaryProgram(op as UnaryOp),
    [SPECIAL.length],
    [real([SPECIAL.length], values(...SPECIAL.map(v => (v === 1e20 && (op === 'sin' || op === 'cos') ? 2 : v))))],
    false,
  ),
])
// x ^ y at infinities and NaN differs between languages: 1 ^ NaN is 1 in C and NaN in JavaScript.
const powers = [0, 1, 2, 3, 0.5, -1, -2]
const binaryCases = Object.entries(BINARY).flatMap(([op, [a, b, exact]]) => {
  const special = op === 'pow' ? powers : SPECIAL
  const n = special.length
  return [
    mapCase(op, binaryProgram(op as BinaryOp), [5, 13], [real([5, 13], a), real([5, 13], b)], exact),
    mapCase(
      `${op} at special values`,
      binaryProgram(op as BinaryOp),
      [n, n],
      [real([n, 1], values(...(op === 'pow' ? [0, 1, 2, 3, 0.5] : special))), real([n], values(...special))],
      false,
    ),
  ]
})

type Scalar = (...args: E.Expr[]) => E.Expr
/** Functions of layers, losses and optimizers. */
export const COMPOSITES: Readonly<Record<string, readonly [inputs: number, fill: Fill, f: Scalar]>> = {
  'leaky relu': [1, ANY, x => E.select(E.gt(x, 0), x, E.mul(x, 0.3))],
  elu: [1, range(-8, 8), x => E.select(E.gt(x, 0), x, E.expm1(x))],
  gelu: [1, range(-5, 5), x => E.mul(E.mul(x, 0.5), E.add(1, E.erf(E.mul(x, Math.SQRT1_2))))],
  swish: [1, range(-20, 20), x => E.mul(x, E.sigmoid(x))],
  softplus: [1, range(-30, 30), x => E.add(E.max(x, 0), E.log1p(E.exp(E.neg(E.abs(x)))))],
  mish: [1, range(-10, 10), x => E.mul(x, E.tanh(E.log1p(E.exp(x))))],
  'hard sigmoid': [1, range(-6, 6), x => E.clip(E.add(E.div(x, 6), 0.5), 0, 1)],
  'relu6 of a sum': [2, range(-4, 8), (x, b) => E.min(E.relu(E.add(x, b)), 6)],
  'batch normalisation': [4, range(0.5, 3), (x, m, v, g) => E.mul(E.mul(E.sub(x, m), E.rsqrt(E.add(v, 1e-3))), g)],
  'binary cross-entropy': [
    2,
    range(0, 1),
    (x, y) => E.sub(E.add(E.max(x, 0), E.log1p(E.exp(E.neg(E.abs(x))))), E.mul(x, y)),
  ],
}
const compositeCases = Object.entries(COMPOSITES).map(([name, [inputs, fill, f]]) =>
  mapCase(
    name,
    E.toProgram(inputs, [f(...Array.from({ length: inputs }, (_, i) => E.arg(i)))]),
    [3, 37],
    Array.from({ length: inputs }, (_, i) => real(i === 0 ? [3, 37] : [37], fill)),
    false,
  ),
)

const sumOf = (n: number): ScalarProgram =>
  E.toProgram(n, [Array.from({ length: n }, (_, i) => E.arg(i)).reduce((a, b) => E.add(E.mul(a, 2), b))])
const broadcastCases = (
  [
    [[], [[], []]],
    [[1], [[], [1]]],
    [[5], [[5], []]],
    [[5], [[1], [5]]],
    [
      [3, 4],
      [[3, 1], [4]],
    ],
    [
      [3, 4],
      [[3, 1], [1, 4], [], [3, 4]],
    ],
    [
      [2, 3, 5],
      [
        [3, 1],
        [2, 1, 5],
      ],
    ],
    [
      [2, 4, 4, 3],
      [[3], [2, 4, 4, 3], [2, 1, 1, 3]],
    ],
    [
      [2, 4, 4, 1],
      [[1], [2, 4, 4, 1]],
    ],
    [
      [2, 3, 2, 3, 2],
      [
        [2, 1, 2, 1, 2],
        [3, 1, 3, 1],
        [2, 3, 2, 3, 2],
      ],
    ],
    [
      [2, 3, 4, 5, 3],
      [
        [2, 1, 4, 5, 1],
        [3, 1, 1, 3],
        [5, 1],
      ],
    ],
    [
      [0, 3],
      [[0, 3], [3]],
    ],
    [[4097], [[4097], [1]]],
    [
      [17, 19],
      [
        [17, 19],
        [17, 1],
      ],
    ],
    [
      [16, 16],
      [[16], [16, 1]],
    ],
  ] as const
).map(([shape, ins]) =>
  mapCase(
    `[${shape}] from ${ins.map(s => `[${s}]`).join(', ')}`,
    sumOf(ins.length),
    shape,
    ins.map(s => real(s)),
    true,
  ),
)

const [w, m, v, g] = [0, 1, 2, 3].map(E.arg)
const m2 = E.add(E.mul(m, 0.9), E.mul(g, 0.1))
const v2 = E.add(E.mul(v, 0.999), E.mul(E.square(g), 0.001))
const adam = E.toProgram(4, [E.sub(w, E.div(E.mul(m2, 0.01), E.add(E.sqrt(v2), 1e-7))), m2, v2])

export const MAP_CASES: readonly Case[] = [
  ...unaryCases,
  ...binaryCases,
  ...compositeCases,
  ...broadcastCases,
  mapCase(
    'select',
    E.toProgram(3, [E.select(E.arg(0), E.arg(1), E.arg(2))]),
    [4, 9],
    [real([4, 9], TIES), real([9]), real([4, 1])],
    true,
  ),
  mapCase(
    'select past NaN',
    E.toProgram(2, [E.select(E.gt(E.arg(0), 0), E.arg(1), E.arg(0))]),
    [6],
    [real([6], values(1, -1, NaN)), real([6], values(NaN, NaN, 2, 3))],
    true,
  ),
  mapCase('a constant', E.toProgram(0, [E.constant(3)]), [3, 5], [], true),
  mapCase('a constant that rounds', E.toProgram(1, [E.mul(E.arg(0), 0.1)]), [9], [real([9])], false),
  mapCase(
    'infinite constants',
    E.toProgram(1, [E.max(E.arg(0), -Infinity), E.min(E.arg(0), Infinity)]),
    [7],
    [real([7])],
    true,
  ),
  mapCase('an unread input', E.toProgram(2, [E.neg(E.arg(1))]), [5], [real([5]), real([5])], true),
  mapCase(
    'outputs that are inputs',
    {
      inputs: 2,
      code: [
        ['in', 1],
        ['in', 0],
      ],
      outs: [1, 0, 1],
    },
    [2, 3],
    [real([3]), real([2, 1])],
    true,
  ),
  mapCase(
    'int32',
    E.toProgram(2, [E.eq(E.arg(0), E.arg(1)), E.add(E.arg(0), E.arg(1))]),
    [4, 10],
    [index([4, 1], 0, 10), real([10], values(0, 1, 2, 3, 4, 5, 6, 7, 8, 9))],
    true,
  ),
  mapCase('int32 that rounds', E.toProgram(1, [E.arg(0)]), [8], [index([8], 2 ** 24, 2 ** 30)], false),
  mapCase('adam', adam, [3, 11], [real([3, 11]), real([3, 11]), real([3, 11], range(0, 2)), real([3, 11])], false),
  mapCase(
    'squares that overflow and underflow',
    E.toProgram(1, [E.square(E.arg(0))]),
    [8],
    [real([8], values(1e30, 1e-30, -2e19, 1e-19, 3))],
    false,
  ),
]
