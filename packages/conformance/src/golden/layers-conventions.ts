// Where a golden layer case cannot hold as it stands: conventions at ties on which Keras's own backends disagree, and
// rounding of Keras's that the oracle's bounds do not cover. One entry per case and result, each with its reason.
import { FLOAT64 } from '../oracle/arithmetic.js'

/** One element of a result. */
export interface Element {
  /** The first input's element at the same place. */
  readonly x: number
  readonly upstream: number
  /** Keras's (JAX's) value. */
  readonly keras: number
}

export interface Convention {
  readonly id: string
  readonly result: string
  readonly reason: string
  /** Strata's value where it is another one by convention; null where Keras's holds. */
  readonly value?: (e: Element) => number | null
  /** Error of Keras's value beyond the oracle's bound. */
  readonly rounding?: (e: Element) => number
}

export const CONVENTIONS: readonly Convention[] = [
  {
    id: 'tie_activation_003',
    result: 'grad_input_0',
    reason: "leaky_relu'(0): JAX takes the slope above 0; Strata, PyTorch and TensorFlow the one below, 0.2",
    value: ({ x, upstream }) => (x === 0 ? 0.2 * upstream : null),
  },
  {
    id: 'activation_large_011',
    result: 'grad_input_0',
    reason:
      'JAX differentiates softplus as exp(x - softplus(x)): the rounding of x becomes a relative error of the result',
    rounding: ({ x, keras }) => 2 * FLOAT64 * Math.abs(x * keras),
  },
]
