// LossTracker: the mean loss over the samples seen so far, summed on the device.
import * as E from '../expr/expr.js'
import { elementwiseAll } from '../graph/ops.js'
import type { CallContext } from '../graph/trace.js'
import type { Value } from '../graph/value.js'
import { Variable } from '../graph/variable.js'

/**
 * Sum of loss times batch size, in float32 with Kahan's compensation, so that an epoch of any length keeps the digits of a
 * single step. (Kahan, "Further remarks on reducing truncation errors", CACM 8(1), 1965.)
 */
export class LossTracker {
  readonly #sum: Variable
  readonly #compensation: Variable
  constructor(readonly key: string) {
    const scalar = (name: string): Variable =>
      new Variable(name, `${key}/${name}`, [], new Float32Array(1), { trainable: false })
    this.#sum = scalar('sum')
    this.#compensation = scalar('compensation')
  }
  get variables(): readonly Variable[] {
    return [this.#sum, this.#compensation]
  }
  /** Adds a step's loss, the mean over `samples` of them. */
  update(ctx: CallContext, loss: Value, samples: number): void {
    const [sum, compensation] = elementwiseAll(
      [ctx.read(this.#sum), ctx.read(this.#compensation), loss],
      (s, c, x) => {
        const y = E.sub(E.mul(x, samples), c)
        const t = E.add(s, y)
        return [t, E.sub(E.sub(t, s), y)]
      },
      [],
    )
    ctx.assign(this.#sum, sum)
    ctx.assign(this.#compensation, compensation)
  }
  /** The mean loss of the samples since the last reset. */
  async read(samples: number): Promise<number> {
    const [sum] = await this.#sum.read()
    return samples === 0 ? 0 : sum / samples
  }
  reset(): void {
    for (const v of this.variables) v.write(new Float32Array(1))
  }
}
