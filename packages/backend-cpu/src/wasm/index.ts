// The WebAssembly emitter: everything that a kernel generator needs.

export { EmitError } from './errors.js'
export { Expression, type Kind } from './expression.js'
export { detectFeatures, type FeatureOptions, type WasmFeatures } from './features.js'
export { type EmitFeatures, FunctionBuilder, Label } from './function-builder.js'
export { FunctionHandle, GlobalHandle, type Params } from './handles.js'
export {
  type ExpressionOf,
  LocalF32,
  LocalF32x4,
  LocalF64,
  LocalF64x2,
  LocalI32,
  LocalI32x4,
  LocalI64,
  LocalI64x2,
  type LocalOf,
  type ValueOf,
} from './locals.js'
export { type MemoryImport, ModuleBuilder, type ModuleOptions } from './module-builder.js'
export { F32, F64, I32, I64 } from './scalars.js'
export { F32x4, F64x2, I32x4, I64x2 } from './vectors.js'
