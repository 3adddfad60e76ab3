// fusedConv2d: conv2d, with a scalar program on each sum before it is stored.
import type { StepSpec } from '@strata/api/backend'
import { epilogueOf, supportsEpilogue } from '../gemm/epilogue.js'
import type { CpuImpl } from './context.js'
import { prepareConv2d } from './conv2d.js'

export const fusedConv2d: CpuImpl<'fusedConv2d'> = {
  supports: (s: StepSpec<'fusedConv2d'>) => supportsEpilogue(s),
  prepare(ctx, s) {
    const record = prepareConv2d(ctx, s, epilogueOf(s))
    return ([a, b, ...operands], [out]) => record(a, b, out, operands)
  },
}
