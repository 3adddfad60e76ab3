// reduce: scalar programs over broadcast inputs, summed or maximised over some axes. Means, losses, norms, bias gradients.
import { ArgumentError } from '../errors.js'
import * as E from '../expr/expr.js'
import { isIdentity } from '../expr/program.js'
import { div, equal, mapExprs, mul, reduceMap, reshape, sum, sumTo } from '../graph/ops.js'
import type { Node, Value } from '../graph/value.js'
import { f32, type Shape, sizeOf } from '../tensor-spec.js'
import { checkProgram, programFlops, programGradient } from './map.js'
import type { KernelSpec } from './spec.js'

/** `shape` with the reduced dimensions set to 1, or removed. */
export const reducedShape = (shape: Shape, axes: readonly number[], keepdims: boolean): number[] =>
  shape.flatMap((d, i) => (axes.includes(i) ? (keepdims ? [1] : []) : [d]))

export const reduce: KernelSpec<'reduce'> = {
  name: 'reduce',
  infer(ins, { op, shape, program, axes, keepdims }) {
    checkProgram('reduce', program, ins, shape)
    axes.forEach((a, i) => {
      if (!Number.isInteger(a) || a < 0 || a >= shape.length || (i > 0 && a <= axes[i - 1])) {
        throw new ArgumentError({
          where: 'reduce',
          what: 'axes',
          expected: `ascending in [0, ${shape.length - 1}]`,
          got: [...axes],
        })
      }
    })
    if (op !== 'sum' && axes.some(a => shape[a] === 0)) {
      throw new ArgumentError({ where: 'reduce', what: `${op} over an empty dimension`, got: [...shape] })
    }
    return program.outs.map(() => f32(reducedShape(shape, axes, keepdims)))
  },
  flops: (_, { shape, program }) => sizeOf(shape) * (programFlops(program) + program.outs.length),
  vjp(node: Node<'reduce'>, dOuts, needs) {
    const { op, shape, program, axes } = node.attrs
    const kept = reducedShape(shape, axes, true)
    const spread = (v: Value): Value => reshape(v, kept)
    let full: (Value | null)[]
    if (op === 'sum') full = dOuts.map(d => (d === null ? null : spread(d)))
    else {
      // Ties share the gradient evenly.
      const values = E.fromProgram(program)
      full = dOuts.map((d, j) => {
        if (d === null) return null
        const [v] = mapExprs(node.ins, [values[j]], shape)
        // The extreme is an element of the very tensor that it is compared with: a program evaluated twice may round
        // differently (contracted or not), and then nothing would equal it.
        const extreme = isIdentity(program) ? spread(node.outs[j]) : reduceMap(op, [v], e => [e], axes, true)[0]
        const mask = equal(v, extreme)
        return mul(div(spread(d), sum(mask, [...axes], true)), mask)
      })
    }
    return node.ins.map((x, i) => {
      if (!needs[i] || x.spec.dtype !== 'float32') return null
      const d = programGradient(
        program,
        node.ins,
        node.outs.map(() => null),
        full,
        i,
        shape,
      )
      return d === null ? null : sumTo(d, x.shape)
    })
  },
}
