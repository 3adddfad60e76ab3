// The metamorphic tier: two graphs that must mean the same give the same results on the backend, within the sum of their
// bounds (bits may differ: another order of summation is as good).
import { apply1, input, ops, type Value } from '@strata/api'
import { type Backend, f32, type Shape } from '@strata/api/backend'
import { uniform, varied } from '../cases/data.js'
import { lower } from '../oracle/lower.js'
import { reference } from '../oracle/reference.js'
import { execute, executeExactly } from './execute.js'
import { type Failure, guarded, type TierResult } from './result.js'

export interface Relation {
  readonly name: string
  readonly shapes: readonly Shape[]
  build(ins: readonly Value[]): readonly [left: Value, right: Value]
}

const conv = { strides: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 } as const
const pointwise = { strides: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 } as const
const { groups: _, ...window } = conv
const pool = { size: [3, 3], strides: [2, 2], padding: [0, 1, 0, 1] } as const

/** f of each image of x by itself, and of the whole batch. */
const splitBatch = (x: Value, f: (x: Value) => Value): [Value, Value] => {
  const images = Array.from({ length: x.shape[0] }, (_, i) => f(ops.sliceAxis(x, 0, i, 1)))
  return [f(x), ops.concat(images, 0)]
}
const reverse = (x: Value, axis: number): Value =>
  ops.slice(
    x,
    x.shape.map((d, i) => (i === axis ? d - 1 : 0)),
    x.shape,
    x.shape.map((_, i) => (i === axis ? -1 : 1)),
  )

export const RELATIONS: readonly Relation[] = [
  {
    name: 'a convolution of a batch is that of its images',
    shapes: [
      [3, 6, 7, 5],
      [3, 3, 5, 4],
    ],
    build: ([x, w]) => splitBatch(x, image => apply1('conv2d', [image, w], conv)),
  },
  {
    name: 'a depthwise convolution of a batch is that of its images',
    shapes: [
      [3, 6, 7, 5],
      [3, 3, 5, 2],
    ],
    build: ([x, w]) => splitBatch(x, image => apply1('depthwiseConv2d', [image, w], window)),
  },
  {
    name: 'max pooling of a batch is that of its images',
    shapes: [[3, 7, 7, 5]],
    build: ([x]) => splitBatch(x, image => apply1('maxPool', [image], pool)),
  },
  {
    name: 'average pooling of a batch is that of its images',
    shapes: [[3, 7, 7, 5]],
    build: ([x]) => splitBatch(x, image => apply1('avgPool', [image], pool)),
  },
  {
    name: 'a 1x1 convolution is a matrix product',
    shapes: [
      [2, 5, 4, 7],
      [1, 1, 7, 6],
    ],
    build: ([x, w]) => [
      apply1('conv2d', [x, w], pointwise),
      ops.reshape(ops.matmul(ops.reshape(x, [40, 7]), ops.reshape(w, [7, 6])), [2, 5, 4, 6]),
    ],
  },
  {
    name: 'a depthwise convolution is a convolution of groups of one channel',
    shapes: [
      [2, 6, 5, 5],
      [3, 3, 5, 2],
    ],
    build: ([x, w]) => [
      apply1('depthwiseConv2d', [x, w], window),
      apply1('conv2d', [x, ops.reshape(w, [3, 3, 1, 10])], { ...conv, groups: 5 }),
    ],
  },
  {
    name: 'groups are convolutions of slices',
    shapes: [
      [2, 6, 5, 6],
      [3, 3, 3, 8],
    ],
    build: ([x, w]) => [
      apply1('conv2d', [x, w], { ...conv, groups: 2 }),
      ops.concat(
        [0, 1].map(g => apply1('conv2d', [ops.sliceAxis(x, 3, 3 * g, 3), ops.sliceAxis(w, 3, 4 * g, 4)], conv)),
        3,
      ),
    ],
  },
  {
    name: 'the order of input channels does not matter',
    shapes: [
      [2, 5, 6, 7],
      [3, 3, 7, 5],
    ],
    build: ([x, w]) => [apply1('conv2d', [x, w], conv), apply1('conv2d', [reverse(x, 3), reverse(w, 2)], conv)],
  },
  {
    name: 'a power of two goes through a convolution',
    shapes: [
      [2, 5, 6, 3],
      [3, 3, 3, 5],
    ],
    build: ([x, w]) => [apply1('conv2d', [ops.mul(x, 8), w], conv), ops.mul(apply1('conv2d', [x, w], conv), 8)],
  },
  {
    name: 'padding may be explicit',
    shapes: [
      [2, 5, 6, 3],
      [3, 3, 3, 5],
    ],
    build: ([x, w]) => {
      const border = [0, 1, 1, 0].map(n => [n, n] as const)
      return [apply1('conv2d', [x, w], conv), apply1('conv2d', [ops.pad(x, border), w], pointwise)]
    },
  },
  {
    name: 'a product of transposes is the transpose of the product',
    shapes: [
      [9, 13],
      [13, 11],
    ],
    build: ([a, b]) => [ops.transpose(ops.matmul(a, b)), ops.matmul(b, a, { transposeA: true, transposeB: true })],
  },
  {
    name: 'softmax does not see a shift',
    shapes: [
      [4, 9],
      [4, 1],
    ],
    build: ([x, shift]) => [ops.softmax(x), ops.softmax(ops.add(x, shift))],
  },
  {
    name: 'a minimum is a maximum of negatives',
    shapes: [[3, 7, 5]],
    build: ([x]) => [ops.reduceMin(x, 1), ops.neg(ops.reduceMax(ops.neg(x), 1))],
  },
]

export const metamorphicTier = (backend: Backend, r: Relation, seed: number): Promise<TierResult> =>
  guarded({ tier: 'metamorphic', kernel: 'graph', case: r.name, seed }, async () => {
    const next = uniform(seed)
    const ins = r.shapes.map((shape, i) => input(`in${i}`, f32(shape)))
    const inputs = Object.fromEntries(
      r.shapes.map((shape, i) => [
        `in${i}`,
        Float32Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => varied(next)),
      ]),
    )
    const [left, right] = r.build(ins)
    const plan = lower({ left, right })
    const got = await execute(backend, plan, inputs)
    const want = await executeExactly(reference({ numerics: backend.numerics }), plan, inputs)
    let worst = 0
    let failure: Failure | undefined
    got.left.forEach((a: number, i: number) => {
      const bound = want.left.bound[i] + want.right.bound[i]
      const error = Math.abs(a - got.right[i])
      const ratio = error === 0 ? 0 : error / bound
      if (!(ratio <= 1))
        failure ??= { what: 'the sides differ', index: i, output: 'left', got: a, want: got.right[i], bound }
      worst = Math.max(worst, ratio)
    })
    return { elements: got.left.length, worst, failure }
  })
