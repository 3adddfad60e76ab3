// Graphs to plans without any optimisation: one step a node, one slot a tensor. What a graph means, independent of the
// compiler that the suite tests.
import { apply, isNode, type Node, type Value } from '@strata/api'
import {
  bytesOf,
  type KernelName,
  type Plan,
  type PlanTensor,
  type Slot,
  type Step,
  type StepSpec,
  specOf,
} from '@strata/api/backend'

/**
 * Lowers a graph to a plan that binds its inputs and `outputs` by name.
 *
 * @param outputs result names; they must differ from the inputs' names
 * @param keep which optional steps stay as they are; default: every one is decomposed
 */
export function lower(outputs: Readonly<Record<string, Value>>, keep: (s: StepSpec) => boolean = () => false): Plan {
  const slots: Slot[] = []
  const tensors: PlanTensor[] = []
  const steps: Step[] = []
  const bind: Record<string, number> = {}
  const constants: { tensor: number; data: readonly number[] }[] = []
  const decomposed: string[] = []
  const known = new Map<Value, number>()

  const tensor = (v: Value, kind: Slot['kind']): number => {
    slots.push({ bytes: bytesOf(v.spec), kind })
    return tensors.push({ spec: v.spec, slot: slots.length - 1 }) - 1
  }
  const leaf = (v: Value): number => {
    if (v.producer.kernel === 'input') {
      const t = tensor(v, 'bound')
      bind[(v.producer as { name: string }).name] = t
      return t
    }
    const t = tensor(v, 'constant')
    constants.push({ tensor: t, data: (v.producer as { data: readonly number[] }).data })
    return t
  }
  const node = (n: Node): void => {
    const ins = n.ins.map(visit)
    const spec: StepSpec = {
      kernel: n.kernel,
      attrs: n.attrs,
      ins: n.ins.map(v => v.spec),
      outs: n.outs.map(v => v.spec),
    }
    const decompose = specOf<KernelName>(n.kernel).decompose
    if (decompose === undefined || keep(spec)) {
      const outs = n.outs.map(v => tensor(v, 'scratch'))
      n.outs.forEach((v, i) => {
        known.set(v, outs[i])
      })
      steps.push({ kernel: n.kernel, attrs: n.attrs, ins, outs })
      return
    }
    decomposed.push(n.kernel)
    decompose(n.ins, n.attrs).forEach((v, i) => {
      known.set(n.outs[i], visit(v))
    })
  }
  // Recursive: the graphs of the suite are shallow.
  const visit = (v: Value): number => {
    const found = known.get(v)
    if (found !== undefined) return found
    if (isNode(v.producer)) node(v.producer)
    else known.set(v, leaf(v))
    return known.get(v)!
  }
  for (const [name, v] of Object.entries(outputs)) {
    // A copy of its own: the value may be an input, or go by two names.
    const source = visit(v)
    const t = tensor(v, 'bound')
    bind[name] = t
    steps.push({ kernel: 'copy', attrs: {}, ins: [source], outs: [t] })
  }
  return { slots, tensors, steps, bind, constants, report: { fused: [], decomposed } }
}

/** The plan of a single step: inputs bound as in0, in1, ..., outputs as out0, out1, ... */
export function stepPlan(s: StepSpec): Plan {
  const specs = [...s.ins, ...s.outs]
  const names = [...s.ins.map((_, i) => `in${i}`), ...s.outs.map((_, i) => `out${i}`)]
  return {
    slots: specs.map(spec => ({ bytes: bytesOf(spec), kind: 'bound' })),
    tensors: specs.map((spec, slot) => ({ spec, slot })),
    steps: [
      {
        kernel: s.kernel,
        attrs: s.attrs,
        ins: s.ins.map((_, i) => i),
        outs: s.outs.map((_, i) => s.ins.length + i),
      },
    ],
    bind: Object.fromEntries(names.map((name, t) => [name, t])),
    constants: [],
    report: { fused: [], decomposed: [] },
  }
}

/** A kernel over inputs, with what it is inferred to give. */
export const stepOf = <K extends KernelName>(
  kernel: K,
  attrs: StepSpec<K>['attrs'],
  ins: StepSpec['ins'],
): StepSpec<K> => ({ kernel, attrs, ins, outs: specOf(kernel).infer(ins, attrs) })

/** A kernel over values: the outputs of `apply`, by name. */
export function namedOutputs(
  kernel: KernelName,
  ins: readonly Value[],
  attrs: StepSpec['attrs'],
): Record<string, Value> {
  return Object.fromEntries(apply(kernel, ins, attrs).map((v, i) => [`out${i}`, v]))
}
