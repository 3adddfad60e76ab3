// Every fusion of the compiler: small graphs in which it must fire, and near misses in which it must not.
import { apply1, expr as E, grad, ops, type Value } from '@strata/api'
import type { KernelName } from '@strata/api/backend'
import { type CaseInput, range, real } from './case.js'
import type { Network } from './networks.js'

export interface Fusion extends Network {
  /** Entries of `plan.report.fused`, with how often each is there at least. */
  readonly fires?: Readonly<Record<string, number>>
  /** What must not be there. */
  readonly absent?: readonly string[]
  /** The optional kernel that the fusion makes: a backend that lacks it must not see it. */
  readonly needs?: KernelName
  /** Number of steps of the fused plan where memory is linear. */
  readonly steps?: number
}

const near = (...shape: readonly number[]): CaseInput => real(shape, range(-1, 1))
const conv = { strides: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 } as const
const { groups: _, ...window } = conv
const convolve = (x: Value, w: Value): Value => apply1('conv2d', [x, w], conv)
const EPILOGUES = ['matmul + map -> fusedMatmul', 'conv2d + map -> fusedConv2d'] as const

const FIRES: readonly Fusion[] = [
  {
    name: 'a chain of maps is one step',
    ins: { x: near(5, 7), b: near(7) },
    build: ({ x, b }) => ({ y: ops.tanh(ops.mul(ops.relu(ops.add(x, b)), 0.5)) }),
    fires: { 'map + map': 2 },
    steps: 1,
  },
  {
    name: 'a map is computed inside the reduction that reads it',
    ins: { x: near(6, 5) },
    build: ({ x }) => ({ y: ops.sum(ops.square(ops.sub(x, 0.25)), 0) }),
    fires: { 'map + reduce': 1 },
    steps: 1,
  },
  {
    name: 'a cheap map with two readers is computed in both',
    ins: { x: near(6, 5) },
    build: ({ x }) => {
      const y = ops.add(x, 0.5)
      return { a: ops.sum(ops.exp(y), 0), b: ops.sum(ops.tanh(y), 1) }
    },
    fires: { 'map + reduce': 2 },
    steps: 2,
  },
  {
    name: 'reductions over the same data share a pass',
    ins: { x: near(6, 5) },
    build: ({ x }) => ({ sum: ops.sum(x, 0), squares: ops.sum(ops.square(x), 0), cubes: ops.sum(ops.pow(x, 3), 0) }),
    fires: { 'reduce + reduce': 2 },
    steps: 1,
  },
  {
    name: 'bias and activation behind a matrix product',
    ins: { x: near(5, 9), w: near(9, 6), b: near(6) },
    build: ({ x, w, b }) => ({ y: ops.relu(ops.add(ops.matmul(x, w), b)) }),
    fires: { 'matmul + map -> fusedMatmul': 1 },
    needs: 'fusedMatmul',
    steps: 1,
  },
  {
    name: 'bias, residual and activation behind a convolution',
    ins: { x: near(2, 5, 4, 3), w: near(3, 3, 3, 3), b: near(3) },
    build: ({ x, w, b }) => ({ y: ops.relu(ops.add(ops.add(convolve(x, w), b), x)) }),
    fires: { 'conv2d + map -> fusedConv2d': 1 },
    needs: 'fusedConv2d',
    steps: 1,
  },
  {
    name: 'scale, shift and activation behind a depthwise convolution',
    ins: { x: near(2, 5, 4, 3), w: near(3, 3, 3, 2), s: near(6), b: near(6) },
    build: ({ x, w, s, b }) => {
      const y = apply1('depthwiseConv2d', [x, w], window)
      return { y: ops.clip(ops.add(ops.mul(y, s), b), 0, 6) }
    },
    fires: { 'depthwiseConv2d + map -> fusedDepthwiseConv2d': 1 },
    needs: 'fusedDepthwiseConv2d',
    steps: 1,
  },
  {
    name: 'the activation stays behind its convolution in training',
    ins: { x: near(2, 5, 4, 3), w: near(3, 3, 3, 4), b: near(4), t: near(2, 5, 4, 4) },
    build: ({ x, w, b, t }) => {
      const y = ops.relu(ops.add(convolve(x, w), b))
      const loss = ops.mean(ops.square(ops.sub(y, t)))
      const [dw, db] = grad(loss, [w, b])
      return { loss, dw, db }
    },
    fires: { 'conv2d + map -> fusedConv2d': 1 },
    needs: 'fusedConv2d',
  },
  {
    name: 'maps that change nothing and reshapes there and back are no steps',
    ins: { x: near(3, 4) },
    build: ({ x }) => {
      const y = ops.reshape(ops.reshape(ops.add(ops.mul(x, 1), 0), [12]), [3, 4])
      return { y: ops.exp(y) }
    },
    steps: 1,
  },
]

