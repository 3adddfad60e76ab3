export type {
  SafetensorsData,
  SafetensorsDType,
  SafetensorsFile,
  SafetensorsInput,
  SafetensorsTensor,
} from './files/safetensors.js'
export { readSafetensors, writeSafetensors } from './files/safetensors.js'
export { Philox } from './random/generator.js'
export { philoxBits, philoxUniform, streamOf } from './random/philox.js'
