// Immediates of vector instructions: constants and shuffles.

import { EmitError } from './errors.js'
import { laneIndex } from './expression.js'

/** The 16 byte selectors of a shuffle of four 32-bit lanes; 0-3 of the first vector, 4-7 of the second. */
export function shuffleBytes(lanes: readonly [number, number, number, number]): Uint8Array {
  const bytes = new Uint8Array(16)
  lanes.forEach((lane, i) => {
    laneIndex(lane, 8)
    for (let b = 0; b < 4; b++) bytes[i * 4 + b] = lane * 4 + b
  })
  return bytes
}

/** The 16 bytes of a vector constant. */
export const bytesOf = (values: Float32Array | Int32Array | BigInt64Array | Float64Array): Uint8Array => {
  if (values.byteLength !== 16) throw new EmitError('v128.const', 'bytes', '16', values.byteLength)
  return new Uint8Array(values.buffer, values.byteOffset, 16).slice()
}