const FORBIDDEN: readonly Fusion[] = [
  {
    name: 'a map that is itself a result is computed once',
    ins: { x: near(5, 7) },
    build: ({ x }) => {
      const y = ops.add(x, 1)
      return { y, z: ops.exp(y) }
    },
    absent: ['map + map'],
    steps: 2,
  },
  {
    name: 'a dear map with two readers is computed once',
    ins: { x: near(6, 5) },
    build: ({ x }) => {
      const y = ops.exp(x)
      return { a: ops.sum(y, 0), b: ops.sum(y, 1) }
    },
    absent: ['map + reduce'],
    steps: 3,
  },
  {
    name: 'a map that is broadcast is not computed for every element',
    ins: { x: near(6, 5), b: near(5) },
    build: ({ x, b }) => ({ y: ops.mul(x, ops.exp(b)) }),
    absent: ['map + map'],
    steps: 2,
  },
  {
    name: 'a value that is tested for equality is computed once',
    ins: { x: near(6, 5), a: near(5) },
    build: ({ x, a }) => {
      const y = ops.mul(x, a)
      return { first: ops.sum(ops.equal(y, ops.reduceMax(y, 1, true)), 1) }
    },
    steps: 3,
  },
  {
    name: 'a convolution that two steps read keeps its result',
    ins: { x: near(2, 5, 4, 3), w: near(3, 3, 3, 3) },
    build: ({ x, w }) => {
      const y = convolve(x, w)
      return { a: ops.relu(y), b: ops.sum(y, [0, 1, 2]) }
    },
    absent: EPILOGUES,
  },
  {
    name: 'a product that is itself a result has no epilogue',
    ins: { x: near(5, 9), w: near(9, 6) },
    build: ({ x, w }) => {
      const y = ops.matmul(x, w)
      return { y, z: ops.relu(y) }
    },
    absent: EPILOGUES,
    steps: 2,
  },
  {
    name: 'a map that broadcasts the product is no epilogue',
    ins: { x: near(2, 9), w: near(9, 4), z: near(3, 2, 4) },
    build: ({ x, w, z }) => ({ y: ops.add(ops.matmul(x, w), z) }),
    absent: EPILOGUES,
    steps: 2,
  },
  {
    name: 'a reduction that needs another one does not share its pass',
    ins: { x: near(6, 5) },
    build: ({ x }) => {
      const mean = ops.mean(x, 0, true)
      return { mean, variance: ops.mean(ops.square(ops.sub(x, mean)), 0, true) }
    },
    absent: ['reduce + reduce'],
  },
  {
    name: 'reductions along different axes do not share a pass',
    ins: { x: near(6, 5) },
    build: ({ x }) => ({ a: ops.sum(x, 0), b: ops.sum(x, 1), c: ops.reduceMax(x, 0) }),
    absent: ['reduce + reduce'],
    steps: 3,
  },
  {
    name: 'a step reads at most twelve tensors',
    ins: Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`x${i}`, near(4, 3)])),
    build: ins => ({ y: Object.values(ins).reduce((a, b) => ops.add(ops.exp(a), b)) }),
    fires: { 'map + map': 1 },
    steps: 2,
  },
  {
    name: 'what is added after the activation is not added before it',
    ins: { x: near(5, 9), w: near(9, 6), b: near(6) },
    build: ({ x, w, b }) => ({
      y: ops.elementwise([ops.relu(ops.matmul(x, w)), b], (v, c) => E.sub(c, v)),
    }),
    fires: { 'matmul + map -> fusedMatmul': 1 },
    needs: 'fusedMatmul',
    steps: 1,
  },
]

export const FUSIONS: readonly Fusion[] = [...FIRES, ...FORBIDDEN]
