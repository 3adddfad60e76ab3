// A small training run that visits every kind of kernel a network needs, for comparing engines bit by bit: the same code
// runs in Node and, bundled, in a browser.
import {
  BatchNormalization,
  Conv2D,
  clearSession,
  Dense,
  DepthwiseConv2D,
  GlobalAveragePooling2D,
  Input,
  MaxPooling2D,
  oneHot,
  optimizers,
  Philox,
  SeparableConv2D,
  Sequential,
  setSeed,
  streamOf,
} from '@strata/api'
import { type CpuOptions, cpu } from './index.js'

/** What a run ends with. */
export interface RunResult {
  /** Whether multiplications and additions were fused. */
  readonly fma: boolean
  /** How many threads shared the work. */
  readonly threads: number
  readonly loss: readonly number[]
  /** The bits of all weights, in the model's order. */
  readonly weights: readonly (readonly number[])[]
  /** The bits of a prediction. */
  readonly prediction: readonly number[]
}

const bitsOf = (values: Float32Array): number[] => [...new Uint32Array(values.slice().buffer)]

/** Trains for `epochs` of three steps, the last of another batch size. */
export async function trainSmall(options: CpuOptions, epochs = 4): Promise<RunResult> {
  const backend = await cpu(options)
  try {
    const random = new Philox(7, streamOf('browser.test'))
    const images = 20
    const pixels = 12 * 11 * 3
    // The brighter, the higher the class: something to learn in a few steps.
    const labels = Array.from({ length: images }, (_, i) => i % 4)
    const data = Float32Array.from({ length: images * pixels }, (_, i) => {
      return random.uniform() * (1 + labels[Math.floor(i / pixels)])
    })
    const x = { shape: [images, 12, 11, 3], data }
    const y = oneHot(labels, 4)
    // Weights depend on the seed and on the names of the layers, which are numbered through.
    setSeed(3)
    clearSession()
    const model = new Sequential([
      Input({ shape: [12, 11, 3] }),
      new Conv2D({ filters: 6, kernelSize: 3, padding: 'same', activation: 'relu' }),
      new BatchNormalization(),
      new DepthwiseConv2D({ kernelSize: 3, activation: 'tanh' }),
      new MaxPooling2D({ poolSize: 2 }),
      new SeparableConv2D({ filters: 9, kernelSize: 3, padding: 'same', activation: 'gelu' }),
      new BatchNormalization({ momentum: 0.9 }),
      new GlobalAveragePooling2D(),
      new Dense({ units: 5, activation: 'relu' }),
      new Dense({ units: 4, activation: 'softmax' }),
    ])
    model.compile({
      backend,
      optimizer: new optimizers.RMSprop({ learningRate: 0.01 }),
      loss: 'categoricalCrossentropy',
      metrics: ['accuracy'],
    })
    const { history } = await model.fit(x, y, { batchSize: 8, epochs })
    const weights = await model.getWeights()
    const prediction = await model.predict(x)
    return {
      fma: backend.numerics.fma,
      threads: backend.threads,
      loss: history.loss,
      weights: weights.map(bitsOf),
      prediction: bitsOf(Float32Array.from(prediction.data)),
    }
  } finally {
    backend.dispose()
  }
}
