// Input gradients as forward convolutions: of all input positions at one distance modulo the stride (a phase), each is
// reached by the same taps of the window, at output positions that move along with it.

/** The taps of one phase along one dimension. Outputs are numbered from the first one that any phase needs. */
export interface Phase {
  /** First input position; further ones follow at the stride. */
  readonly position: number
  readonly positions: number
  readonly taps: number
  /** The tap that reads the first output, and the (negative) distance to the next: outputs rise as taps fall. */
  readonly tap: number
  readonly tapStep: number
  /** The first output that the first position reads, and the step to the next tap's. */
  readonly output: number
  readonly outputStep: number
}

/** All phases of a dimension, and the range of outputs (some outside the tensor: zero) that they read. */
export interface Phases {
  readonly phases: readonly Phase[]
  readonly first: number
  readonly count: number
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

/**
 * Position h receives from tap k the output o = (h + before - k * dilation) / stride where that is an integer.
 * `n` input positions, `size` taps.
 */
export function inputGradPhases(n: number, size: number, stride: number, dilation: number, before: number): Phases {
  const tapStep = stride / gcd(dilation, stride)
  const outputStep = (tapStep * dilation) / stride
  const raw = Array.from({ length: Math.min(stride, n) }, (_, position) => {
    const found = Array.from({ length: size }, (_, tap) => tap).filter(
      tap => (position + before - tap * dilation) % stride === 0,
    )
    const tap = found.at(-1) ?? 0
    const output = found.length > 0 ? (position + before - tap * dilation) / stride : 0
    const positions = Math.ceil((n - position) / stride)
    return { position, positions, taps: found.length, tap, tapStep: -tapStep, output, outputStep }
  })
  const used = raw.filter(p => p.taps > 0)
  // From the first output of the tensor on, where that suffices: it may then be read in place.
  const first = Math.min(0, ...used.map(p => p.output))
  const last = Math.max(first, ...used.map(p => p.output + (p.taps - 1) * outputStep + p.positions - 1))
  return { phases: raw.map(p => ({ ...p, output: p.output - first })), first, count: last - first + 1 }
}
