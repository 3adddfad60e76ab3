// Names and attributes of all kernels. Attributes are resolved numbers (never options such as 'same'), plain JSON.
import type { ScalarProgram } from '../expr/program.js'
import type { DType } from '../tensor-spec.js'

type Pair = readonly [number, number]
type Dims = readonly number[]

/** A window sliding over [N, H, W, C]: all pairs are [height, width]; padding is [top, bottom, left, right]. */
export interface Window {
  readonly strides: Pair
  readonly padding: readonly [number, number, number, number]
  readonly dilation: Pair
}
export interface ConvAttrs extends Window {
  /** Channel groups: input channel c belongs to group floor(c / (C / groups)). */
  readonly groups: number
}
export interface PoolAttrs {
  readonly size: Pair
  readonly strides: Pair
  readonly padding: readonly [number, number, number, number]
}

/** Kernels that every backend has. */
export interface CoreAttrs {
  /** outs[j][i] = program(ins broadcast to `shape` at i)[j]; all outs float32 of `shape`. int32 inputs are converted. */
  map: { readonly shape: Dims; readonly program: ScalarProgram }
  /** outs[j] = program's j-th output over ins broadcast to `shape`, reduced over `axes` (ascending) by `op`. */
  reduce: {
    readonly op: 'sum' | 'max' | 'min'
    readonly shape: Dims
    readonly program: ScalarProgram
    readonly axes: Dims
    readonly keepdims: boolean
  }
  /** [..., m, k] x [..., k, n] -> [..., m, n] with equal leading dimensions; a transposed operand swaps its last two. */
  matmul: { readonly transposeA: boolean; readonly transposeB: boolean }
  /** x [N,H,W,C], w [kh,kw,C/groups,F] -> [N,OH,OW,F]. */
  conv2d: ConvAttrs
  /** dy [N,OH,OW,F], w [kh,kw,C/groups,F] -> dx of `inputShape` [N,H,W,C]. */
  conv2dInputGrad: ConvAttrs & { readonly inputShape: Dims }
  /** x [N,H,W,C], dy [N,OH,OW,F] -> dw of `filterShape` [kh,kw,C/groups,F]. */
  conv2dFilterGrad: ConvAttrs & { readonly filterShape: Dims }
  /** x [N,H,W,C], w [kh,kw,C,M] -> [N,OH,OW,C*M]; output channel c*M + m. */
  depthwiseConv2d: Window
  /** dy [N,OH,OW,C*M], w [kh,kw,C,M] -> dx of `inputShape`. */
  depthwiseConv2dInputGrad: Window & { readonly inputShape: Dims }
  /** x [N,H,W,C], dy [N,OH,OW,C*M] -> dw of `filterShape` [kh,kw,C,M]. */
  depthwiseConv2dFilterGrad: Window & { readonly filterShape: Dims }
  /** x [N,H,W,C] -> [N,OH,OW,C]; padding never wins; NaN wins. */
  maxPool: PoolAttrs
  /** x [N,H,W,C], dy [N,OH,OW,C] -> dx: dy goes to the first maximum of each window in row-major order. */
  maxPoolGrad: PoolAttrs
  /** Mean over the valid (not padded) elements of each window. */
  avgPool: PoolAttrs
  /** dy -> dx of `inputShape`, divided by the same count of valid elements. */
  avgPoolGrad: PoolAttrs & { readonly inputShape: Dims }
  /** out dimension i is input dimension perm[i]. */
  transpose: { readonly perm: Dims }
  /** out[i] = x[begin + i * strides], `size` elements along each dimension; strides may be negative. */
  slice: { readonly begin: Dims; readonly size: Dims; readonly strides: Dims }
  /** Constant padding [before, after] of every dimension. */
  pad: { readonly padding: readonly Pair[]; readonly value: number }
  /** Any number of inputs of one rank, joined along `axis`. */
  concat: { readonly axis: number }
  /** x, indices int32 of any shape -> x with dimension `axis` replaced by the indices' dimensions. Out of range: NaN (0 for int32). */
  gather: { readonly axis: number }
  /** indices int32 [n], updates [n, ...rest] -> zeros [size, ...rest] with out[indices[i]] += updates[i]; out of range is dropped. */
  scatterAdd: { readonly size: number }
  /** Index of the first maximum along `axis`, int32, that dimension removed; NaN counts as the maximum. */
  argmax: { readonly axis: number }
  /** float32 -> int32 truncates towards zero; int32 -> float32 rounds to nearest even. */
  cast: { readonly dtype: DType }
  /**
   * step int32 [] -> float32 of `shape`, uniform in [0, 1) by Philox 4x32-10 (random/philox.ts): key = seed's two 32-bit
   * halves [low, high], counter = (block, step, stream, 0), element 4*block + k = (word k >>> 8) * 2^-24.
   */
  random: { readonly shape: Dims; readonly seed: Pair; readonly stream: number }
  /** The same elements in another shape. Free where memory is linear: the compiler makes it an alias there. */
  reshape: { readonly shape: Dims }
  /** The same tensor in other memory. */
  copy: Record<never, never>
  /** x [N,H,W,C] -> [N,OH,OW,C] of `size`; bilinear samples at half-pixel centres, edges clamped. */
  resize: { readonly size: Pair; readonly interpolation: 'nearest' | 'bilinear' }
  /** dy -> dx with [H, W] = `inputSize`: the transpose of resize. */
  resizeGrad: { readonly inputSize: Pair; readonly interpolation: 'nearest' | 'bilinear' }
}

/** Kernels that a backend may have where one pass beats the decomposition. */
export interface OptionalAttrs {
  /** Softmax over the last axis. */
  softmax: Record<never, never>
  /** logits [..., K], target [..., K] -> loss [...]: -sum target * log_softmax(logits). */
  softmaxCrossEntropy: Record<never, never>
  /** x -> mean, variance (population, two-pass) over `axes` (ascending); reduced dimensions are kept as 1. */
  moments: { readonly axes: Dims }
  /**
   * matmul, then `program` on each element: input 0 is the product, inputs 1.. are ins[2..] broadcast to the product's
   * shape. One output. Likewise the fused convolutions.
   */
  fusedMatmul: CoreAttrs['matmul'] & { readonly program: ScalarProgram }
  fusedConv2d: ConvAttrs & { readonly program: ScalarProgram }
  fusedDepthwiseConv2d: Window & { readonly program: ScalarProgram }
}

export type KernelAttrs = CoreAttrs & OptionalAttrs
export type CoreKernel = keyof CoreAttrs
export type OptionalKernel = keyof OptionalAttrs
export type KernelName = keyof KernelAttrs
export type AttrsOf<K extends KernelName> = KernelAttrs[K]
