// Seeded data for cases.
import { type KernelName, sizeOf } from '@strata/api/backend'
import type { Case, CaseInput } from './case.js'

export type HostData = Float32Array | Int32Array

/** Uniform numbers in [0, 1) from a 32-bit seed. Source: mulberry32, T. Ettinger (public domain). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A number of random sign and of a magnitude between 2^-6 and 2^6; one in twenty is 0. */
export function varied(next: () => number): number {
  if (next() < 0.05) return 0
  const size = 2 ** (12 * next() - 6)
  return next() < 0.5 ? -size : size
}

/** Largest magnitude of the exact tier's integers: 1000 products of two still add up exactly in float32. */
const LARGEST_INTEGER = 8

/** Kernels whose first operand has some integers of 12 bits, which 11 bits of TF32 or float16 cannot hold. */
const PRODUCTS: readonly KernelName[] = [
  'matmul',
  'conv2d',
  'conv2dInputGrad',
  'conv2dFilterGrad',
  'depthwiseConv2d',
  'depthwiseConv2dInputGrad',
  'depthwiseConv2dFilterGrad',
  'fusedMatmul',
  'fusedConv2d',
  'fusedDepthwiseConv2d',
]
const wideInteger = (next: () => number): number => (next() < 0.5 ? -1 : 1) * (2049 + 2 * Math.floor(next() * 1000))

function element(input: CaseInput, tier: 'exact' | 'rounding', scale: number, next: () => number, i: number): number {
  const { fill } = input
  switch (fill.kind) {
    case 'any': {
      const integer = Math.floor(next() * (2 * LARGEST_INTEGER + 1)) - LARGEST_INTEGER
      if (input.spec.dtype === 'int32') return integer
      return tier === 'exact' ? integer * scale : varied(next)
    }
    case 'range': {
      const v = fill.low + next() * (fill.high - fill.low)
      return tier === 'exact' ? Math.round(v) : v
    }
    case 'index':
      return fill.low + Math.floor(next() * (fill.high - fill.low))
    case 'ties':
      return Math.floor(next() * 3) - 1
    case 'values':
      return fill.values[i % fill.values.length]
    default:
      return fill satisfies never
  }
}

/** The elements of one input. */
export function elementsOf(input: CaseInput, tier: 'exact' | 'rounding', scale: number, next: () => number): HostData {
  const n = sizeOf(input.spec.shape)
  const data = input.spec.dtype === 'int32' ? new Int32Array(n) : new Float32Array(n)
  for (let i = 0; i < n; i++) data[i] = element(input, tier, scale, next, i)
  return data
}

/** The inputs of a case, the same for the same seed. */
export function dataOf(c: Case, tier: 'exact' | 'rounding', seed: number): HostData[] {
  const next = uniform(seed)
  const data = c.ins.map(input => elementsOf(input, tier, c.scale, next))
  if (tier === 'exact' && PRODUCTS.includes(c.kernel) && c.ins[0].fill.kind === 'any') {
    // One in sixteen, so that sums stay exact.
    data[0].forEach((_, i) => {
      if (next() < 1 / 16) data[0][i] = wideInteger(next)
    })
  }
  return data
}
