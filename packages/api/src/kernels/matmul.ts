// matmul: matrix products over the last two dimensions. Dense layers, 1x1 convolutions.
import { ShapeError } from '../errors.js'
import { matmul as product } from '../graph/ops.js'
import type { Node } from '../graph/value.js'
import { f32, sameShape, sizeOf } from '../tensor-spec.js'
import { checkArity, checkDim, checkDType, type KernelSpec } from './spec.js'

export const matmul: KernelSpec<'matmul'> = {
  name: 'matmul',
  infer(ins, { transposeA, transposeB }) {
    checkArity('matmul', ins, 2)
    const [a, b] = ins
    ins.forEach((s, i) => {
      checkDType('matmul', 'ab'[i], s, 'float32')
      if (s.shape.length < 2)
        throw new ShapeError({ where: 'matmul', what: `rank of ${'ab'[i]}`, expected: 'at least 2', got: [...s.shape] })
    })
    const [leadA, leadB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)]
    if (!sameShape(leadA, leadB))
      throw new ShapeError({ where: 'matmul', what: 'leading dimensions', expected: leadA, got: leadB })
    const [m, k] = transposeA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!]
    const [kb, n] = transposeB ? [b.shape.at(-1)!, b.shape.at(-2)!] : [b.shape.at(-2)!, b.shape.at(-1)!]
    checkDim('matmul', 'inner dimension of b', k, kb)
    return [f32([...leadA, m, n])]
  },
  flops([a, b], { transposeA, transposeB }) {
    const k = a.shape.at(transposeA ? -2 : -1)!
    return 2 * sizeOf(a.shape) * (b.shape.at(transposeB ? -2 : -1) ?? 1) * (k > 0 ? 1 : 0)
  },
  vjp(node: Node<'matmul'>, [d], needs) {
    if (d === null) return [null, null]
    const [a, b] = node.ins
    const { transposeA: ta, transposeB: tb } = node.attrs
    const da = ta ? () => product(b, d, { transposeA: tb, transposeB: true }) : () => product(d, b, { transposeB: !tb })
    const db = tb ? () => product(d, a, { transposeA: true, transposeB: ta }) : () => product(a, d, { transposeA: !ta })
    return [needs[0] ? da() : null, needs[1] ? db() : null]
  },
}
