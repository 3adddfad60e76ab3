// The program's seed: what initialisers, dropout and shuffles draw from unless they are given seeds of their own.
import { ArgumentError } from '../errors.js'

let current: number | null = null

/** Sets the seed of everything that is drawn from now on (Keras's `set_random_seed`). @throws ArgumentError */
export function setSeed(seed: number): void {
  checkSeed('setSeed', seed)
  current = seed
}
/** The program's seed; drawn once, at random, if none was set. */
export function getSeed(): number {
  current ??= Math.floor(Math.random() * 2 ** 53)
  return current
}
/** @throws ArgumentError unless an integer in [0, 2^53) */
export function checkSeed(where: string, seed: unknown): asserts seed is number {
  if (typeof seed !== 'number' || !Number.isSafeInteger(seed) || seed < 0) {
    throw new ArgumentError({ where, what: 'seed', expected: 'an integer in [0, 2^53)', got: seed })
  }
}
