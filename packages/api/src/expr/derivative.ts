// Symbolic reverse-mode derivatives of scalar expressions: the one table of derivatives in the project. They are written
// from the output where possible (relu: y > 0), so that an intermediate need not be kept for the backward pass.

import type { Expr } from './expr.js'
import * as E from './expr.js'

/**
 * Gradients of sum_j seeds[j] * outs[j] with respect to inputs 0..inputs-1.
 * Conventions at ties and kinks are those of docs/architecture.md (relu'(0) = 0, max tie 1/2 each, abs'(0) = 0).
 */
export function gradient(outs: readonly Expr[], seeds: readonly Expr[], inputs: number): Expr[] {
  const order: Expr[] = []
  const seen = new Set<Expr>()
  const visit = (e: Expr): void => {
    if (seen.has(e)) return
    seen.add(e)
    e.args.forEach(visit)
    order.push(e)
  }
  outs.forEach(visit)

  const adjoint = new Map<Expr, Expr>()
  const accumulate = (e: Expr, d: Expr): void => {
    const old = adjoint.get(e)
    adjoint.set(e, old === undefined ? d : E.add(old, d))
  }
  outs.forEach((o, j) => {
    accumulate(o, seeds[j])
  })
  for (let i = order.length - 1; i >= 0; i--) {
    const e = order[i]
    const d = adjoint.get(e)
    if (d === undefined || e.args.length === 0) continue
    const partials = chain(e, d)
    e.args.forEach((a, k) => {
      const p = partials[k]
      if (p !== null) accumulate(a, p)
    })
  }
  return Array.from({ length: inputs }, (_, i) => adjoint.get(E.arg(i)) ?? E.constant(0))
}

/** d times the partial derivatives of e with respect to each of its arguments; null where it is zero everywhere. */
function chain(e: Expr, d: Expr): (Expr | null)[] {
  const [a, b] = e.args
  switch (e.op) {
    case 'in':
    case 'const':
      return []
    case 'neg':
      return [E.neg(d)]
    case 'abs':
      return [E.mul(d, E.sign(a))]
    case 'sign':
    case 'floor':
    case 'ceil':
    case 'round':
    case 'not':
      return [null]
    case 'sqrt':
      return [E.div(E.mul(d, 0.5), e)]
    case 'rsqrt':
      return [E.mul(E.mul(d, -0.5), E.div(e, a))]
    case 'exp':
      return [E.mul(d, e)]
    case 'expm1':
      return [E.mul(d, E.add(e, 1))]
    case 'log':
      return [E.div(d, a)]
    case 'log1p':
      return [E.div(d, E.add(a, 1))]
    case 'tanh':
      return [E.mul(d, E.sub(1, E.mul(e, e)))]
    case 'sigmoid':
      return [E.mul(d, E.mul(e, E.sub(1, e)))]
    case 'erf':
      return [E.mul(d, E.mul(2 / Math.sqrt(Math.PI), E.exp(E.neg(E.mul(a, a)))))]
    case 'sin':
      return [E.mul(d, E.cos(a))]
    case 'cos':
      return [E.neg(E.mul(d, E.sin(a)))]
    case 'relu':
      return [E.select(E.gt(e, 0), d, 0)]
    case 'add':
      return [d, d]
    case 'sub':
      return [d, E.neg(d)]
    case 'mul':
      return [E.mul(d, b), E.mul(d, a)]
    case 'div':
      return [E.div(d, b), E.neg(E.div(E.mul(d, e), b))]
    case 'max':
    case 'min': {
      const wins = (x: Expr, y: Expr): Expr => (e.op === 'max' ? E.gt(x, y) : E.lt(x, y))
      const half = E.mul(d, 0.5)
      return [
        E.select(wins(a, b), d, E.select(E.eq(a, b), half, 0)),
        E.select(wins(b, a), d, E.select(E.eq(a, b), half, 0)),
      ]
    }
    case 'pow': {
      const da = E.mul(d, E.mul(b, E.pow(a, E.sub(b, 1))))
      // d/db a^b = a^b log a, taken as 0 where a <= 0 (as JAX and TensorFlow do at a = 0).
      const db =
        b.op === 'const' ? null : E.mul(d, E.select(E.gt(a, 0), E.mul(e, E.log(E.select(E.gt(a, 0), a, 1))), 0))
      return [da, db]
    }
    case 'select':
      return [null, E.select(a, d, 0), E.select(a, 0, d)]
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
    case 'eq':
    case 'ne':
    case 'and':
    case 'or':
      return [null, null]
    default:
      return e.op satisfies never
  }
}
