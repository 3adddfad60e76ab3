// @strata/conformance: the float64 oracle and the suite that holds a backend to it.
export { type Case, type CaseInput, type Fill, makeCase } from './cases/case.js'
export { CASES } from './cases/index.js'
export { type Check, checksOf, LEVELS, type Level } from './checks.js'
export { type GoldenGroup, type GoldenLoader, goldensFrom } from './golden/data.js'
export {
  MUTATIONS,
  type Mutation,
  type MutationReport,
  mutate,
  type SelfTestOptions,
  selfTest,
} from './mutation/index.js'
export { FLOAT32, FLOAT64, IEEE } from './oracle/arithmetic.js'
export { lower, stepPlan } from './oracle/lower.js'
export { type Exact, type ReferenceBackend, type ReferenceOptions, reference } from './oracle/reference.js'
export { type Progress, replay, runSuite, type Skip, type SuiteOptions } from './suite.js'
export { execute, executeExactly, MemoryFault } from './tiers/execute.js'
export { gradientTier } from './tiers/gradient.js'
export {
  describeFailure,
  type Failure,
  HISTOGRAM_BINS,
  replayCommand,
  TIERS,
  type TierName,
  type TierResult,
  type Token,
  tokenOf,
} from './tiers/result.js'
export { VerifyError, type VerifyOptions, verify, verifyIfAsked } from './verify.js'
