// What is done to each sum before it is stored: the scalar program of the fused kernels.
import { type ScalarProgram, type StepSpec, sameShape, sizeOf } from '@strata/api/backend'
import { translate } from '../translate.js'
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

type FusedStep = StepSpec<'fusedMatmul'> | StepSpec<'fusedConv2d'> | StepSpec<'fusedDepthwiseConv2d'>

/** How the operands of a fused step lie; undefined if one of them lies otherwise (a row, an image), or is not float32. */
function operandKinds({ ins, outs: [{ shape }] }: FusedStep): OperandKind[] | undefined {
  const kinds: OperandKind[] = []
  for (const { shape: own, dtype } of ins.slice(2)) {
    if (dtype !== 'float32') return undefined
    if (sizeOf(own) === 1) kinds.push('scalar')
    else if (sameShape(own, shape)) kinds.push('full')
    else if (own.at(-1) === shape.at(-1) && sizeOf(own) === own.at(-1)) kinds.push('channel')
    else return undefined
  }
  return kinds
}

/** Whether a fused step's operands all lie in a way that an epilogue reads. */
export const supportsEpilogue = (s: FusedStep): boolean => operandKinds(s) !== undefined

/** The epilogue of a fused step that `supportsEpilogue`. */
export function epilogueOf(s: FusedStep): Epilogue {
  const operands = operandKinds(s)
  if (operands === undefined) throw new RangeError(`${s.kernel}: an operand that supports() refuses`)
  const program: ScalarProgram = s.attrs.program
  return {
    key: JSON.stringify([operands, program]),
    operands,
    apply: (f, sum, values) => translate(f, program, [sum, ...values])[0],
  }
}
