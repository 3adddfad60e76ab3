// Interprets scalar programs over chunks of elements: one array operation per instruction.
import { constantValue, type ScalarProgram } from '@strata/api/backend'
import type { Arithmetic } from './arithmetic.js'
import { evaluateBinary, evaluateSelect, type Register } from './scalar-binary.js'
import { evaluateUnary, type UNARY } from './scalar-unary.js'
import type { Tensor } from './tensor.js'

const CHUNK = 4096

/**
 * Evaluates a program at every element of an index space and hands over its outputs chunk by chunk.
 *
 * @param at for each input, the offset that every element reads
 * @param size number of elements
 * @param consume gets the first element's index, the number of elements and the outputs
 */
export function evaluateProgram(
  arithmetic: Arithmetic,
  program: ScalarProgram,
  ins: readonly Tensor[],
  at: readonly Int32Array[],
  size: number,
  consume: (first: number, n: number, outs: readonly Register[]) => void,
): void {
  const length = Math.min(CHUNK, size)
  const registers = program.code.map(
    (): Register => ({ value: new Float64Array(length), bound: new Float64Array(length) }),
  )
  for (let first = 0; first < size; first += CHUNK) {
    const n = Math.min(CHUNK, size - first)
    program.code.forEach((instruction, k) => {
      const out = registers[k]
      switch (instruction[0]) {
        case 'in': {
          const x = ins[instruction[1]]
          load(arithmetic, x, at[instruction[1]].subarray(first, first + n), out)
          break
        }
        case 'const': {
          const c = constantValue(instruction[1])
          out.value.fill(c)
          out.bound.fill(arithmetic.rounding(c, 0))
          break
        }
        case 'select': {
          const [, c, a, b] = instruction
          evaluateSelect(registers[c], registers[a], registers[b], out, n)
          break
        }
        default:
          if (instruction.length === 3) {
            const [op, a, b] = instruction
            evaluateBinary(arithmetic, op, registers[a], registers[b], out, n)
          } else {
            const [op, a] = instruction
            const x = registers[a]
            evaluateUnary(arithmetic, op as keyof typeof UNARY, x.value, x.bound, out.value, out.bound, n)
          }
      }
    })
    consume(
      first,
      n,
      program.outs.map(o => registers[o]),
    )
  }
}

function load(arithmetic: Arithmetic, x: Tensor, at: Int32Array, out: Register): void {
  for (let i = 0; i < at.length; i++) {
    const v = x.value[at[i]]
    const e = x.bound[at[i]]
    out.value[i] = v
    // Integers above 2^24 round on their way to float32.
    out.bound[i] = x.dtype === 'int32' ? e + arithmetic.rounding(v, e) : e
  }
}
