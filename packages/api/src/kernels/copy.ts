// copy: the same tensor in other memory. In a graph it stops gradients; the compiler inserts it where a bound buffer must
// receive a value that was computed elsewhere.
import { checkArity, type KernelSpec } from './spec.js'

export const copy: KernelSpec<'copy'> = {
  name: 'copy',
  infer(ins) {
    checkArity('copy', ins, 1)
    return [ins[0]]
  },
  flops: () => 0,
  vjp: () => [null],
  inplace: () => [[0, 0]],
}
