// Runs a scalar program over arrays, and measures errors in units in the last place.
import type { ScalarProgram } from '@strata/api/backend'
import { translate } from '../translate.js'
import { disassemble, fmaPaths } from '../wasm/harness.test.util.js'
import { F32x4, ModuleBuilder } from '../wasm/index.js'

export { fmaPaths }

/** `program` over `inputs` (equal lengths), its outputs. */
export function evaluate(program: ScalarProgram, inputs: readonly ArrayLike<number>[], relaxedFma: boolean) {
  const n = inputs[0].length
  const padded = Math.ceil(n / 4) * 16
  const memory = new WebAssembly.Memory({
    initial: Math.ceil(((inputs.length + program.outs.length) * padded) / 65536) + 1,
  })
  const m = new ModuleBuilder({ relaxedFma })
  m.export(
    m.func('run', {}, null, f =>
      f.for(0, padded, 16, i => {
        const outs = translate(
          f,
          program,
          inputs.map((_, k) => F32x4.load(i, k * padded)),
        )
        outs.forEach((o, k) => {
          f.store(i, o, (inputs.length + k) * padded)
        })
      }),
    ),
  )
  const bytes = m.bytes()
  disassemble(bytes)
  inputs.forEach((x, k) => {
    new Float32Array(memory.buffer, k * padded, n).set(x)
  })
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } })
  const run = instance.exports.run as () => void
  run()
  return program.outs.map((_, k) => new Float32Array(memory.buffer, (inputs.length + k) * padded, n).slice())
}

/** Error of a float32 against a float64 value, in units in the last place of that value (at least of 2^-126). */
export function ulps(got: number, want: number): number {
  if (Number.isNaN(want) || Number.isNaN(got))
    return Number.isNaN(want) && Number.isNaN(got) ? 0 : Number.POSITIVE_INFINITY
  const rounded = Math.fround(want)
  if (got === rounded) return Math.abs(want) < 2 ** 128 ? Math.abs(got - want) / unit(want) : 0
  if (!Number.isFinite(got)) return Math.abs(want) > 3.402823e38 ? 1 : Number.POSITIVE_INFINITY
  return Math.abs(got - Math.min(Math.max(want, -(2 ** 128)), 2 ** 128)) / unit(want)
}
const unit = (v: number): number => 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(v) || 2 ** -149))) - 23)

/** Floats of every sign, exponent and many mantissas: `perExponent` each, plus special values. */
export function everywhere(perExponent: number): Float32Array {
  const bits: number[] = []
  for (let e = 0; e < 255; e++) {
    for (let i = 0; i < perExponent; i++) {
      const mantissa = i === 0 ? 0 : i === 1 ? 0x7fffff : Math.imul(i * 2654435761 + e * 40503, 2246822519) >>> 9
      bits.push((e << 23) | mantissa, 0x80000000 | (e << 23) | mantissa)
    }
  }
  bits.push(0x7f800000, 0xff800000, 0x7fc00000)
  return new Float32Array(Uint32Array.from(bits).buffer)
}

/** Evenly spaced floats. */
export const linear = (from: number, to: number, n: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => from + ((to - from) * (i + 0.37)) / n)

/** erf in double precision: the series below 2.5, else the continued fraction of erfc (Abramowitz and Stegun 7.1.6, 7.1.14). */
export function erf64(x: number): number {
  const a = Math.abs(x)
  if (Number.isNaN(x)) return x
  if (a > 7) return Math.sign(x)
  let y: number
  if (a < 2.5) {
    let term = a
    let sum = a
    for (let n = 1; n < 80; n++) {
      term *= (2 * a * a) / (2 * n + 1)
      sum += term
    }
    y = (2 / Math.sqrt(Math.PI)) * Math.exp(-a * a) * sum
  } else {
    let tail = 0
    for (let k = 120; k >= 1; k--) tail = k / 2 / (a + tail)
    y = 1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + tail))
  }
  return x < 0 ? -y : y
}
