// Losses, and how one is found by name.
export type { LossOptions, Reduction } from './loss.js'
export { DenseLoss, FunctionLoss, Loss } from './loss.js'
