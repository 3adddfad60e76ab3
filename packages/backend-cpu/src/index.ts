// @strata/backend-cpu: WebAssembly SIMD, for Node and browsers. Importing has no side effect; `./register` makes this
// backend the program's default.
export { type CpuBackend, type CpuOptions, cpu } from './backend.js'
