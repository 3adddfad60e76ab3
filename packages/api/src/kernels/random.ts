// random: uniform numbers by Philox 4x32-10 (Salmon et al., SC 2011), the same bits on every backend.
import { ArgumentError } from '../errors.js'
import { f32, sizeOf } from '../tensor-spec.js'
import { checkArity, checkDType, checkRank, type KernelSpec } from './spec.js'

export const random: KernelSpec<'random'> = {
  name: 'random',
  infer(ins, { shape, seed, stream }) {
    checkArity('random', ins, 1)
    checkRank('random', 'step', ins[0], 0)
    checkDType('random', 'step', ins[0], 'int32')
    for (const word of [...seed, stream]) {
      if (!Number.isInteger(word) || word < 0 || word >= 2 ** 32) {
        throw new ArgumentError({
          where: 'random',
          what: 'seed words and stream',
          expected: 'integers in [0, 2^32)',
          got: word,
        })
      }
    }
    return [f32(shape)]
  },
  // Ten rounds of two wide multiplications and four exclusive ors give four numbers.
  flops: (_, { shape }) => 15 * sizeOf(shape),
  vjp: () => [null],
}
