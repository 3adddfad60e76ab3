// The kernels of this backend. A missing core kernel is a type error.
import type { KernelTable } from '@strata/api/backend'
import { argmax } from './argmax.js'
import { avgPool } from './avg-pool.js'
import { avgPoolGrad } from './avg-pool-grad.js'
import { cast } from './cast.js'
import { concat } from './concat.js'
import type { Address, KernelContext } from './context.js'
import { conv2d } from './conv2d.js'
import { conv2dFilterGrad } from './conv2d-filter-grad.js'
import { conv2dInputGrad } from './conv2d-input-grad.js'
import { copy } from './copy.js'
import { depthwiseConv2d } from './depthwise-conv2d.js'
import { depthwiseConv2dFilterGrad } from './depthwise-conv2d-filter-grad.js'
import { depthwiseConv2dInputGrad } from './depthwise-conv2d-input-grad.js'
import { fusedConv2d } from './fused-conv2d.js'
import { fusedDepthwiseConv2d } from './fused-depthwise-conv2d.js'
import { fusedMatmul } from './fused-matmul.js'
import { gather } from './gather.js'
import { map } from './map.js'
import { matmul } from './matmul.js'
import { maxPool } from './max-pool.js'
import { maxPoolGrad } from './max-pool-grad.js'
import { moments } from './moments.js'
import { pad } from './pad.js'
import { random } from './random.js'
import { reduce } from './reduce.js'
import { reshape } from './reshape.js'
import { resize } from './resize.js'
import { resizeGrad } from './resize-grad.js'
import { scatterAdd } from './scatter-add.js'
import { slice } from './slice.js'
import { softmax } from './softmax.js'
import { softmaxCrossEntropy } from './softmax-cross-entropy.js'
import { transpose } from './transpose.js'

export const KERNELS = {
  argmax,
  avgPool,
  avgPoolGrad,
  cast,
  concat,
  conv2d,
  conv2dFilterGrad,
  conv2dInputGrad,
  copy,
  depthwiseConv2d,
  depthwiseConv2dFilterGrad,
  depthwiseConv2dInputGrad,
  fusedConv2d,
  fusedDepthwiseConv2d,
  fusedMatmul,
  gather,
  map,
  matmul,
  maxPool,
  maxPoolGrad,
  moments,
  pad,
  random,
  reduce,
  reshape,
  resize,
  resizeGrad,
  scatterAdd,
  slice,
  softmax,
  softmaxCrossEntropy,
  transpose,
} satisfies KernelTable<KernelContext, Address>
