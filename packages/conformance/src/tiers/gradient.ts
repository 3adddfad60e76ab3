// The gradient tier: every gradient rule against central differences, in float64 on the oracle. It tests the rules of
// @strata/api, so it needs no backend: the other tiers hold a backend's gradient kernels to the oracle.
import { grad, input, ops, type Value } from '@strata/api'
import { type KernelName, sizeOf, specOf } from '@strata/api/backend'
import { type Case, type CaseInput, indicesFit, isLarge } from '../cases/case.js'
import { uniform } from '../cases/data.js'
import { FLOAT64 } from '../oracle/arithmetic.js'
import { lower } from '../oracle/lower.js'
import { reference } from '../oracle/reference.js'
import { executeExactly } from './execute.js'
import { graphOf, named } from './graphs.js'
import { guarded, type TierResult } from './result.js'

/** Half of the outer step of the difference quotients. */
const STEP = 2 ** -13
/** A check that could not see an error of this relative size says nothing. */
const SENSITIVITY = 1e-3
/** The gradient's own relative error: thousands of float64 roundings. */
const ROUNDING = 2 ** -40
/** The noise of a quotient of losses of magnitude up to 1000, where the gradient is 0. */
const NOISE = 1e-7

/** No gradient by design: whole numbers, counters, and copy, which stops gradients. */
const CONSTANT: readonly KernelName[] = ['random', 'copy']

/** The inputs of a case whose gradients can be checked. */
export function differentiableInputs(c: Case): readonly number[] {
  if (specOf(c.kernel).vjp === undefined || CONSTANT.includes(c.kernel) || isLarge(c)) return []
  const { outs } = graphOf(c)
  // At ties and special values there is no derivative to compare with; out of range NaN comes out.
  const smooth = c.ins.every(i => i.spec.dtype === 'int32' || i.fill.kind === 'any' || i.fill.kind === 'range')
  if (!smooth || !indicesFit(c) || outs.some(o => o.spec.dtype !== 'float32')) return []
  return c.ins.flatMap((i, k) => (i.spec.dtype === 'float32' ? [k] : []))
}

interface Quotient {
  /** Of the line through both ends. */
  readonly slope: number
  /** Slope after the middle less slope before it. */
  readonly bend: number
  /** What float64 rounding may do to either. */
  readonly error: number
}

/** Points inside the domain, away from its ends. */
function point(i: CaseInput, next: () => number): Float64Array {
  const [low, high] = i.fill.kind === 'range' || i.fill.kind === 'index' ? [i.fill.low, i.fill.high] : [-2, 2]
  return Float64Array.from({ length: sizeOf(i.spec.shape) }, () => {
    if (i.spec.dtype === 'int32') return Math.floor(low + next() * (high - low))
    return low + (0.1 + 0.8 * next()) * (high - low)
  })
}
const random = (n: number, next: () => number): Float64Array => Float64Array.from({ length: n }, () => 2 * next() - 1)

/**
 * Compares the gradient's inner product with a random direction to the difference quotient of the loss sum(upstream * y). The
 * tolerance is what the quotient may be off by: its change when the step is halved (more than its truncation error), and
 * the loss's own float64 error over the step.
 */
export const gradientTier = (c: Case, wrt: number, seed: number): Promise<TierResult> =>
  guarded({ tier: 'gradient', kernel: c.kernel, case: `${c.name}, input ${wrt}`, seed }, async () => {
    const { ins, outs } = graphOf(c)
    const upstream = outs.map((o, j) => input(`up${j}`, o.spec))
    const loss = outs.map((o, j) => ops.sum(ops.mul(o, upstream[j]))).reduce((a, b): Value => ops.add(a, b))
    const [g] = grad(loss, [ins[wrt]])
    const oracle = reference({ u: FLOAT64 })
    const forward = lower({ result: loss })
    const backward = lower({ result: g })

    // A kink between the points spoils a quotient: then another seed gives another point.
    for (let attempt = 0; ; attempt++) {
      const next = uniform(seed + attempt * 7919)
      const data = c.ins.map(i => point(i, next))
      const ups = outs.map(o => random(sizeOf(o.spec.shape), next))
      const direction = random(data[wrt].length, next)
      const at = async (
        plan: typeof forward,
        x: Float64Array,
      ): Promise<{ value: Float64Array; bound: Float64Array }> => {
        const all = { ...named('in', data), ...named('up', ups), [`in${wrt}`]: x }
        const inputs = Object.fromEntries(Object.entries(all).filter(([name]) => name in plan.bind))
        return (await executeExactly(oracle, plan, inputs)).result
      }
      const shifted = (h: number): Float64Array => data[wrt].map((x, i) => x + h * direction[i])
      const middle = await at(forward, data[wrt])
      const quotient = async (h: number): Promise<Quotient> => {
        const [up, down] = [await at(forward, shifted(h)), await at(forward, shifted(-h))]
        return {
          slope: (up.value[0] - down.value[0]) / (2 * h),
          bend: (up.value[0] + down.value[0] - 2 * middle.value[0]) / h,
          error: (up.bound[0] + down.bound[0] + middle.bound[0]) / h,
        }
      }
      const [coarse, fine] = [await quotient(2 * STEP), await quotient(STEP)]
      // The bend of a smooth function is proportional to the step; at a kink it is not.
      const kink = Math.abs(coarse.bend - 2 * fine.bend)
      const gradient = await at(backward, data[wrt])
      let product = 0
      let size = 0
      gradient.value.forEach((v, i) => {
        product += v * direction[i]
        size += Math.abs(v * direction[i])
      })
      const tolerance = Math.abs(coarse.slope - fine.slope) + kink + coarse.error + 2 * fine.error + ROUNDING * size
      if (!(tolerance <= SENSITIVITY * (size + Math.abs(fine.slope)) + NOISE)) {
        if (attempt < 5) continue
        const failure = { what: 'the difference quotients are too coarse', got: tolerance, want: size, bound: 0 }
        return { elements: gradient.value.length, worst: 0, failure }
      }
      const off = Math.abs(product - fine.slope)
      const failure =
        off <= tolerance
          ? undefined
          : { what: 'gradient and difference quotient differ', got: product, want: fine.slope, bound: tolerance }
      return { elements: gradient.value.length, worst: off === 0 ? 0 : off / tolerance, failure }
    }
  })
