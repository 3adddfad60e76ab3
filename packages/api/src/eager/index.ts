// Device tensors and computing with them at once.
export { callLayer, EagerContext, type EagerFunction, type RunOptions, releaseEager, run } from './run.js'
export { Tensor, tensor } from './tensor.js'
