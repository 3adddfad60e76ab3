// The WebAssembly emitter: everything that a kernel generator needs.

export type { EmitFeatures } from './body-builder.js'
export { EmitError } from './errors.js'
export { Expression, type Kind } from './expression.js'
export { detectFeatures, type FeatureOptions, type WasmFeatures } from './features.js'
export { F32x4, F64x2 } from './float-vectors.js'
export { F32, F64 } from './floats.js'
export { FunctionBuilder, Label } from './function-builder.js'
export { FunctionHandle, GlobalHandle, type Params } from './handles.js'
export { I32x4, I64x2 } from './integer-vectors.js'
export { I32, I64 } from './integers.js'
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
