// Fused kernels give, bit by bit, what the plain kernel and then the program in float32 give, wherever the tile's edges and
// the blocks of the inner dimension lie.
import { type ConvAttrs, f32, type ScalarProgram } from '@strata/api/backend'
import { describe, expect, it } from 'vitest'
import { type Data, firstDifference, reals } from './compare.test.util.js'
import { conv2d } from './conv2d.js'
import { depthwiseConv2d } from './depthwise-conv2d.js'
import { fusedConv2d } from './fused-conv2d.js'
import { fusedDepthwiseConv2d } from './fused-depthwise-conv2d.js'
import { fusedMatmul } from './fused-matmul.js'
import { fmaPaths, NARROW, runKernel, WIDE } from './harness.test.util.js'
import { matmul } from './matmul.js'
import { CASES, outputShape } from './windows.test.util.js'

// relu((y + channel) * scalar + full)
const PROGRAM: ScalarProgram = {
  inputs: 4,
  code: [
    ['in', 0],
    ['in', 1],
    ['add', 0, 1],
    ['in', 2],
    ['mul', 2, 3],
    ['in', 3],
    ['add', 4, 5],
    ['relu', 6],
  ],
  outs: [7],
}
const r = Math.fround
function applied(y: Float32Array, channel: Data, scalar: Data, full: Data): Float32Array {
  const c = channel.data.length
  return y.map((v, i) => {
    const x = r(r(r(v + channel.data[i % c]) * scalar.data[0]) + full.data[i])
    return Math.max(x, 0)
  })
}
const operands = (shape: readonly number[]) => {
  const c = shape[shape.length - 1]
  return [reals(shape.length > 3 ? [1, 1, 1, c] : [c], 11), reals([1], 12), reals(shape, 13)] as const
}

describe.each(fmaPaths)('fma %s', fma => {
  it.each([
    [5, 9, 7],
    [33, 30, 20],
    [1, 40, 600],
    [70, 21, 1000],
    [4, 8, 0],
    [200, 150, 40],
  ])('fusedMatmul %i %i %i', (m, n, k) => {
    for (const lead of [[], [3]])
      for (const transposeB of [false, true]) {
        // Left to matmul and map.
        if (m === 1 && transposeB) continue
        const attrs = { transposeA: false, transposeB }
        const [a, b] = [reals([...lead, m, k], 1), reals([...lead, ...(transposeB ? [n, k] : [k, n])], 2)]
        const [y] = runKernel('matmul', matmul, attrs, [a, b], { fma })
        const extra = operands([...lead, m, n])
        const [got] = runKernel('fusedMatmul', fusedMatmul, { ...attrs, program: PROGRAM }, [a, b, ...extra], { fma })
        expect(firstDifference(got, applied(y, ...extra))).toBeUndefined()
      }
  })
  it.each(CASES)('fusedConv2d $x $size $filters $attrs', c => {
    const [x, w] = [reals(c.x, 1), reals([...c.size, c.x[3] / c.attrs.groups, c.filters], 2)]
    const [y] = runKernel('conv2d', conv2d, c.attrs, [x, w], { fma })
    const extra = operands(outputShape(c, c.filters))
    const attrs: ConvAttrs & { program: ScalarProgram } = { ...c.attrs, program: PROGRAM }
    const [got] = runKernel('fusedConv2d', fusedConv2d, attrs, [x, w, ...extra], { fma })
    expect(firstDifference(got, applied(y, ...extra))).toBeUndefined()
  })
  it.each(CASES)('fusedDepthwiseConv2d $x $size $filters $attrs', c => {
    for (const [m, tile] of [
      [1, NARROW],
      [1, WIDE],
      [3, NARROW],
    ] as const) {
      const [x, w] = [reals(c.x, 1), reals([...c.size, c.x[3], m], 2)]
      const [y] = runKernel('depthwiseConv2d', depthwiseConv2d, c.attrs, [x, w], { fma, tile })
      const extra = operands(outputShape(c, c.x[3] * m))
      const attrs = { ...c.attrs, program: PROGRAM }
      const [got] = runKernel('fusedDepthwiseConv2d', fusedDepthwiseConv2d, attrs, [x, w, ...extra], { fma, tile })
      expect(firstDifference(got, applied(y, ...extra))).toBeUndefined()
    }
  })
})

describe('supports', () => {
  const program: ScalarProgram = {
    inputs: 2,
    code: [
      ['in', 0],
      ['in', 1],
      ['add', 0, 1],
    ],
    outs: [2],
  }
  const step = (shape: number[], dtype: 'float32' | 'int32' = 'float32') => ({
    kernel: 'fusedMatmul' as const,
    attrs: { transposeA: false, transposeB: false, program },
    ins: [f32([4, 3]), f32([3, 5]), { shape, dtype }],
    outs: [f32([4, 5])],
  })
  it('takes scalars, channels and whole tensors, and refuses other broadcasts', () => {
    for (const shape of [[], [1], [1, 1], [5], [1, 5], [4, 5]])
      expect(fusedMatmul.supports?.(step(shape)), `${shape}`).toBe(true)
    expect(fusedMatmul.supports?.(step([4, 1]))).toBe(false)
    const row = { ...step([5]), attrs: { transposeA: false, transposeB: true, program } }
    expect(fusedMatmul.supports?.({ ...row, ins: [f32([1, 3]), f32([5, 3]), f32([5])], outs: [f32([1, 5])] })).toBe(
      false,
    )
    expect(fusedMatmul.supports?.(step([5], 'int32'))).toBe(false)
  })
})
