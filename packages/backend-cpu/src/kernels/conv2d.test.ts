// conv2d and its gradients against float64, over the windows of windows.test.util.ts, with both multiply-adds.
import { describe, expect, it } from 'vitest'
import { firstDifference, firstOutside, integers, reals } from './compare.test.util.js'
import { conv2d } from './conv2d.js'
import { conv2dFilterGrad } from './conv2d-filter-grad.js'
import { conv2dInputGrad } from './conv2d-input-grad.js'
import { fmaPaths, runKernel, WIDE } from './harness.test.util.js'
import { CASES, type Case, convReference, outputShape, title } from './windows.test.util.js'

const filterShape = (c: Case): number[] => [...c.size, c.x[3] / c.attrs.groups, c.filters]

describe.each(fmaPaths)('fma %s', fma => {
  for (const tile of [{ mr: 4, nr: 8, ku: 1 }, { mr: 6, nr: 8, ku: 4 }, WIDE]) {
    const options = { fma, tile }
    it.each(CASES)(`conv2d ${tile.mr}x${tile.nr} $x $size $filters $attrs`, c => {
      for (const make of [integers, reals]) {
        const [x, w] = [make(c.x, 1), make(filterShape(c), 2)]
        const [got] = runKernel('conv2d', conv2d, c.attrs, [x, w], options)
        expect(firstOutside(got, convReference(c, 'y', x, w), make === integers), title(c)).toBeUndefined()
      }
    })
    it.each(CASES)(`conv2dInputGrad ${tile.mr}x${tile.nr} $x $size $filters $attrs`, c => {
      for (const make of [integers, reals]) {
        const [dy, w] = [make(outputShape(c, c.filters), 3), make(filterShape(c), 4)]
        const [got] = runKernel('conv2dInputGrad', conv2dInputGrad, { ...c.attrs, inputShape: c.x }, [dy, w], options)
        expect(firstOutside(got, convReference(c, 'dx', dy, w), make === integers), title(c)).toBeUndefined()
      }
    })
    it.each(CASES)(`conv2dFilterGrad ${tile.mr}x${tile.nr} $x $size $filters $attrs`, c => {
      for (const make of [integers, reals]) {
        const [x, dy] = [make(c.x, 5), make(outputShape(c, c.filters), 6)]
        const attrs = { ...c.attrs, filterShape: filterShape(c) }
        const [got] = runKernel('conv2dFilterGrad', conv2dFilterGrad, attrs, [x, dy], options)
        expect(firstOutside(got, convReference(c, 'dw', x, dy), make === integers), title(c)).toBeUndefined()
      }
    })
  }
})

describe('conv2dFilterGrad', () => {
  it('does not depend on how units are cut into chunks', () => {
    const [x, dy] = [reals([3, 40, 41, 5], 7), reals([3, 38, 39, 6], 8)]
    const attrs = {
      strides: [1, 1],
      padding: [0, 0, 0, 0],
      dilation: [1, 1],
      groups: 1,
      filterShape: [3, 3, 5, 6],
    } as const
    const run = (grain: number) => runKernel('conv2dFilterGrad', conv2dFilterGrad, attrs, [x, dy], { grain })
    const once = run(1)
    expect(firstDifference(run(0.01)[0], once[0])).toBeUndefined()
    expect(firstDifference(run(1000)[0], once[0])).toBeUndefined()
  })
})
