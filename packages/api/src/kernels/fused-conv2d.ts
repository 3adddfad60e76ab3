// fusedConv2d: a conv2d with a scalar program on each element of the result (bias, activation, residual).
import { mapProgram } from '../graph/ops.js'
import { apply1 } from '../graph/value.js'
import { f32, sizeOf } from '../tensor-spec.js'
import { conv2d } from './conv2d.js'
import { checkProgram, programFlops } from './map.js'
import type { KernelSpec } from './spec.js'

export const fusedConv2d: KernelSpec<'fusedConv2d'> = {
  name: 'fusedConv2d',
  infer(ins, { program, ...attrs }) {
    const [y] = conv2d.infer(ins.slice(0, 2), attrs)
    checkProgram('fusedConv2d', program, [y, ...ins.slice(2)], y.shape)
    return [f32(y.shape)]
  },
  flops(ins, { program, ...attrs }) {
    const [y] = conv2d.infer(ins.slice(0, 2), attrs)
    return conv2d.flops(ins.slice(0, 2), attrs) + sizeOf(y.shape) * programFlops(program)
  },
  decompose([x, w, ...rest], { program, ...attrs }) {
    const y = apply1('conv2d', [x, w], attrs)
    return mapProgram([y, ...rest], program, y.shape)
  },
}
