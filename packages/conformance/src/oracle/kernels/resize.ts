// resize and resizeGrad.
import { samplePosition } from '@strata/api/backend'
import { Accumulator } from '../accumulator.js'
import type { Arithmetic } from '../arithmetic.js'
import { type Tensor, zeros } from '../tensor.js'
import { impl } from './impl.js'

type Interpolation = 'nearest' | 'bilinear'

/** The (at most two) inputs that each output of one dimension samples, with weights and the weights' errors. */
function samples(arithmetic: Arithmetic, out: number, n: number, interpolation: Interpolation): Sample[][] {
  return Array.from({ length: out }, (_, i) => {
    const [low, high, t] = samplePosition(i, out, n, interpolation)
    if (low === high) return [{ index: low, weight: 1, error: 0 }]
    // A position computed in float32 errs by three roundings; a dyadic one is exact.
    const e = Number.isInteger(t * 256) ? 0 : 3 * arithmetic.u * (high + 1)
    return [
      { index: low, weight: 1 - t, error: e },
      { index: high, weight: t, error: e },
    ]
  })
}
interface Sample {
  readonly index: number
  readonly weight: number
  readonly error: number
}

/** Visits (pixel of the small side x, pixel of the sampled side y, weight, its error). */
function forEachSample(
  arithmetic: Arithmetic,
  x: readonly number[],
  y: readonly number[],
  interpolation: Interpolation,
  visit: (pixel: number, outputPixel: number, weight: number, error: number) => void,
): void {
  const rows = samples(arithmetic, y[1], x[1], interpolation)
  const columns = samples(arithmetic, y[2], x[2], interpolation)
  for (let n = 0; n < y[0]; n++) {
    for (let i = 0; i < y[1]; i++) {
      for (let j = 0; j < y[2]; j++) {
        for (const r of rows[i]) {
          for (const c of columns[j]) {
            const w = r.weight * c.weight
            const e = r.error * c.weight + c.error * r.weight + r.error * c.error
            visit((n * x[1] + r.index) * x[2] + c.index, (n * y[1] + i) * y[2] + j, w, e + arithmetic.rounding(w, e))
          }
        }
      }
    }
  }
}

function accumulate(
  arithmetic: Arithmetic,
  from: Tensor,
  to: Tensor,
  interpolation: Interpolation,
  grad: boolean,
): void {
  const sum = new Accumulator(arithmetic, to)
  const channels = from.shape[3]
  const weight = zeros({ shape: [1], dtype: 'float32' })
  const [x, y] = grad ? [to.shape, from.shape] : [from.shape, to.shape]
  forEachSample(arithmetic, x, y, interpolation, (pixel, outputPixel, w, e) => {
    weight.value[0] = w
    weight.bound[0] = e
    const [source, target] = grad ? [outputPixel, pixel] : [pixel, outputPixel]
    for (let c = 0; c < channels; c++) {
      const at = source * channels + c
      sum.product(target * channels + c, from, at, weight, 0)
      // Evaluated as a + (b - a) t, the usual way, the difference rounds twice relative to |a| + |b| rather than to the
      // weighted sum; once for each dimension.
      if (!grad) sum.allow(target * channels + c, 4 * arithmetic.u * Math.abs(from.value[at]))
    }
  })
  // Nearest copies elements, and its gradient adds them up.
  if (interpolation === 'nearest') sum.finishTerms()
  else sum.finishProducts()
}

export const resize = impl<'resize'>((arithmetic, { interpolation }, [x], [y]) =>
  accumulate(arithmetic, x, y, interpolation, false),
)
export const resizeGrad = impl<'resizeGrad'>((arithmetic, { interpolation }, [dy], [dx]) =>
  accumulate(arithmetic, dy, dx, interpolation, true),
)
