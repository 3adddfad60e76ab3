// Walks broadcast operands element by element: the plain loop that tests compare with.
import { broadcastStrides, sizeOf } from '@strata/api/backend'

/** Calls `visit` with every index of `shape` and each operand's offset. */
export function eachElement(
  shape: readonly number[],
  operands: readonly (readonly number[])[],
  visit: (i: number, offsets: number[]) => void,
): void {
  const strides = operands.map(s => broadcastStrides(s, shape))
  const n = sizeOf(shape)
  for (let i = 0; i < n; i++) {
    const offsets = strides.map(() => 0)
    let rest = i
    for (let d = shape.length - 1; d >= 0; d--) {
      const digit = rest % shape[d]
      rest = Math.floor(rest / shape[d])
      strides.forEach((s, k) => {
        offsets[k] += digit * s[d]
      })
    }
    visit(i, offsets)
  }
}
