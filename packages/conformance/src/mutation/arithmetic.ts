// Planted bugs of arithmetic: precision, formulas, special values, random numbers.
import type { AttrsOf, KernelName, ScalarProgram } from '@strata/api/backend'
import type { HostData } from '../cases/data.js'
import type { StepHooks } from '../stepwise.js'
import { keepBits, onePassMoments, softmaxWithoutShift } from './kernels.js'
import { type Mutation, onGraphs, onKernels, PRODUCTS } from './mutation.js'
import { baseOf, changeConstants, changePrograms, constantAt, rewrite } from './plans.js'

/** Operands of products with so many bits. */
const rounded = (bits: number, range: (v: number) => number = v => v): StepHooks => ({
  inputs: ({ kernel }, ins) =>
    PRODUCTS.includes(baseOf(kernel))
      ? ins.map((d, i) => (i < 2 ? (d.map((v: number) => range(keepBits(bits)(v))) as HostData) : d))
      : ins,
})
const HALF = 65504
const isSmall = (c: number): boolean => c > 0 && c <= 1e-2

/** 1 / (sqrt(v) + e) for 1 / sqrt(v + e). */
export const epsilonOutside = (p: ScalarProgram): ScalarProgram =>
  rewrite(p, ({ instruction: [op, v], code, emit, at }) => {
    if (op !== 'rsqrt' || code[v as number][0] !== 'add') return undefined
    const [, a, e] = code[v as number] as readonly ['add', number, number]
    if (!isSmall(constantAt(code, e))) return undefined
    const root = emit(['add', emit(['sqrt', at(a)]), at(e)])
    return emit(['div', emit(['const', 1]), root])
  })

/** sqrt(v + e) for sqrt(v) + e. */
export const epsilonInside = (p: ScalarProgram): ScalarProgram =>
  rewrite(p, ({ instruction: [op, root, e], code, emit, at }) => {
    if (op !== 'add' || code[root as number][0] !== 'sqrt' || !isSmall(constantAt(code, e as number))) return undefined
    return emit(['sqrt', emit(['add', at(code[root as number][1] as number), at(e as number)])])
  })

/** Decays the weights after the step instead of before it: w' - w' d for (w - w d) - step. */
export const decayAfter = (p: ScalarProgram): ScalarProgram => {
  const inputOf = (i: number): boolean => p.code[i][0] === 'in'
  /** Of w - w d: [w, d]. */
  const decay = (i: number): readonly [number, number] | null => {
    const [op, w, wd] = p.code[i]
    if (op !== 'sub' || !inputOf(w as number)) return null
    const [mul, a, b] = p.code[wd as number]
    if (mul !== 'mul' || (a !== w && b !== w)) return null
    const d = (a === w ? b : a) as number
    return inputOf(d) ? [w as number, d] : null
  }
  return rewrite(p, ({ instruction: [op, decayed, step], isOutput, emit, at }) => {
    if (op !== 'sub' || !isOutput) return undefined
    const found = decay(decayed as number)
    if (found === null) return undefined
    const stepped = emit(['sub', at(found[0]), at(step as number)])
    return emit(['sub', stepped, emit(['mul', stepped, at(found[1])])])
  })
}

const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-9
/** The shares of a moving average, the other way round. */
export const swapMomentum = (c: number, all: readonly number[]): number =>
  c > 0 && c < 1 && c !== 0.5 && all.some(other => near(other, 1 - c)) ? 1 - c : c
/** Label smoothing that adds s instead of s / K. */
export const wholeSmoothing = (c: number, all: readonly number[]): number => {
  const kept = all.find(k => k >= 0.5 && k < 1)
  return kept !== undefined && c > 0 && c < 1 - kept ? 1 - kept : c
}

const MOVEMENT: readonly KernelName[] = ['transpose', 'slice', 'pad', 'concat', 'gather', 'reshape', 'copy']
const flush = (v: number): number => (Math.abs(v) < 2 ** -126 ? 0 : v)

