// @strata/conformance: the float64 oracle and the suite that holds a backend to it.
export { type Case, type CaseInput, type Fill, makeCase } from './cases/case.js'
export { CASES } from './cases/index.js'
export { FLOAT32, FLOAT64, IEEE } from './oracle/arithmetic.js'
export { lower, stepPlan } from './oracle/lower.js'
export { type Exact, type ReferenceBackend, type ReferenceOptions, reference } from './oracle/reference.js'
export {
  KERNEL_TIERS,
  type KernelTier,
  runNetworks,
  runRelations,
  runSuite,
  runTier,
  type SuiteOptions,
} from './suite.js'
export { execute, executeExactly, MemoryFault } from './tiers/execute.js'
export { gradientTier } from './tiers/gradient.js'
export { misuseTier } from './tiers/misuse.js'
export { describeFailure, type Failure, type TierName, type TierResult } from './tiers/result.js'
