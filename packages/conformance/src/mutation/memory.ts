// Planted bugs of memory and time: writes outside, slots, missing initialisation, runs that differ.
import type { AttrsOf, KernelName } from '@strata/api/backend'
import type { HostData } from '../cases/data.js'
import type { StepHooks, StepwiseBuffer } from '../stepwise.js'
import { transposeNaively } from './kernels.js'
import { type Mutation, onGraphs, onKernels } from './mutation.js'
import { dropUpdates, forceInPlace, reuseTooEarly } from './plans.js'

/** Changes what lies behind the outputs of steps of a kernel whose size is no multiple of four. */
function overrun(kernel: KernelName): StepHooks {
  let overrun = false
  return {
    after({ spec, outs }) {
      overrun ||= spec.kernel === kernel && outs[0].length % 4 !== 0
    },
    afterRun(buffers, bind) {
      const next = buffers[buffers.indexOf(bind.out0) + 1]
      if (overrun && next !== undefined) next.bits[0] = 0
      overrun = false
    },
  }
}
/** Adds to what was there. */
const accumulates = (kernel: KernelName): StepHooks => ({
  after({ spec, old, outs }) {
    if (spec.kernel === kernel) outs[0].set(outs[0].map((v: number, i: number) => v + old[0][i]) as never)
  },
})
/** One unit in the last place, in every second run. */
const wavers = (kernel: KernelName): StepHooks => ({
  after({ spec, outs, run }) {
    if (spec.kernel === kernel && run % 2 === 1) {
      outs[0].set(outs[0].map((v: number) => v * (1 + 2 ** -23)) as never)
    }
  },
})
const halfWritten = (d: HostData, old: HostData): void => {
  d.set(old.subarray(d.length - 1) as never, d.length - 1)
}

export const MEMORY: readonly Mutation[] = [
  {
    name: 'a convolution writes a whole vector where a part belongs',
    hooks: () => overrun('conv2d'),
    seen: onKernels('conv2d'),
  },
  {
    name: 'the last element of an odd row is not written',
    hooks: () => ({
      after({ spec: { kernel }, outs, old }) {
        if (kernel === 'map' && outs[0].length % 2 === 1) halfWritten(outs[0], old[0])
      },
    }),
    seen: onKernels('map'),
  },
  {
    name: 'a filter gradient adds to memory that was not cleared',
    hooks: () => accumulates('conv2dFilterGrad'),
    seen: onKernels('conv2dFilterGrad'),
  },
  {
    name: 'a reduction adds to what its scratch memory held, which is 0 at first',
    hooks: () => {
      // Sums of earlier runs, by plan and step.
      const sums = new Map<string, HostData>()
      return {
        after({ spec: { kernel, attrs }, plan, index, outs: [out] }) {
          if (kernel !== 'reduce' || (attrs as AttrsOf<'reduce'>).op !== 'sum') return
          if (plan.slots[plan.tensors[plan.steps[index].outs[0]].slot].kind !== 'scratch') return
          const key = `${JSON.stringify(plan.bind)} ${index}`
          const before = sums.get(key)
          if (before !== undefined) out.set(out.map((v: number, i: number) => v + before[i]) as never)
          sums.set(key, out.slice())
        },
      }
    },
    seen: onGraphs(/^compiled/),
  },
  {
    name: 'a step writes to its input',
    hooks: () => ({
      after({ spec: { kernel }, shared }) {
        if (kernel === 'softmax' && shared[0].length > 0) shared[0][0] = 0
      },
    }),
    seen: onKernels('softmax'),
  },
  {
    name: 'a transposition works in place',
    hooks: () => ({
      plan: plan => forceInPlace(plan, ['transpose']),
      instead: s => s.spec.kernel === 'transpose' && transposeNaively(s),
    }),
    seen: onGraphs(/metamorphic a product of transposes/),
  },
  {
    name: 'a slot is used again before its last reader',
    hooks: () => ({ plan: reuseTooEarly }),
    seen: onGraphs(/^compiled/),
  },
  {
    name: 'results depend on the run',
    hooks: () => wavers('matmul'),
    seen: c => onKernels('matmul')(c) && c.tier === 'determinism',
  },
  {
    name: 'moving statistics stay what they were',
    hooks: () => ({ plan: plan => dropUpdates(plan, /moving/i) }),
    seen: onGraphs(/golden layers\/batchnormalization/),
  },
  {
    name: 'kernels are not updated by the first plan that trains them',
    hooks: () => {
      let first = true
      return {
        plan(plan) {
          if (!first || dropUpdates(plan, /kernel/) === plan) return plan
          first = false
          return dropUpdates(plan, /kernel/)
        },
      }
    },
    seen: onGraphs(/^trajectory/),
  },
  {
    name: 'a run leaves memory behind',
    hooks: () => ({
      afterRun(buffers: readonly StepwiseBuffer[]) {
        buffers[0]?.owner.alloc(4)
      },
    }),
    seen: onKernels('reshape'),
  },
]
