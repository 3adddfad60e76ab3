export * as activations from './activations/index.js'
export * from './callbacks/index.js'
export * as constraints from './constraints/index.js'
export type { Cifar10, Cifar100 } from './data/cifar.js'
export { parseCifar10, parseCifar100 } from './data/cifar.js'
export type { Batched, Example } from './data/collate.js'
export type { DatasetSource, IterateOptions } from './data/dataset.js'
export { Dataset } from './data/dataset.js'
export type { HostData, HostTensor, NestedNumbers, TensorLike } from './data/host-tensor.js'
export { gatherRows, hostTensor, isHostTensor, sliceRows, stack } from './data/host-tensor.js'
export { parseIdx } from './data/idx.js'
export type { Split, SplitOptions } from './data/labels.js'
export { oneHot, trainTestSplit } from './data/labels.js'
export * from './eager/index.js'
export type { ErrorDetails } from './errors.js'
export {
  ArgumentError,
  BackendError,
  BindingError,
  CancelledError,
  checkOptions,
  DataError,
  DTypeError,
  FileError,
  ShapeError,
  StateError,
  StrataError,
} from './errors.js'
export * as expr from './expr/expr.js'
export type { BinaryOp, UnaryOp } from './expr/program.js'
export type { LoadOptions, SaveOptions } from './files/checkpoint.js'
export { modelFromBytes, modelToBytes, weightsFromBytes, weightsToBytes } from './files/checkpoint.js'
export { fromKerasConfig } from './files/keras-config.js'
export type {
  SafetensorsData,
  SafetensorsDType,
  SafetensorsFile,
  SafetensorsInput,
  SafetensorsTensor,
} from './files/safetensors.js'
export { readSafetensors, writeSafetensors } from './files/safetensors.js'
export { evaluate } from './graph/evaluate.js'
export { grad } from './graph/grad.js'
export * as ops from './graph/ops.js'
export { type CallContext, STEP, Trace } from './graph/trace.js'
export { apply, apply1, constant, input, isNode, type Node, Value } from './graph/value.js'
export { Variable } from './graph/variable.js'
export * as initializers from './initializers/index.js'
export * from './layers/index.js'
export * as losses from './losses/index.js'
export * as metrics from './metrics/index.js'
export { BaseModel } from './models/base.js'
export type { CustomObjects } from './models/from-config.js'
export { cloneModel, modelFromConfig } from './models/from-config.js'
export { Input, InputLayer } from './models/input.js'
export type { ModelOptions } from './models/model.js'
export { Model } from './models/model.js'
export type { SequentialOptions } from './models/sequential.js'
export { Sequential } from './models/sequential.js'
export type { SummaryOptions } from './models/summary.js'
export * as optimizers from './optimizers/index.js'
export { type CompileOptions, compile } from './plan/compile.js'
export type { Graph, Update } from './plan/ir.js'
export { type Plan, planToString, scratchBytes, stepCost, stepSpec } from './plan/plan.js'
export { Philox } from './random/generator.js'
export { philoxBits, philoxUniform, streamOf } from './random/philox.js'
export { getSeed, setSeed } from './random/seed.js'
export * as regularizers from './regularizers/index.js'
export { type DType, f32, i32, type Shape, type TensorSpec } from './tensor-spec.js'
export { TrainingCancelledError } from './training/cancelled.js'
export type {
  BatchInput,
  BatchOptions,
  BatchSource,
  ClassWeight,
  CompileOptions as ModelCompileOptions,
  EvaluateOptions,
  FitOptions,
  PredictOptions,
} from './training/options.js'
export type { Mode } from './training/step.js'
export type { TensorInput } from './training/tensors.js'
export { onWarning } from './training/warn.js'
