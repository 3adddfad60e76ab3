// The table of all kernels. A kernel that is missing here is a type error.
import { argmax } from './argmax.js'
import type { CoreKernel, KernelName } from './attrs.js'
import { avgPool } from './avg-pool.js'
import { avgPoolGrad } from './avg-pool-grad.js'
import { cast } from './cast.js'
import { concat } from './concat.js'
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
import type { KernelSpec } from './spec.js'
import { transpose } from './transpose.js'

type Specs = { readonly [K in KernelName]: KernelSpec<K> }

/** Every kernel's specification by name. */
export const KERNELS: Specs = {
  map,
  reduce,
  matmul,
  conv2d,
  conv2dInputGrad,
  conv2dFilterGrad,
  depthwiseConv2d,
  depthwiseConv2dInputGrad,
  depthwiseConv2dFilterGrad,
  maxPool,
  maxPoolGrad,
  avgPool,
  avgPoolGrad,
  transpose,
  slice,
  pad,
  concat,
  gather,
  scatterAdd,
  argmax,
  cast,
  random,
  reshape,
  copy,
  resize,
  resizeGrad,
  softmax,
  softmaxCrossEntropy,
  moments,
  fusedMatmul,
  fusedConv2d,
  fusedDepthwiseConv2d,
}

export const KERNEL_NAMES = Object.keys(KERNELS) as readonly KernelName[]

/** The specification of a kernel. */
export const specOf = <K extends KernelName>(kernel: K): KernelSpec<K> => KERNELS[kernel]

/** A kernel is core exactly if it has no decomposition. */
export const isCore = (kernel: KernelName): kernel is CoreKernel => KERNELS[kernel].decompose === undefined
