// The compiler: graph -> plan, in stages that each have a file.
import { fuse as fuseNodes, simplify } from './fuse.js'
import { type Graph, importGraph } from './ir.js'
import type { Plan, StepSpec } from './plan.js'
import { schedule } from './schedule.js'
import { planSlots } from './slots.js'

export interface CompileOptions {
  /** Whether the backend implements a step of an optional kernel; others are decomposed. */
  supports(s: StepSpec): boolean
  /** Whether memory is linear, so that reshapes are views. */
  readonly linearMemory: boolean
  /** False leaves out fusion, to compare with. Default true. */
  readonly fuse?: boolean
}

/**
 * Compiles a graph for a backend. Inputs are the leaves that the results depend on, bound by their names.
 *
 * @throws ArgumentError for leaves of one name, updates of no leaf or of another shape
 * @example const plan = compile({ outputs: { y }, updates: [{ target: w, value: sub(w, dw) }] }, backend)
 */
export function compile(graph: Graph, options: CompileOptions): Plan {
  const supports = (s: StepSpec): boolean => options.supports(s)
  const ir = importGraph(graph, supports)
  simplify(ir)
  if (options.fuse ?? true) {
    fuseNodes(ir, supports)
    // What is left of a chain may change nothing.
    simplify(ir)
  }
  schedule(ir)
  return planSlots(ir, options.linearMemory)
}
