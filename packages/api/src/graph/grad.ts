// Reverse-mode differentiation of graphs: walks nodes from the last to the first and lets each kernel's own vjp rule build
// the gradient's nodes.
import { ArgumentError } from '../errors.js'
import { specOf } from '../kernels/index.js'
import { showSpec } from '../tensor-spec.js'
import { add, fill } from './ops.js'
import { isNode, type Node, type Value } from './value.js'

/**
 * Gradients of `sum(output * upstream)` with respect to `wrt`; zeros where nothing depends on them.
 *
 * @param output any float32 value; without `upstream` it must be a scalar (its gradient starts at 1)
 * @throws ArgumentError if a node on the path has no gradient, or output is no scalar
 * @example const [dw] = grad(loss, [w])
 */
export function grad(output: Value, wrt: readonly Value[], upstream?: Value): Value[] {
  if (upstream === undefined && output.rank !== 0) {
    throw new ArgumentError({
      where: 'grad',
      what: 'output without upstream',
      expected: 'a scalar',
      got: showSpec(output.spec),
    })
  }
  const nodes = nodesTowards(output, new Set(wrt))
  const adjoint = new Map<Value, Value>()
  adjoint.set(output, upstream ?? fill([], 1))
  for (const node of nodes.order) {
    const dOuts = node.outs.map(o => adjoint.get(o) ?? null)
    if (dOuts.every(d => d === null)) continue
    const needs = node.ins.map(v => nodes.depends.has(v))
    const dIns = vjp(node, dOuts, needs)
    node.ins.forEach((v, i) => {
      const d = dIns[i]
      if (d === null || d === undefined || !needs[i]) return
      const old = adjoint.get(v)
      adjoint.set(v, old === undefined ? d : add(old, d))
    })
  }
  return wrt.map(v => adjoint.get(v) ?? fill(v.shape, 0))
}

function vjp(node: Node, dOuts: readonly (Value | null)[], needs: readonly boolean[]): readonly (Value | null)[] {
  const spec = specOf(node.kernel)
  if (spec.vjp !== undefined) return spec.vjp(node, dOuts, needs)
  if (node.outs.every(o => o.spec.dtype === 'int32')) return node.ins.map(() => null)
  throw new ArgumentError({ where: 'grad', what: `kernel ${node.kernel} has no gradient` })
}

/** Nodes between `wrt` and `output`, last first, and the values that depend on `wrt` (itself included). */
function nodesTowards(output: Value, wrt: ReadonlySet<Value>): { order: Node[]; depends: Set<Value> } {
  const depends = new Set<Value>()
  const visited = new Set<Value>()
  const done = new Set<Node>()
  const order: Node[] = []
  // Iterative depth-first post-order: deep networks must not overflow the stack.
  const stack: [Value, boolean][] = [[output, false]]
  while (stack.length > 0) {
    const [v, expanded] = stack.pop()!
    const p = v.producer
    if (!expanded) {
      if (visited.has(v)) continue
      visited.add(v)
      stack.push([v, true])
      if (isNode(p)) for (const i of p.ins) if (!visited.has(i)) stack.push([i, false])
      continue
    }
    if (wrt.has(v) || (isNode(p) && p.ins.some(i => depends.has(i)))) depends.add(v)
    if (isNode(p) && depends.has(v) && p.ins.some(i => depends.has(i)) && !done.has(p)) {
      done.add(p)
      order.push(p)
    }
  }
  return { order: order.reverse(), depends }
}
