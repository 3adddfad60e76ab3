// fusedMatmul: a matrix product with a scalar program on each element of the result (bias, activation, residual).
import { mapProgram } from '../graph/ops.js'
import { apply1 } from '../graph/value.js'
import { f32, sizeOf } from '../tensor-spec.js'
import { checkProgram, programFlops } from './map.js'
import { matmul } from './matmul.js'
import type { KernelSpec } from './spec.js'

export const fusedMatmul: KernelSpec<'fusedMatmul'> = {
  name: 'fusedMatmul',
  infer(ins, { program, ...attrs }) {
    const [y] = matmul.infer(ins.slice(0, 2), attrs)
    checkProgram('fusedMatmul', program, [y, ...ins.slice(2)], y.shape)
    return [f32(y.shape)]
  },
  flops(ins, { program, ...attrs }) {
    const [y] = matmul.infer(ins.slice(0, 2), attrs)
    return matmul.flops(ins.slice(0, 2), attrs) + sizeOf(y.shape) * programFlops(program)
  },
  decompose([a, b, ...rest], { program, ...attrs }) {
    const y = apply1('matmul', [a, b], attrs)
    return mapProgram([y, ...rest], program, y.shape)
  },
}
