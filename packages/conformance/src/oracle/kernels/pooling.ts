// Max and average pooling with their gradients.
import type { PoolAttrs, Window } from '@strata/api/backend'
import { Accumulator } from '../accumulator.js'
import type { Arithmetic } from '../arithmetic.js'
import { type Tensor, zeros } from '../tensor.js'
import { impl } from './impl.js'
import { Extremes } from './map-reduce.js'
import { forEachWindowPosition } from './windows.js'

const windowOf = ({ strides, padding }: PoolAttrs): Window => ({ strides, padding, dilation: [1, 1] })

/** Visits every (image element, output element) pair of a pooling. */
function forEachElement(
  image: readonly number[],
  output: readonly number[],
  attrs: PoolAttrs,
  visit: (x: number, y: number) => void,
): void {
  const channels = image[3]
  forEachWindowPosition(image, output, attrs.size, windowOf(attrs), (pixel, _, outputPixel) => {
    for (let c = 0; c < channels; c++) visit(pixel * channels + c, outputPixel * channels + c)
  })
}

export const maxPool = impl<'maxPool'>((_, attrs, [x], [y]) => {
  const extremes = new Extremes(y, 'max')
  forEachElement(x.shape, y.shape, attrs, (i, o) => extremes.add(o, x.value[i], x.bound[i]))
  extremes.finish()
})

export const maxPoolGrad = impl<'maxPoolGrad'>((arithmetic, attrs, [x, dy], [dx]) => {
  const first = new Int32Array(dy.value.length).fill(-1)
  forEachElement(x.shape, dy.shape, attrs, (i, o) => {
    const best = first[o]
    // Strictly greater, or the first NaN: ties go to the first in row-major order.
    if (best < 0 || x.value[i] > x.value[best] || (Number.isNaN(x.value[i]) && !Number.isNaN(x.value[best])))
      first[o] = i
  })
  const sum = new Accumulator(arithmetic, dx)
  const doubtful = new Uint8Array(dy.value.length)
  forEachElement(x.shape, dy.shape, attrs, (i, o) => {
    const best = first[o]
    if (i === best) return
    const e = x.bound[i] + x.bound[best]
    if (e === 0 || x.value[best] - x.value[i] > e) return
    // This element may be the maximum instead.
    doubtful[o] = 1
    dx.bound[i] += Math.abs(dy.value[o]) + dy.bound[o]
  })
  for (let o = 0; o < first.length; o++) {
    sum.term(first[o], dy.value[o], dy.bound[o] + (doubtful[o] === 1 ? Math.abs(dy.value[o]) : 0))
  }
  sum.finishTerms()
})

export const avgPool = impl<'avgPool'>((arithmetic, attrs, [x], [y]) => {
  const sum = new Accumulator(arithmetic, y)
  forEachElement(x.shape, y.shape, attrs, (i, o) => sum.term(o, x.value[i], x.bound[i]))
  sum.finishTerms()
  for (let o = 0; o < y.value.length; o++) divide(arithmetic, y, o, y.value[o], y.bound[o], sum.terms(o))
})

export const avgPoolGrad = impl<'avgPoolGrad'>((arithmetic, attrs, [dy], [dx]) => {
  const counts = new Int32Array(dy.value.length)
  forEachElement(dx.shape, dy.shape, attrs, (_, o) => {
    counts[o]++
  })
  const share = zeros({ shape: dy.shape, dtype: 'float32' })
  for (let o = 0; o < counts.length; o++) divide(arithmetic, share, o, dy.value[o], dy.bound[o], counts[o])
  const sum = new Accumulator(arithmetic, dx)
  forEachElement(dx.shape, dy.shape, attrs, (i, o) => sum.term(i, share.value[o], share.bound[o]))
  sum.finishTerms()
})

/** out[i] = x / n, by a division or by a product with the rounded reciprocal (two roundings). */
function divide(arithmetic: Arithmetic, out: Tensor, i: number, x: number, e: number, n: number): void {
  const y = x / n
  const powerOfTwo = Number.isInteger(Math.log2(n))
  const error = powerOfTwo ? arithmetic.rounding(y, e) : 2 * arithmetic.u * Math.abs(y)
  arithmetic.put(out.value, out.bound, i, y, e / n + (Number.isFinite(y) ? error : 0))
}
