// random, by a Philox 4x32-10 of its own in big integers, straight from the paper: Salmon et al., "Parallel random numbers: as
// easy as 1, 2, 3", SC 2011.
import { impl } from './impl.js'

const WORD = 0xffffffffn

/** The four output words of one block. */
export function philox(counter: readonly bigint[], key: readonly bigint[]): bigint[] {
  let [c0, c1, c2, c3] = counter
  let [k0, k1] = key
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * c0
    const p1 = 0xcd9e8d57n * c2
    ;[c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & WORD, (p0 >> 32n) ^ c3 ^ k1, p0 & WORD]
    k0 = (k0 + 0x9e3779b9n) & WORD
    k1 = (k1 + 0xbb67ae85n) & WORD
  }
  return [c0, c1, c2, c3]
}

export const random = impl<'random'>((_, { seed, stream }, [step], [y]) => {
  const key = seed.map(BigInt)
  const step32 = BigInt(step.value[0]) & WORD
  for (let i = 0; i < y.value.length; i += 4) {
    const words = philox([BigInt(i / 4), step32, BigInt(stream), 0n], key)
    for (let k = 0; k < 4 && i + k < y.value.length; k++) y.value[i + k] = Number(words[k] >> 8n) * 2 ** -24
  }
})
