// What is done to each sum before it is stored: the scalar program of the fused kernels.
import type { F32x4, FunctionBuilder, LocalF32x4 } from '../wasm/index.js'

/** How an operand of the epilogue lies: one number, one for each column (channel), or one for each element of the output. */
export type OperandKind = 'scalar' | 'channel' | 'full'

export interface Epilogue {
  /** All that the emitted code depends on. */
  readonly key: string
  readonly operands: readonly OperandKind[]
  /** The new value of four sums; `operands` hold the values that belong to them. */
  apply(f: FunctionBuilder, sum: LocalF32x4, operands: readonly LocalF32x4[]): F32x4
}
