// slice: a strided box of elements. Cropping, splitting, reversing.
import { ArgumentError } from '../errors.js'
import { pad, reshape, slice as sliced } from '../graph/ops.js'
import type { Node, Value } from '../graph/value.js'
import { checkArity, checkDim, type KernelSpec } from './spec.js'

export const slice: KernelSpec<'slice'> = {
  name: 'slice',
  infer(ins, { begin, size, strides }) {
    checkArity('slice', ins, 1)
    const { shape, dtype } = ins[0]
    for (const [what, v] of Object.entries({ begin, size, strides }))
      checkDim('slice', `length of ${what}`, shape.length, v.length)
    shape.forEach((d, i) => {
      const last = begin[i] + (size[i] - 1) * strides[i]
      const whole = [begin[i], size[i], strides[i]].every(Number.isInteger) && strides[i] !== 0 && size[i] >= 0
      if (!whole || (size[i] > 0 && (begin[i] < 0 || begin[i] >= d || last < 0 || last >= d))) {
        throw new ArgumentError({
          where: 'slice',
          what: `begin, size, stride of dimension ${i}`,
          expected: `elements within [0, ${d - 1}]`,
          got: [begin[i], size[i], strides[i]],
        })
      }
    })
    return [{ shape: size, dtype }]
  },
  flops: () => 0,
  vjp(node: Node<'slice'>, [d]) {
    if (d === null) return [null]
    const { begin, size, strides } = node.attrs
    let g: Value = d
    const shape = node.ins[0].shape
    // Reverse dimensions of negative stride, spread dimensions of larger stride by interleaving zeros, then pad.
    if (strides.some(s => s < 0)) {
      g = sliced(
        g,
        size.map((n, i) => (strides[i] < 0 ? n - 1 : 0)),
        size,
        strides.map(s => (s < 0 ? -1 : 1)),
      )
    }
    shape.forEach((_, i) => {
      const s = Math.abs(strides[i])
      if (s === 1 || size[i] === 0) return
      const [lead, rest] = [g.shape.slice(0, i + 1), g.shape.slice(i + 1)]
      const spread = pad(
        reshape(g, [...lead, 1, ...rest]),
        [...lead, 1, ...rest].map((_, j) => (j === i + 1 ? [0, s - 1] : [0, 0])),
      )
      const joined = [...g.shape.slice(0, i), g.shape[i] * s, ...rest]
      const cut = joined.map((n, j) => (j === i ? n - (s - 1) : n))
      g = sliced(
        reshape(spread, joined),
        joined.map(() => 0),
        cut,
      )
    })
    const first = begin.map((b, i) => (strides[i] < 0 ? b + (size[i] - 1) * strides[i] : b))
    return [
      pad(
        g,
        shape.map((n, i) => [first[i], n - first[i] - g.shape[i]]),
      ),
    ]
  },
}
