// fusedMatmul: matmul, with a scalar program on each sum before it is stored.
import type { StepSpec } from '@strata/api/backend'
import { epilogueOf, supportsEpilogue } from '../gemm/epilogue.js'
import type { CpuImpl } from './context.js'
import { isDots, prepareMatmul } from './matmul.js'

export const fusedMatmul: CpuImpl<'fusedMatmul'> = {
  // Sums along memory have no epilogue.
  supports: (s: StepSpec<'fusedMatmul'>) => supportsEpilogue(s) && !isDots(s),
  prepare(ctx, s) {
    const record = prepareMatmul(ctx, s, epilogueOf(s))
    return ([a, b, ...operands], [out]) => record(a, b, out, operands)
  },
}
