// matmul: batched matrix products in all transpositions.
import { type ScalarProgram, type StepSpec, sizeOf } from '@strata/api/backend'
import type { Epilogue } from '../gemm/epilogue.js'
import { type GemmDispatch, prepareGemm } from '../gemm/gemm.js'
import type { GemmShape } from '../gemm/shape.js'
import type { CpuImpl, KernelContext } from './context.js'
import { reduction } from './reduction.js'

/** The product as loops over rows and the inner dimension. */
function matmulShape({ ins: [a], outs: [c], attrs }: Pick<StepSpec<'matmul'>, 'ins' | 'outs' | 'attrs'>): GemmShape {
  const rank = c.shape.length
  const [m, n] = [c.shape[rank - 2], c.shape[rank - 1]]
  const k = a.shape[attrs.transposeA ? rank - 2 : rank - 1]
  return {
    batch: { count: c.shape.slice(0, -2).reduce((x, y) => x * y, 1), a: m * k, b: k * n, c: m * n, channel: 0 },
    rows: [{ count: m, a: attrs.transposeA ? 1 : k, c: n }],
    inner: [{ count: k, a: attrs.transposeA ? m : 1, b: attrs.transposeB ? 1 : n }],
    n,
    bn: attrs.transposeB ? k : 1,
    offset: { a: 0, b: 0, c: 0 },
  }
}

/** Prepares a product, then the epilogue on each element. */
export const prepareMatmul = (
  ctx: KernelContext,
  s: Pick<StepSpec<'matmul'>, 'ins' | 'outs' | 'attrs'>,
  epilogue?: Epilogue,
): GemmDispatch => prepareGemm(ctx, matmulShape(s), epilogue)

const PRODUCT: ScalarProgram = {
  inputs: 2,
  code: [
    ['in', 0],
    ['in', 1],
    ['mul', 0, 1],
  ],
  outs: [2],
}

/** Whether a product is that of one row and the rows of a transposed B. */
export const isDots = ({ ins: [a], outs: [c], attrs }: Pick<StepSpec<'matmul'>, 'ins' | 'outs' | 'attrs'>): boolean =>
  attrs.transposeB && c.shape.at(-2) === 1 && sizeOf(a.shape) > 0

/** Such products are sums along memory; a product in tiles would copy B first, to use it once. */
function prepareDots(ctx: KernelContext, { batch, n, inner: [{ count: k }] }: GemmShape) {
  return reduction(ctx, {
    op: 'sum',
    program: PRODUCT,
    shape: [batch.count, n, k],
    strides: [
      [batch.a, 0, 1],
      [batch.b, k, 1],
    ],
    integer: [false, false],
    axes: [2],
  })
}

export const matmul: CpuImpl<'matmul'> = {
  prepare(ctx, s) {
    const shape = matmulShape(s)
    if (isDots(s)) return prepareDots(ctx, shape)
    const record = prepareGemm(ctx, shape)
    return ([a, b], [c]) => record(a, b, c)
  },
}
