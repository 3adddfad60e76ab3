// depthwiseConv2d and its gradients against float64, over the windows of windows.test.util.ts and several multipliers.
import { describe, expect, it } from 'vitest'
import { firstDifference, firstOutside, integers, reals, Sums } from './compare.test.util.js'
import { depthwiseConv2d } from './depthwise-conv2d.js'
import { depthwiseConv2dFilterGrad } from './depthwise-conv2d-filter-grad.js'
import { depthwiseConv2dInputGrad } from './depthwise-conv2d-input-grad.js'
import { fmaPaths, NARROW, runKernel, WIDE } from './harness.test.util.js'
import { CASES, type Case, depthwiseReference, outputShape, title } from './windows.test.util.js'

const filterShape = (c: Case, multiplier: number): number[] => [...c.size, c.x[3], multiplier]

const paths = [...fmaPaths.map(fma => ({ fma, tile: NARROW })), { fma: fmaPaths[0], tile: WIDE }]

describe.each(paths)('fma $fma, columns $tile.nr', options => {
  for (const m of [1, 2, 3]) {
    it.each(CASES)(`depthwiseConv2d x${m} $x $size $attrs`, c => {
      for (const make of [integers, reals]) {
        const [x, w] = [make(c.x, 1), make(filterShape(c, m), 2)]
        const [got] = runKernel('depthwiseConv2d', depthwiseConv2d, c.attrs, [x, w], options)
        expect(firstOutside(got, depthwiseReference(c, m, 'y', x, w), make === integers), title(c)).toBeUndefined()
      }
    })
    it.each(CASES)(`depthwiseConv2dInputGrad x${m} $x $size $attrs`, c => {
      for (const make of [integers, reals]) {
        const [dy, w] = [make(outputShape(c, c.x[3] * m), 3), make(filterShape(c, m), 4)]
        const attrs = { ...c.attrs, inputShape: c.x }
        const [got] = runKernel('depthwiseConv2dInputGrad', depthwiseConv2dInputGrad, attrs, [dy, w], options)
        expect(firstOutside(got, depthwiseReference(c, m, 'dx', dy, w), make === integers), title(c)).toBeUndefined()
      }
    })
    it.each(CASES)(`depthwiseConv2dFilterGrad x${m} $x $size $attrs`, c => {
      for (const make of [integers, reals]) {
        const [x, dy] = [make(c.x, 5), make(outputShape(c, c.x[3] * m), 6)]
        const attrs = { ...c.attrs, filterShape: filterShape(c, m) }
        const [got] = runKernel('depthwiseConv2dFilterGrad', depthwiseConv2dFilterGrad, attrs, [x, dy], options)
        expect(firstOutside(got, depthwiseReference(c, m, 'dw', x, dy), make === integers), title(c)).toBeUndefined()
      }
    })
  }
})

describe('depthwiseConv2dFilterGrad', () => {
  it.each([3, 8])('of %i channels does not depend on how units are cut into chunks', channels => {
    const [x, dy] = [reals([3, 40, 41, channels], 7), reals([3, 38, 39, channels], 8)]
    const attrs = {
      strides: [1, 1],
      padding: [0, 0, 0, 0],
      dilation: [1, 1],
      filterShape: [3, 3, channels, 1],
    } as const
    const run = (grain: number) =>
      runKernel('depthwiseConv2dFilterGrad', depthwiseConv2dFilterGrad, attrs, [x, dy], { grain })
    const once = run(1)
    expect(firstDifference(run(0.01)[0], once[0])).toBeUndefined()
    expect(firstDifference(run(1000)[0], once[0])).toBeUndefined()
  })
  it.each([3, 4])('of %i channels keeps the error of long biased sums within the bound', channels => {
    const x = { shape: [8, 64, 64, channels], data: new Float32Array(8 * 64 * 64 * channels).fill(0.1) }
    const dy = { shape: x.shape, data: x.data.slice().fill(0.7) }
    const attrs = {
      strides: [1, 1],
      padding: [0, 0, 0, 0],
      dilation: [1, 1],
      filterShape: [1, 1, channels, 1],
    } as const
    const [got] = runKernel('depthwiseConv2dFilterGrad', depthwiseConv2dFilterGrad, attrs, [x, dy])
    const sums = new Sums(channels)
    for (let i = 0; i < x.data.length; i++) sums.add(i % channels, x.data[i], dy.data[i])
    expect(firstOutside(got, sums, false)).toBeUndefined()
  })
})
