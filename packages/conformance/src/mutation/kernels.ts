// Small kernels with the bugs of the self-test, in plain JavaScript.
import { type AttrsOf, type StepSpec, sizeOf } from '@strata/api/backend'
import type { HostData } from '../cases/data.js'
import type { StepRun } from '../stepwise.js'

const f = Math.fround

/** Elements that a bug may change, in float32 or in the oracle's float64. */
export type Elements = HostData | Float64Array

/** Divides the output of average pooling, or what its gradient starts from, as if the padding counted. */
export function countPadding(
  { kernel, attrs, ins, outs }: StepSpec<'avgPool'> | StepSpec<'avgPoolGrad'>,
  y: Elements,
): void {
  const [image, out] = kernel === 'avgPool' ? [ins[0].shape, outs[0].shape] : [outs[0].shape, ins[0].shape]
  const { size, strides, padding } = attrs
  const valid = (o: number, k: number, stride: number, before: number, n: number): number =>
    Math.min(o * stride - before + k, n) - Math.max(o * stride - before, 0)
  const [, rows, columns, channels] = out
  for (let i = 0; i < y.length; i++) {
    const pixel = Math.floor(i / channels)
    const h = valid(Math.floor(pixel / columns) % rows, size[0], strides[0], padding[0], image[1])
    const w = valid(pixel % columns, size[1], strides[1], padding[2], image[2])
    y[i] *= (h * w) / (size[0] * size[1])
  }
}

/** The gradient of max pooling, to the last maximum of each window. */
export function lastMaximum({ attrs, ins }: StepSpec<'maxPoolGrad'>, x: Elements, dy: Elements, dx: Elements): void {
  const { size, strides, padding } = attrs
  const [, h, w, channels] = ins[0].shape
  const [batch, rows, columns] = ins[1].shape
  dx.fill(0)
  let o = 0
  for (let n = 0; n < batch; n++)
    for (let y = 0; y < rows; y++)
      for (let z = 0; z < columns; z++)
        for (let c = 0; c < channels; c++, o++) {
          let best = -1
          for (let i = 0; i < size[0]; i++)
            for (let j = 0; j < size[1]; j++) {
              const [p, q] = [y * strides[0] - padding[0] + i, z * strides[1] - padding[2] + j]
              if (p < 0 || q < 0 || p >= h || q >= w) continue
              const at = ((n * h + p) * w + q) * channels + c
              if (best < 0 || x[at] >= x[best]) best = at
            }
          dx[best] += dy[o]
        }
}

/** A transposed matrix, written element by element: into the memory that it is read from, if that is shared. */
export function transposeNaively({ spec, shared: [x], outs: [y] }: StepRun): boolean {
  if (spec.ins[0].shape.length !== 2) return false
  const [rows, columns] = spec.ins[0].shape
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) y[j * rows + i] = x[i * columns + j]
  return true
}

/** Visits the elements of a tensor with the index of the reduced one. */
function reduced(shape: readonly number[], axes: readonly number[], visit: (i: number, o: number) => void): void {
  const n = sizeOf(shape)
  for (let i = 0; i < n; i++) {
    let rest = i
    let o = 0
    let stride = 1
    for (let d = shape.length - 1; d >= 0; d--) {
      const at = rest % shape[d]
      rest = Math.floor(rest / shape[d])
      if (axes.includes(d)) continue
      o += at * stride
      stride *= shape[d]
    }
    visit(i, o)
  }
}

/** Mean and E[x^2] - E[x]^2 in float32. */
export function onePassMoments({ spec, ins: [x], outs: [mean, variance] }: StepRun): boolean {
  const { axes } = spec.attrs as AttrsOf<'moments'>
  const n = sizeOf(spec.ins[0].shape) / mean.length
  mean.fill(0)
  variance.fill(0)
  reduced(spec.ins[0].shape, axes, (i, o) => {
    mean[o] += x[i]
    variance[o] += f(x[i] * x[i])
  })
  for (let o = 0; o < mean.length; o++) {
    mean[o] /= n
    variance[o] = f(f(variance[o] / n) - f(mean[o] * mean[o]))
  }
  return true
}

/** Softmax of exponentials as they are. */
export function softmaxWithoutShift({ spec, ins: [x], outs: [y] }: StepRun): boolean {
  const classes = spec.ins[0].shape.at(-1)!
  for (let row = 0; row < x.length; row += classes) {
    let sum = 0
    for (let i = row; i < row + classes; i++) sum = f(sum + f(Math.exp(x[i])))
    for (let i = row; i < row + classes; i++) y[i] = f(Math.exp(x[i])) / sum
  }
  return true
}

type Sample = (o: number, input: number, output: number) => number

/** Bilinear resizing; `sample` gives positions, `weight` the share of the later neighbour. */
export const bilinear =
  (sample: Sample, weight: (w: number) => number) =>
  ({ spec, ins: [x], outs: [y] }: StepRun): boolean => {
    const { size, interpolation } = spec.attrs as AttrsOf<'resize'>
    if (interpolation !== 'bilinear') return false
    const [batch, h, w, channels] = spec.ins[0].shape
    let o = 0
    const near = (v: number, n: number): number => Math.min(Math.max(v, 0), n - 1)
    for (let n = 0; n < batch; n++)
      for (let i = 0; i < size[0]; i++)
        for (let j = 0; j < size[1]; j++)
          for (let c = 0; c < channels; c++) {
            const [p, q] = [sample(i, h, size[0]), sample(j, w, size[1])]
            const [p0, q0] = [Math.floor(p), Math.floor(q)]
            const [a, b] = [weight(p - p0), weight(q - q0)]
            const at = (r: number, s: number): number => x[((n * h + near(r, h)) * w + near(s, w)) * channels + c]
            const top = at(p0, q0) * (1 - b) + at(p0, q0 + 1) * b
            y[o++] = top * (1 - a) + (at(p0 + 1, q0) * (1 - b) + at(p0 + 1, q0 + 1) * b) * a
          }
    return true
  }
export const halfPixel: Sample = (o, input, output) => ((o + 0.5) * input) / output - 0.5
export const alignedCorners: Sample = (o, input, output) => (output === 1 ? 0 : (o * (input - 1)) / (output - 1))

/** A copy of x with one axis reversed. */
export function reversed(x: HostData, shape: readonly number[], axis: number): HostData {
  const inner = sizeOf(shape.slice(axis + 1))
  const n = shape[axis]
  const y = x.slice()
  for (let i = 0; i < x.length; i++) {
    const at = Math.floor(i / inner) % n
    y[i + (n - 1 - 2 * at) * inner] = x[i]
  }
  return y
}

/** A copy of x, [..., channels], with channel c at the place that `to` gives. */
export function movedChannels<T extends Elements>(x: T, channels: number, to: (c: number) => number): T {
  const y = x.slice() as T
  for (let i = 0; i < x.length; i++) y[i - (i % channels) + to(i % channels)] = x[i]
  return y
}

/** The nearest number with so many bits of significand. */
export const keepBits =
  (bits: number) =>
  (v: number): number => {
    if (!Number.isFinite(v) || v === 0) return v
    const unit = 2 ** (Math.floor(Math.log2(Math.abs(v))) - bits + 1)
    return Math.round(v / unit) * unit
  }
