// Whole graphs, for the compiled tier: what the compiler fuses, reorders and reuses memory in.
import { apply, apply1, expr as E, grad, input, ops, type Value } from '@strata/api'
import { i32, type Shape, type TensorSpec } from '@strata/api/backend'
import { type CaseInput, index, range, real } from './case.js'

export interface Network {
  readonly name: string
  readonly ins: Readonly<Record<string, CaseInput>>
  build(ins: Readonly<Record<string, Value>>): Readonly<Record<string, Value>>
}

const same = { strides: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1] } as const
const pool = { size: [2, 2], strides: [2, 2], padding: [0, 0, 0, 0] } as const
const small = (shape: Shape): CaseInput => real(shape, range(-0.5, 0.5))

const conv = (x: Value, w: Value): Value => apply1('conv2d', [x, w], { ...same, groups: 1 })
const relu = ops.relu

function batchNorm(x: Value, gamma: Value, beta: Value): { y: Value; mean: Value; variance: Value } {
  const { mean, variance } = ops.moments(x, [0, 1, 2])
  const y = ops.elementwise([x, mean, variance, gamma, beta], (v, m, s, g, b) =>
    E.add(E.mul(E.mul(E.sub(v, m), E.rsqrt(E.add(s, 1e-3))), g), b),
  )
  return { y, mean, variance }
}
const crossEntropy = (logits: Value, labels: Value, classes: number): Value =>
  ops.mean(apply1('softmaxCrossEntropy', [logits, ops.oneHot(labels, classes)], {}))

/** Gradients and plain gradient descent for the named weights. */
function descend(loss: Value, ins: Readonly<Record<string, Value>>, names: readonly string[]): Record<string, Value> {
  const gradients = grad(
    loss,
    names.map(n => ins[n]),
  )
  return Object.fromEntries(names.map((n, i) => [`new ${n}`, ops.sub(ins[n], ops.mul(gradients[i], 0.1))]))
}

