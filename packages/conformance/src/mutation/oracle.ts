// Bugs planted into the oracle itself: Keras's golden values must catch them.
import type { Impl, KernelName, KernelTable, Plan, StepSpec } from '@strata/api/backend'
import type { GoldenLoader } from '../golden/data.js'
import { GOLDEN_GROUPS, goldenCases, goldenTier } from '../golden/tier.js'
import type { Arithmetic } from '../oracle/arithmetic.js'
import type { Memory } from '../oracle/kernels/impl.js'
import { KERNELS } from '../oracle/kernels/index.js'
import { type OpenOracle, ReferenceBackend } from '../oracle/reference.js'
import type { TierResult } from '../tiers/result.js'
import { decayAfter, epsilonInside, epsilonOutside, swapMomentum, wholeSmoothing } from './arithmetic.js'
import { countPadding, type Elements, lastMaximum, movedChannels } from './kernels.js'
import { ignoreDilation, oddBefore, swapPoolPadding } from './layout.js'
import { changeConstants, changePrograms, rewrite } from './plans.js'

export interface OracleMutation {
  readonly name: string
  readonly open: OpenOracle
  /** Golden cases that could see it. */
  readonly seen: RegExp
}

type Table = KernelTable<Arithmetic, Memory>

/** An oracle of changed plans or kernels. */
const mutant =
  (change: (plan: Plan) => Plan, kernels: Partial<Table> = {}): OpenOracle =>
  options =>
    new (class extends ReferenceBackend {
      protected override readonly kernels: Table = { ...KERNELS, ...kernels }
      override load(plan: Plan) {
        return super.load(change(plan))
      }
    })(options)
const unchanged = (plan: Plan): Plan => plan

/** A kernel of the oracle whose inputs are changed before, or whose outputs after it runs. */
function changed<K extends KernelName>(
  inner: Impl<K, Arithmetic, Memory>,
  {
    before,
    after,
  }: Readonly<Partial<Record<'before' | 'after', (s: StepSpec<K>, ins: Elements[], outs: Elements[]) => void>>>,
): Impl<K, Arithmetic, Memory> {
  return {
    prepare(arithmetic, s) {
      const run = inner.prepare(arithmetic, s)
      const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
      return (ins, outs) => {
        const copies = ins.map(m => ({ value: m.value.slice(), bound: m.bound }))
        const values = copies.map((m, i) => m.value.subarray(0, size(s.ins[i].shape)))
        const results = outs.map((m, i) => m.value.subarray(0, size(s.outs[i].shape)))
        before?.(s, values, results)
        run(copies, outs)
        after?.(s, values, results)
      }
    },
  }
}

const plan = (name: string, change: (plan: Plan) => Plan, seen: RegExp): OracleMutation => ({
  name,
  open: mutant(change),
  seen,
})
const kernels = (name: string, table: Partial<Table>, seen: RegExp): OracleMutation => ({
  name,
  open: mutant(unchanged, table),
  seen,
})

export const ORACLE_MUTATIONS: readonly OracleMutation[] = [
  plan("under 'same' with stride 2 the odd element goes before", oddBefore, /layers\/(conv2d|depthwise|separable)/),
  plan('pooling pads before where it pads after', swapPoolPadding, /layers\/(max|average)pooling2d/),
  plan('dilation is ignored', ignoreDilation, /layers\/(conv2d|depthwise)/),
  plan('epsilon outside the root', changePrograms(epsilonOutside), /layers\/batchnormalization/),
  plan('momentum reversed', changeConstants(swapMomentum), /layers\/batchnormalization/),
  plan("Adam's epsilon inside the root", changePrograms(epsilonInside), /optimizers\/adam_/),
  plan('weight decay after the step', changePrograms(decayAfter), /optimizers\/(adamw|sgd)/),
  plan('label smoothing adds s instead of s / K', changeConstants(wholeSmoothing), /losses\/categoricalcrossentropy/),
  plan(
    'relu has slope 1 at 0',
    changePrograms(p =>
      rewrite(p, ({ instruction: [op, a, b], emit, at }) =>
        op === 'gt' ? emit(['ge', at(a as number), at(b as number)]) : undefined,
      ),
    ),
    /layers\/tie/,
  ),
  kernels(
    'average pooling counts the padding',
    { avgPool: changed(KERNELS.avgPool, { after: (s, _, [y]) => countPadding(s, y) }) },
    /layers\/averagepooling2d/,
  ),
  kernels(
    "average pooling's gradient counts the padding",
    { avgPoolGrad: changed(KERNELS.avgPoolGrad, { before: (s, [dy]) => countPadding(s, dy) }) },
    /layers\/averagepooling2d/,
  ),
  kernels(
    "max pooling's gradient goes to the last maximum",
    { maxPoolGrad: changed(KERNELS.maxPoolGrad, { after: (s, [x, dy], [dx]) => lastMaximum(s, x, dy, dx) }) },
    /layers\/tie_maxpool/,
  ),
  kernels(
    'the depthwise multiplier is transposed',
    {
      depthwiseConv2d: changed(KERNELS.depthwiseConv2d, {
        after: ({ ins: [, w] }, _, [y]) => {
          const [, , c, m] = w.shape
          y.set(movedChannels(y, c * m, k => (k % m) * c + Math.floor(k / m)))
        },
      }),
    },
    /layers\/depthwise/,
  ),
]

export interface OracleReport {
  readonly mutation: string
  /** The golden case that caught it, or null. */
  readonly result: TierResult | null
  readonly checks: number
}

/** Plants each bug into the oracle and holds it to Keras's values until one of them differs. */
export async function oracleSelfTest(goldens: GoldenLoader): Promise<OracleReport[]> {
  const reports: OracleReport[] = []
  for (const m of ORACLE_MUTATIONS) {
    let checks = 0
    let result: TierResult | null = null
    for (const group of GOLDEN_GROUPS) {
      for (const id of await goldenCases(goldens, group, true)) {
        if (result !== null || !m.seen.test(`${group}/${id}`)) continue
        checks++
        const r = await goldenTier({ goldens, backend: null, oracle: m.open }, group, id)
        if (r.failure !== undefined) result = r
      }
    }
    reports.push({ mutation: m.name, result, checks })
  }
  return reports
}
