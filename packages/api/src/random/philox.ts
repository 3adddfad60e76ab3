// Philox 4x32-10: the one random number generator of Strata. Counter-based (no state to carry), so that a dropout
// mask, an initialiser or a shuffle is the same bits on every backend: the kernels in WebAssembly, GLSL and CUDA
// compute the same function of (seed, stream, step, element).
//
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011 (Random123).
//
// The definition that every backend follows:
//   key     = (seed mod 2^32, floor(seed / 2^32))
//   counter = (block, step, stream, 0)      block = floor(element / 4)
//   bits    of element e = output word (e mod 4) of its block
//   uniform of element e = (bits >>> 8) * 2^-24, a float32 in [0, 1)
import { ArgumentError } from '../errors.js'

const M0 = 0xd2511f53
const M1 = 0xcd9e8d57
const W0 = 0x9e3779b9
const W1 = 0xbb67ae85
const ROUNDS = 10
const UINT32 = 2 ** 32

// The high half of a 32 x 32 bit product, in 16-bit limbs: each partial sum stays below 2^32, exact in a double.
function mulHigh(a: number, b: number): number {
  const al = a & 0xffff
  const ah = a >>> 16
  const bl = b & 0xffff
  const bh = b >>> 16
  const middle = ah * bl + ((al * bl) >>> 16)
  const carry = al * bh + (middle & 0xffff)
  return (ah * bh + (middle >>> 16) + (carry >>> 16)) >>> 0
}

/**
 * One block: writes the four 32-bit output words of Philox 4x32-10 for a counter and a key to `out[at .. at + 3]`.
 * All arguments are unsigned 32-bit integers and are not checked.
 */
export function philoxBlock(
  out: Uint32Array,
  at: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
): void {
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = mulHigh(M0, c0)
    const low0 = Math.imul(M0, c0) >>> 0
    const high1 = mulHigh(M1, c2)
    const low1 = Math.imul(M1, c2) >>> 0
    c0 = (high1 ^ c1 ^ k0) >>> 0
    c1 = low1
    c2 = (high0 ^ c3 ^ k1) >>> 0
    c3 = low0
    k0 = (k0 + W0) >>> 0
    k1 = (k1 + W1) >>> 0
  }
  out[at] = c0
  out[at + 1] = c1
  out[at + 2] = c2
  out[at + 3] = c3
}

/**
 * Checks what identifies a random sequence.
 *
 * @throws ArgumentError if `seed` is not an integer in [0, 2^53) or `stream` or `step` is not an unsigned 32-bit integer.
 */
export function checkPhiloxKey(where: string, seed: number, stream: number, step: number): void {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ArgumentError({ where, what: 'seed', expected: 'an integer in [0, 2^53)', got: seed })
  }
  for (const [what, value] of [
    ['stream', stream],
    ['step', step],
  ] as const) {
    if (!Number.isInteger(value) || value < 0 || value >= UINT32) {
      throw new ArgumentError({ where, what, expected: 'an integer in [0, 2^32)', got: value })
    }
  }
}

/**
 * The first `n` random 32-bit words of the sequence (seed, stream, step).
 *
 * @throws ArgumentError as {@link checkPhiloxKey}, or if `n` is not an integer in [0, 2^32).
 * @example philoxBits(0, 0, 0, 1) // Uint32Array [0x6627e8d5]
 */
export function philoxBits(seed: number, stream: number, step: number, n: number): Uint32Array {
  checkPhiloxKey('philoxBits', seed, stream, step)
  if (!Number.isInteger(n) || n < 0 || n >= UINT32) {
    throw new ArgumentError({ where: 'philoxBits', what: 'n', expected: 'an integer in [0, 2^32)', got: n })
  }
  const k0 = seed % UINT32
  const k1 = Math.floor(seed / UINT32)
  const blocks = Math.ceil(n / 4)
  const words = new Uint32Array(blocks * 4)
  for (let block = 0; block < blocks; block++) philoxBlock(words, block * 4, block, step, stream, 0, k0, k1)
  return words.length === n ? words : words.slice(0, n)
}

/**
 * The first `n` uniform float32 numbers in [0, 1) of the sequence (seed, stream, step): 24 random bits each.
 *
 * @throws ArgumentError as {@link philoxBits}.
 * @example philoxUniform(42, streamOf('dropout_1'), step, 1024)
 */
export function philoxUniform(seed: number, stream: number, step: number, n: number): Float32Array {
  const bits = philoxBits(seed, stream, step, n)
  const out = new Float32Array(n)
  for (let i = 0; i < n; i++) out[i] = (bits[i] >>> 8) * 2 ** -24
  return out
}

/**
 * The stream number for a name: 32-bit FNV-1a over its UTF-8 bytes, with the parent stream xored into the offset
 * basis (0x811c9dc5). Two names of one program collide with probability 2^-32.
 *
 * @example streamOf('a') // 0xe40c292c
 */
export function streamOf(name: string, parent = 0): number {
  let hash = (0x811c9dc5 ^ parent) >>> 0
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}
