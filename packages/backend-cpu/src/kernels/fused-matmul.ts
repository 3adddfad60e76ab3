// fusedMatmul: matmul, with a scalar program on each sum before it is stored.
import type { StepSpec } from '@strata/api/backend'
import { epilogueOf, supportsEpilogue } from '../gemm/epilogue.js'
import type { CpuImpl } from './context.js'
import { prepareMatmul } from './matmul.js'

export const fusedMatmul: CpuImpl<'fusedMatmul'> = {
  supports: (s: StepSpec<'fusedMatmul'>) => supportsEpilogue(s),
  prepare(ctx, s) {
    const record = prepareMatmul(ctx, s, epilogueOf(s))
    return ([a, b, ...operands], [out]) => record(a, b, out, operands)
  },
}
