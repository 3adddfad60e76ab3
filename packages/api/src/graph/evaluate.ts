// Evaluates a graph once: compiles, loads, runs, reads, frees. For tests, tools and one-off computations.
import type { Backend, Buffer } from '../backend.js'
import { BindingError } from '../errors.js'
import { compile } from '../plan/compile.js'
import type { Graph } from '../plan/ir.js'
import { bytesOf } from '../tensor-spec.js'

export type Feeds = Readonly<Record<string, Float32Array | Int32Array>>
export type Results = Record<string, Float32Array | Int32Array>

/**
 * Runs a graph on a backend.
 *
 * @param feeds elements of every input by name
 * @returns elements of every output, and of every updated input after the run
 * @example const { y } = await evaluate(await cpu(), { outputs: { y: relu(input('x', f32([3]))) } }, { x: new Float32Array([-1, 0, 1]) })
 */
export async function evaluate(
  backend: Backend,
  graph: Graph,
  feeds: Feeds,
  options: { readonly fuse?: boolean } = {},
): Promise<Results> {
  const plan = compile(graph, {
    supports: s => backend.supports(s),
    linearMemory: backend.linearMemory,
    fuse: options.fuse,
  })
  const executable = await backend.load(plan)
  const buffers: Record<string, Buffer> = {}
  try {
    for (const [name, t] of Object.entries(plan.bind)) buffers[name] = backend.alloc(bytesOf(plan.tensors[t].spec))
    const wanted = new Set(Object.keys(graph.outputs))
    for (const u of graph.updates ?? []) if (u.target.producer.kernel === 'input') wanted.add(u.target.producer.name)
    for (const name of Object.keys(plan.bind)) {
      if (name in graph.outputs) continue
      const data = feeds[name]
      if (data === undefined)
        throw new BindingError({ where: 'evaluate', what: `input '${name}' has no feed`, got: Object.keys(feeds) })
      const n = bytesOf(plan.tensors[plan.bind[name]].spec) / 4
      if (data.length !== n)
        throw new BindingError({
          where: 'evaluate',
          what: `elements of input '${name}'`,
          expected: n,
          got: data.length,
        })
      backend.write(buffers[name], data)
    }
    executable.run(buffers)
    const results: Results = {}
    for (const name of wanted) {
      const { dtype } = plan.tensors[plan.bind[name]].spec
      results[name] = dtype === 'int32' ? await backend.readInt32(buffers[name]) : await backend.read(buffers[name])
    }
    return results
  } finally {
    for (const b of Object.values(buffers)) b.dispose()
    executable.dispose()
  }
}
