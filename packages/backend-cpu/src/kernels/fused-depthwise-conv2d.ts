// fusedDepthwiseConv2d: depthwiseConv2d, with a scalar program on each sum before it is stored.
import type { StepSpec } from '@strata/api/backend'
import { epilogueOf, supportsEpilogue } from '../gemm/epilogue.js'
import type { CpuImpl } from './context.js'
import { prepareDepthwiseConv2d } from './depthwise-conv2d.js'

export const fusedDepthwiseConv2d: CpuImpl<'fusedDepthwiseConv2d'> = {
  supports: (s: StepSpec<'fusedDepthwiseConv2d'>) => supportsEpilogue(s),
  prepare(ctx, s) {
    const record = prepareDepthwiseConv2d(ctx, s, epilogueOf(s))
    return ([a, b, ...operands], [out]) => record(a, b, out, operands)
  },
}
