// Random networks: layers stacked by a list of choices, with loss, gradients and an optimizer step, as one graph. The list
// is what fast-check shrinks: every list gives a legal network.
import {
  Activation,
  Add,
  AveragePooling2D,
  BatchNormalization,
  Concatenate,
  Conv2D,
  Cropping2D,
  Dense,
  DepthwiseConv2D,
  Dropout,
  Flatten,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  GroupNormalization,
  input,
  type Layer,
  LayerNormalization,
  MaxPooling2D,
  Multiply,
  optimizers,
  Permute,
  Philox,
  Reshape,
  SeparableConv2D,
  STEP,
  Trace,
  UpSampling2D,
  type Value,
  ZeroPadding2D,
} from '@strata/api'
import { f32, type Shape, sizeOf } from '@strata/api/backend'
import fc from 'fast-check'
import { type StepGraph, trainingStep } from '../whole/training-step.js'

export interface Description {
  readonly batch: number
  readonly size: readonly [number, number]
  readonly channels: number
  /** One layer each; taken modulo the number of legal layers. */
  readonly choices: readonly number[]
  readonly optimizer: 'sgd' | 'rmsprop' | 'adam'
  readonly loss: 'categoricalCrossentropy' | 'meanSquaredError' | 'huber'
  /** Of data, weights and dropout. */
  readonly seed: number
}

export const DESCRIPTIONS: fc.Arbitrary<Description> = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  size: fc.tuple(fc.integer({ min: 3, max: 8 }), fc.integer({ min: 3, max: 8 })),
  channels: fc.integer({ min: 1, max: 5 }),
  choices: fc.array(fc.nat({ max: 9999 }), { minLength: 1, maxLength: 6 }),
  optimizer: fc.constantFrom('sgd', 'rmsprop', 'adam'),
  loss: fc.constantFrom('categoricalCrossentropy', 'meanSquaredError', 'huber'),
  seed: fc.nat({ max: 2 ** 31 }),
})

export interface FuzzGraph extends StepGraph {
  /** The layers' classes, for messages. */
  readonly text: string
}

type Step = (x: Value, ctx: Trace) => Value

/** Applies a layer of random arguments; `pick(n)` is a choice below n. */
type Maker = (shape: Shape, pick: (n: number) => number) => Layer

const ACTIVATIONS = [
  'linear',
  'relu',
  'tanh',
  'sigmoid',
  'gelu',
  'elu',
  'silu',
  'softplus',
  'relu6',
  'softmax',
] as const
const padding = (pick: (n: number) => number): 'same' | 'valid' => (pick(2) === 0 ? 'same' : 'valid')