export const ARITHMETIC: readonly Mutation[] = [
  { name: 'operands of products are rounded to TF32', hooks: () => rounded(11), seen: onKernels(...PRODUCTS) },
  {
    name: 'operands of products are rounded to float16',
    hooks: () => rounded(11, v => Math.min(Math.max(v, -HALF), HALF)),
    seen: onKernels(...PRODUCTS),
  },
  { name: 'operands of products are rounded to bfloat16', hooks: () => rounded(8), seen: onKernels(...PRODUCTS) },
  {
    name: 'the exponential is right to 16 bits',
    hooks: () => ({
      after({ spec, outs }) {
        const { program } = spec.attrs as { readonly program?: ScalarProgram }
        if (program?.code.some(([op]) => op === 'exp')) outs[0].set(outs[0].map(keepBits(16)) as never)
      },
    }),
    seen: onKernels('map'),
  },
  {
    name: 'variance in one pass: E[x^2] - E[x]^2',
    hooks: () => ({ instead: s => s.spec.kernel === 'moments' && onePassMoments(s) }),
    seen: onKernels('moments'),
  },
  {
    name: "variance with Bessel's correction",
    hooks: () => ({
      after({ spec: { kernel }, ins, outs }) {
        if (kernel !== 'moments') return
        const n = ins[0].length / outs[0].length
        outs[1].set(outs[1].map((v: number) => (n > 1 ? (v * n) / (n - 1) : v)) as never)
      },
    }),
    seen: onKernels('moments'),
  },
  {
    name: 'softmax does not subtract the maximum',
    hooks: () => ({ instead: s => s.spec.kernel === 'softmax' && softmaxWithoutShift(s) }),
    seen: onKernels('softmax'),
  },
  {
    name: 'a sum leaves out the last partial block of four',
    hooks: () => ({
      inputs({ kernel, attrs, ins: [x] }, ins) {
        const whole = kernel === 'reduce' && (attrs as AttrsOf<'reduce'>).axes.length === x?.shape.length
        if (whole) ins[0].fill(0, ins[0].length - (ins[0].length % 4))
        return ins
      },
    }),
    seen: onKernels('reduce'),
  },
  {
    name: 'maximum swallows NaN',
    hooks: () => ({
      inputs: ({ kernel, attrs }, ins) =>
        kernel === 'maxPool' || (kernel === 'reduce' && (attrs as AttrsOf<'reduce'>).op === 'max')
          ? ins.map(d => d.map((v: number) => (Number.isNaN(v) ? Number.NEGATIVE_INFINITY : v)) as HostData)
          : ins,
    }),
    seen: onKernels('maxPool', 'reduce'),
  },
  {
    name: 'casting to int32 rounds instead of truncating',
    hooks: () => ({
      inputs: ({ kernel, attrs }, ins) =>
        kernel === 'cast' && (attrs as AttrsOf<'cast'>).dtype === 'int32'
          ? ins.map(d => d.map(Math.round) as HostData)
          : ins,
    }),
    seen: onKernels('cast'),
  },
  {
    name: 'int32 travels as float32',
    hooks: () => ({
      after({ spec: { kernel }, outs }) {
        if (MOVEMENT.includes(kernel) && outs[0] instanceof Int32Array) outs[0].set(outs[0].map(Math.fround))
      },
    }),
    seen: onKernels(...MOVEMENT),
  },
  {
    name: 'subnormal numbers become 0',
    hooks: () => ({
      after({ outs }) {
        for (const d of outs) if (d instanceof Float32Array) d.set(d.map(flush))
      },
    }),
    seen: onKernels('copy', 'map'),
  },
  {
    name: "Philox's counter is off by one",
    hooks: () => ({
      inputs: ({ kernel }, ins) => (kernel === 'random' ? [Int32Array.of(ins[0][0] + 1)] : ins),
    }),
    seen: onKernels('random'),
  },
  {
    name: 'x > y is x >= y',
    hooks: () => ({
      plan: changePrograms(p =>
        rewrite(p, ({ instruction: [op, a, b], emit, at }) =>
          op === 'gt' ? emit(['ge', at(a as number), at(b as number)]) : undefined,
        ),
      ),
    }),
    seen: c => onKernels('map')(c) || onGraphs(/golden layers\/tie/)(c),
  },
  {
    name: 'batch normalization: momentum multiplies the new statistics',
    hooks: () => ({ plan: changeConstants(swapMomentum) }),
    seen: onGraphs(/golden layers\/batchnormalization/),
  },
  {
    name: 'batch normalization: epsilon outside the root',
    hooks: () => ({ plan: changePrograms(epsilonOutside) }),
    seen: onGraphs(/golden layers\/batchnormalization/),
  },
  {
    name: 'Adam: epsilon inside the root',
    hooks: () => ({ plan: changePrograms(epsilonInside) }),
    seen: onGraphs(/golden optimizers\/adam_/),
  },
  {
    name: 'weight decay comes after the step',
    hooks: () => ({ plan: changePrograms(decayAfter) }),
    seen: onGraphs(/golden optimizers\/(adamw|sgd)/),
  },
  {
    name: 'label smoothing adds s instead of s / K',
    hooks: () => ({ plan: changeConstants(wholeSmoothing) }),
    seen: onGraphs(/golden losses\/categoricalcrossentropy/),
  },
]
