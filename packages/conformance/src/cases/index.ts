// The hand-written cases of every kernel. A kernel without cases is a type error.
import type { KernelName } from '@strata/api/backend'
import type { Case } from './case.js'
import { CONV_GEOMETRIES, convCases, DEPTHWISE_GEOMETRIES, depthwiseCases } from './convolution.js'
import * as indexing from './indexing.js'
import { INTEGER_CASES } from './integers.js'
import { MAP_CASES } from './maps.js'
import * as movement from './movement.js'
import * as optional from './optional.js'
import { POOL_EDGES, POOL_GEOMETRIES, poolCases } from './pooling.js'
import { MATMUL_CASES } from './products.js'
import { ARGMAX_CASES, REDUCE_CASES } from './reductions.js'
import { RESIZE_CASES } from './resizing.js'

const convolutions = CONV_GEOMETRIES.map(convCases)
const depthwise = DEPTHWISE_GEOMETRIES.map(depthwiseCases)
const pools = POOL_GEOMETRIES.map(poolCases)
const integers = (kernel: KernelName): Case[] => INTEGER_CASES.filter(c => c.kernel === kernel)
const poolEdges = (kernel: KernelName): Case[] => POOL_EDGES.filter(c => c.kernel === kernel)

export const CASES: Readonly<Record<KernelName, readonly Case[]>> = {
  map: MAP_CASES,
  reduce: REDUCE_CASES,
  matmul: MATMUL_CASES,
  conv2d: convolutions.map(c => c[0] as Case),
  conv2dInputGrad: convolutions.map(c => c[1] as Case),
  conv2dFilterGrad: convolutions.map(c => c[2] as Case),
  depthwiseConv2d: depthwise.map(c => c[0] as Case),
  depthwiseConv2dInputGrad: depthwise.map(c => c[1] as Case),
  depthwiseConv2dFilterGrad: depthwise.map(c => c[2] as Case),
  maxPool: [...pools.map(c => c[0] as Case), ...poolEdges('maxPool')],
  maxPoolGrad: [...pools.map(c => c[1] as Case), ...poolEdges('maxPoolGrad')],
  avgPool: [...pools.map(c => c[2] as Case), ...poolEdges('avgPool')],
  avgPoolGrad: [...pools.map(c => c[3] as Case), ...poolEdges('avgPoolGrad')],
  transpose: [...movement.TRANSPOSE_CASES, ...integers('transpose')],
  slice: [...movement.SLICE_CASES, ...integers('slice')],
  pad: [...movement.PAD_CASES, ...integers('pad')],
  concat: [...movement.CONCAT_CASES, ...integers('concat')],
  gather: [...indexing.GATHER_CASES, ...integers('gather')],
  scatterAdd: indexing.SCATTER_CASES,
  argmax: ARGMAX_CASES,
  cast: indexing.CAST_CASES,
  random: indexing.RANDOM_CASES,
  reshape: [...movement.RESHAPE_CASES, ...integers('reshape')],
  copy: [...movement.COPY_CASES, ...integers('copy')],
  resize: RESIZE_CASES.map(c => c[0] as Case),
  resizeGrad: RESIZE_CASES.map(c => c[1] as Case),
  softmax: optional.SOFTMAX_CASES,
  softmaxCrossEntropy: optional.CROSS_ENTROPY_CASES,
  moments: optional.MOMENTS_CASES,
  fusedMatmul: optional.FUSED_MATMUL_CASES,
  fusedConv2d: optional.FUSED_CONV_CASES,
  fusedDepthwiseConv2d: optional.FUSED_DEPTHWISE_CASES,
}
