// Clipping by norm: the factors that shorten gradients.
import * as E from '../expr/expr.js'
import { add, elementwise } from '../graph/ops.js'
import type { Value } from '../graph/value.js'

/**
 * The factor of each gradient (null: 1), scalars.
 *
 * @param squares the sum of squares of the i-th gradient
 */
export function clipScales(
  { clipNorm, globalClipNorm }: { readonly clipNorm: number | null; readonly globalClipNorm: number | null },
  gradients: number,
  squares: (i: number) => Value,
): readonly (Value | null)[] {
  const all = [...Array(gradients).keys()]
  if (clipNorm !== null) {
    return all.map(i => elementwise([squares(i)], s => E.div(clipNorm, E.max(E.sqrt(s), clipNorm))))
  }
  if (globalClipNorm === null || gradients === 0) return all.map(() => null)
  // Added two by two: one map of all would have as many inputs as there are variables.
  const total = all.map(squares).reduce((a, b) => add(a, b))
  const common = elementwise([total], sum => {
    const norm = E.sqrt(sum)
    // norm - norm: an infinite norm gives NaN, which is seen, not a step of zero.
    return E.add(E.div(globalClipNorm, E.max(norm, globalClipNorm)), E.sub(norm, norm))
  })
  return all.map(() => common)
}
