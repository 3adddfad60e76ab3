// The reference backend's kernels. A core kernel that is missing here is a type error; optional kernels are absent on
// purpose: their decompositions are their meaning.
import type { KernelTable } from '@strata/api/backend'
import type { Arithmetic } from '../arithmetic.js'
import * as convolution from './convolution.js'
import type { Memory } from './impl.js'
import * as indexing from './indexing.js'
import * as mapReduce from './map-reduce.js'
import { matmul } from './matmul.js'
import * as movement from './movement.js'
import * as pooling from './pooling.js'
import { random } from './random.js'
import { resize, resizeGrad } from './resize.js'

export const KERNELS: KernelTable<Arithmetic, Memory> = {
  map: mapReduce.map,
  reduce: mapReduce.reduce,
  matmul,
  conv2d: convolution.conv2d,
  conv2dInputGrad: convolution.conv2dInputGrad,
  conv2dFilterGrad: convolution.conv2dFilterGrad,
  depthwiseConv2d: convolution.depthwiseConv2d,
  depthwiseConv2dInputGrad: convolution.depthwiseConv2dInputGrad,
  depthwiseConv2dFilterGrad: convolution.depthwiseConv2dFilterGrad,
  maxPool: pooling.maxPool,
  maxPoolGrad: pooling.maxPoolGrad,
  avgPool: pooling.avgPool,
  avgPoolGrad: pooling.avgPoolGrad,
  transpose: movement.transpose,
  slice: movement.slice,
  pad: movement.pad,
  concat: movement.concat,
  gather: indexing.gather,
  scatterAdd: indexing.scatterAdd,
  argmax: indexing.argmax,
  cast: indexing.cast,
  random,
  reshape: movement.reshape,
  copy: movement.copy,
  resize,
  resizeGrad,
}