export const NETWORKS: readonly Network[] = [
  {
    name: 'dense, relu, dense, cross-entropy: one step',
    ins: {
      x: real([7, 13], range(-1, 1)),
      labels: index([7], 0, 5),
      w1: small([13, 17]),
      b1: small([17]),
      w2: small([17, 5]),
      b2: small([5]),
    },
    build(ins) {
      const hidden = relu(ops.add(ops.matmul(ins.x, ins.w1), ins.b1))
      const logits = ops.add(ops.matmul(hidden, ins.w2), ins.b2)
      const loss = crossEntropy(logits, ins.labels, 5)
      const correct = ops.equal(ops.argmax(logits, 1), ins.labels)
      return { loss, accuracy: ops.mean(correct), ...descend(loss, ins, ['w1', 'b1', 'w2', 'b2']) }
    },
  },
  {
    name: 'convolution, bias, relu, pooling, dense: one step',
    ins: {
      x: real([2, 8, 6, 3], range(-1, 1)),
      labels: index([2], 0, 4),
      w: small([3, 3, 3, 5]),
      b: small([5]),
      v: small([60, 4]),
    },
    build(ins) {
      const y = relu(ops.add(conv(ins.x, ins.w), ins.b))
      const pooled = apply1('maxPool', [y], pool)
      const loss = crossEntropy(ops.matmul(ops.reshape(pooled, [2, 60]), ins.v), ins.labels, 4)
      return { loss, ...descend(loss, ins, ['w', 'b', 'v']) }
    },
  },
  {
    name: 'separable convolution, batch normalisation, swish: one step',
    ins: {
      x: real([3, 5, 5, 4], range(-1, 1)),
      target: real([3, 8], range(-1, 1)),
      d: small([3, 3, 4, 2]),
      p: small([1, 1, 8, 8]),
      gamma: real([8], range(0.5, 1.5)),
      beta: small([8]),
    },
    build(ins) {
      const depth = apply1('depthwiseConv2d', [ins.x, ins.d], same)
      const point = apply1('conv2d', [depth, ins.p], { ...same, padding: [0, 0, 0, 0], groups: 1 })
      const { y, mean, variance } = batchNorm(point, ins.gamma, ins.beta)
      const features = ops.mean(ops.mul(y, ops.sigmoid(y)), [1, 2])
      const loss = ops.mean(ops.square(ops.sub(features, ins.target)))
      return { loss, mean, variance, ...descend(loss, ins, ['d', 'p', 'gamma', 'beta']) }
    },
  },
  {
    name: 'residual block, inference',
    ins: {
      x: real([2, 6, 6, 8], range(-1, 1)),
      w1: small([3, 3, 8, 8]),
      w2: small([3, 3, 8, 8]),
      scale: real([8], range(0.5, 1.5)),
      shift: small([8]),
    },
    build(ins) {
      const norm = (v: Value): Value => ops.add(ops.mul(v, ins.scale), ins.shift)
      const first = relu(norm(conv(ins.x, ins.w1)))
      const y = relu(ops.add(norm(conv(first, ins.w2)), ins.x))
      // The convolution's result is read twice: it must not vanish into an epilogue.
      const shared = conv(y, ins.w1)
      return { y, both: ops.add(relu(shared), ops.sigmoid(shared)), probabilities: ops.softmax(ops.mean(y, [1, 2])) }
    },
  },
  {
    name: 'average pooling, upsampling, concatenation, crops: gradients',
    ins: { x: real([2, 4, 4, 3], range(-1, 1)), w: small([3, 3, 6, 2]) },
    build(ins) {
      const down = apply1('avgPool', [ins.x], pool)
      const up = apply1('resize', [down], { size: [4, 4], interpolation: 'bilinear' })
      const y = conv(ops.concat([ins.x, up], 3), ins.w)
      const cropped = ops.slice(
        ops.pad(
          y,
          [
            [0, 0],
            [1, 0],
            [0, 1],
            [0, 0],
          ],
          0.5,
        ),
        [0, 1, 1, 0],
        [2, 4, 4, 2],
      )
      const loss = ops.sum(ops.square(cropped))
      const [dx, dw] = grad(loss, [ins.x, ins.w])
      return { loss, dx, dw }
    },
  },
  {
    name: 'embedding, layer normalisation, gelu: gradients',
    ins: { ids: index([4, 3], 0, 9), table: real([9, 6], range(-1, 1)), w: small([6, 6]) },
    build(ins) {
      const x = ops.gather(ins.table, ins.ids, 0)
      const { mean, variance } = ops.moments(x, 2)
      const normal = ops.elementwise([x, mean, variance], (v, m, s) => E.mul(E.sub(v, m), E.rsqrt(E.add(s, 1e-3))))
      const y = ops.matmul(ops.reshape(normal, [12, 6]), ins.w)
      const gelu = ops.elementwise([y], v => E.mul(E.mul(v, 0.5), E.add(1, E.erf(E.mul(v, Math.SQRT1_2)))))
      const loss = ops.mean(ops.square(gelu))
      const [dTable, dw] = grad(loss, [ins.table, ins.w])
      return { loss, dTable, dw }
    },
  },
  {
    name: 'dropout and Adam',
    ins: {
      x: real([5, 6], range(-1, 1)),
      step: { spec: i32([]), fill: { kind: 'values', values: [3] } },
      w: small([6, 4]),
      m: small([6, 4]),
      v: real([6, 4], range(0.01, 1)),
    },
    build(ins) {
      const noise = apply1('random', [ins.step], { shape: [5, 4], seed: [1, 0], stream: 2 })
      const y = ops.elementwise([ops.matmul(ins.x, ins.w), noise], (a, r) => E.select(E.ge(r, 0.25), E.div(a, 0.75), 0))
      const loss = ops.mean(ops.square(y))
      const [g] = grad(loss, [ins.w])
      const [w, m, v] = ops.elementwiseAll(
        [ins.w, ins.m, ins.v, g, ops.cast(ins.step, 'float32')],
        (w0, m0, v0, d, t) => {
          const m1 = E.add(E.mul(m0, 0.9), E.mul(d, 0.1))
          const v1 = E.add(E.mul(v0, 0.999), E.mul(E.square(d), 0.001))
          const rate = E.div(E.mul(0.01, E.sqrt(E.sub(1, E.pow(0.999, t)))), E.sub(1, E.pow(0.9, t)))
          return [E.sub(w0, E.div(E.mul(rate, m1), E.add(E.sqrt(v1), 1e-7))), m1, v1]
        },
      )
      return { loss, 'new w': w, 'new m': m, 'new v': v }
    },
  },
  {
    name: 'outputs that are inputs, constants, and one value by two names',
    ins: { x: real([3, 4]) },
    build({ x }) {
      const y = ops.neg(x)
      return { x2: ops.reshape(x, [4, 3]), y, again: y, row: ops.reshape(y, [12]), ones: ops.fill([2, 2], 1) }
    },
  },
  {
    name: 'sums over one pass',
    ins: { x: real([6, 5, 4]), y: real([4]) },
    build({ x, y }) {
      const centred = ops.sub(x, y)
      const [s] = apply('moments', [centred], { axes: [0, 1] })
      return {
        sum: ops.sum(centred, [0, 1]),
        squares: ops.sum(ops.square(centred), [0, 1]),
        most: ops.reduceMax(centred, [0, 1]),
        mean: s,
        total: ops.sum(x),
      }
    },
  },
]

/** The network's inputs as graph leaves. */
export const leavesOf = (n: Network): Record<string, Value> =>
  Object.fromEntries(Object.entries(n.ins).map(([name, i]) => [name, input(name, i.spec satisfies TensorSpec)]))
