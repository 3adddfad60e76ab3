// Backends, data and models that the tests of training share.
import {
  BatchNormalization,
  Conv2D,
  Dense,
  Dropout,
  Flatten,
  type HostTensor,
  hostTensor,
  Input,
  MaxPooling2D,
  Philox,
  Sequential,
} from '@strata/api'
import type { Backend } from '@strata/api/backend'
import { cpu } from '@strata/backend-cpu'
import { afterAll, expect } from 'vitest'

/** The CPU backend of a test file. When the file ends, no buffer and no executable may be left. */
export async function testBackend(): Promise<Backend> {
  const backend = await cpu()
  afterAll(() => {
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0, executables: 0 })
    backend.dispose()
  })
  return backend
}

/** Normal noise around a mean that depends on the class: images [n, 8, 8, 3], labels [n] in 0..2. */
export function images(n: number, seed = 1): { x: HostTensor; labels: HostTensor; y: HostTensor } {
  const random = new Philox(seed)
  const labels = Int32Array.from({ length: n }, (_, i) => i % 3)
  const x = new Float32Array(n * 192)
  const y = new Float32Array(n * 3)
  for (let i = 0; i < n; i++) {
    y[3 * i + labels[i]] = 1
    for (let k = 0; k < 192; k++) x[192 * i + k] = random.normal() / 2 + (k % 3 === labels[i] ? 1 : 0)
  }
  return { x: hostTensor(x, [n, 8, 8, 3]), labels: hostTensor(labels), y: hostTensor(y, [n, 3]) }
}

/** Convolution, batch normalisation, dropout: everything that has state. */
export const convNet = (): Sequential =>
  new Sequential(
    [
      Input({ shape: [8, 8, 3], name: 'image' }),
      new Conv2D({ filters: 4, kernelSize: 3, activation: 'relu', name: 'conv' }),
      new BatchNormalization({ name: 'bn' }),
      new MaxPooling2D({ name: 'pool' }),
      new Flatten({ name: 'flat' }),
      new Dropout({ rate: 0.25, name: 'drop' }),
      new Dense({ units: 3, activation: 'softmax', name: 'probs' }),
    ],
    { name: 'net' },
  )

/** y = x W for given kernels, one dense layer without bias. */
export const linear = (units = 1, inputs = 2): Sequential =>
  new Sequential([Input({ shape: [inputs] }), new Dense({ units, useBias: false, name: 'dense' })], { name: 'linear' })

/** The error that a promise or a function ends with. */
export async function errorOf(f: () => unknown): Promise<unknown> {
  try {
    await f()
  } catch (error) {
    return error
  }
  throw new Error('expected an error, got none')
}

/** Least squares by gradient descent in float64: w -= rate * 2/n sum (x w - y) x, batch by batch. */
export class ByHand {
  constructor(
    public w: number[],
    readonly rate: number,
  ) {}
  loss(x: readonly number[][], y: readonly number[]): number {
    return x.reduce((s, row, i) => s + this.#error(row, y[i]) ** 2, 0) / x.length
  }
  step(x: readonly number[][], y: readonly number[]): number {
    const loss = this.loss(x, y)
    const g = this.w.map((_, k) => x.reduce((s, row, i) => s + 2 * this.#error(row, y[i]) * row[k], 0) / x.length)
    this.w = this.w.map((w, k) => w - this.rate * g[k])
    return loss
  }
  #error(row: readonly number[], y: number): number {
    return row.reduce((s, v, k) => s + v * this.w[k], 0) - y
  }
}