/** Layers on images; windows never exceed the image. */
const IMAGE_LAYERS: readonly Maker[] = [
  ([, h, w], pick) =>
    new Conv2D({
      filters: 1 + pick(6),
      kernelSize: [1 + pick(Math.min(3, h)), 1 + pick(Math.min(3, w))],
      strides: 1 + pick(2),
      padding: padding(pick),
      activation: ACTIVATIONS[pick(9)],
      useBias: pick(3) > 0,
    }),
  ([, h, w], pick) =>
    new DepthwiseConv2D({
      kernelSize: [1 + pick(Math.min(3, h)), 1 + pick(Math.min(3, w))],
      depthMultiplier: 1 + pick(2),
      padding: padding(pick),
      activation: ACTIVATIONS[pick(9)],
    }),
  ([, h, w], pick) =>
    new SeparableConv2D({
      filters: 1 + pick(6),
      kernelSize: Math.min(3, h, w),
      padding: padding(pick),
      activation: ACTIVATIONS[pick(9)],
    }),
  (_, pick) => new BatchNormalization({ scale: pick(2) === 0, center: pick(2) === 0, axis: pick(3) === 0 ? 1 : -1 }),
  ([, h, w], pick) =>
    new MaxPooling2D({ poolSize: [Math.min(2, h), Math.min(2, w)], strides: 1 + pick(2), padding: padding(pick) }),
  ([, h, w], pick) =>
    new AveragePooling2D({ poolSize: [Math.min(2, h), Math.min(2, w)], strides: 1 + pick(2), padding: padding(pick) }),
  (_, pick) => new ZeroPadding2D({ padding: 1 + pick(2) }),
  ([, h, w], pick) =>
    h > 2 && w > 2 ? new Cropping2D({ cropping: 1 }) : new Activation({ activation: ACTIVATIONS[pick(10)] }),
  ([, h, w], pick) =>
    h * w <= 36
      ? new UpSampling2D({ size: 2, interpolation: pick(2) === 0 ? 'nearest' : 'bilinear' })
      : new Activation({ activation: 'relu' }),
  () => new Permute({ dims: [2, 1, 3] }),
  (_, pick) => new LayerNormalization({ axis: pick(2) === 0 ? -1 : [1, 2, 3] }),
  ([, , , c]) => new GroupNormalization({ groups: c % 2 === 0 ? 2 : 1 }),
  (_, pick) => new Dropout({ rate: 0.1 + 0.2 * pick(3) }),
  (_, pick) => new Activation({ activation: ACTIVATIONS[pick(10)] }),
  ([, h, w, c]) => new Reshape({ targetShape: [w, h, c] }),
]
const VECTOR_LAYERS: readonly Maker[] = [
  (_, pick) => new Dense({ units: 1 + pick(9), activation: ACTIVATIONS[pick(10)], useBias: pick(3) > 0 }),
  () => new BatchNormalization({ momentum: 0.9 }),
  (_, pick) => new Activation({ activation: ACTIVATIONS[pick(10)] }),
  (_, pick) => new Dropout({ rate: 0.1 + 0.2 * pick(3) }),
  () => new LayerNormalization({}),
]
const TO_VECTOR: readonly (() => Layer)[] = [
  () => new Flatten({}),
  () => new GlobalAveragePooling2D({}),
  () => new GlobalMaxPooling2D({}),
]

/** One step of the stack: a layer, or a layer beside a shortcut. */
function step(choice: number, shape: Shape, names: string[]): Step {
  let rest = choice
  const pick = (n: number): number => {
    const r = rest % n
    rest = Math.floor(rest / n) * 31 + r + 17 * n
    return r
  }
  const makers = shape.length === 4 ? IMAGE_LAYERS : VECTOR_LAYERS
  const kind = pick(makers.length + (shape.length === 4 ? 3 : 1))
  const use = (l: Layer): Layer => {
    names.push(l.className)
    return l
  }
  if (kind < makers.length) {
    const layer = use(makers[kind](shape, pick))
    return (x, ctx) => layer.callOn([x], ctx)[0]
  }
  if (kind > makers.length) {
    const layer = use(TO_VECTOR[pick(TO_VECTOR.length)]())
    return (x, ctx) => layer.callOn([x], ctx)[0]
  }
  const inner = use(new Activation({ activation: ACTIVATIONS[1 + pick(8)] }))
  const merge = use([new Add(), new Multiply(), new Concatenate({ axis: -1 })][pick(3)])
  return (x, ctx) => merge.callOn([x, inner.callOn([x], ctx)[0]], ctx)[0]
}

/** The training step of the described network. */
export function networkOf(d: Description): FuzzGraph {
  const rng = new Philox(d.seed)
  const ctx = new Trace(true, d.seed)
  const names: string[] = []
  const shape: Shape = [d.batch, d.size[0], d.size[1], d.channels]
  const x = input('x', f32(shape))
  let h = x
  for (const c of d.choices) h = step(c, h.shape, names)(h, ctx)
  if (h.rank === 4) h = new Flatten({}).callOn([h], ctx)[0]
  const classes = 4
  h = new Dense({ units: classes, activation: d.loss === 'categoricalCrossentropy' ? 'softmax' : 'tanh' }).callOn(
    [h],
    ctx,
  )[0]
  const labels = (): Float32Array => {
    const out = new Float32Array(d.batch * classes)
    for (let i = 0; i < d.batch; i++) out[i * classes + rng.below(classes)] = 1
    return out
  }
  const data = {
    x: Float32Array.from({ length: sizeOf(shape) }, () => 2 * rng.uniform() - 1),
    y: labels(),
    [STEP]: Int32Array.of(3),
  }
  const optimizer = optimizers.getOptimizer(d.optimizer)
  return { ...trainingStep({ x, prediction: h, ctx, loss: d.loss, optimizer, rng, data }), text: names.join(' -> ') }
}
