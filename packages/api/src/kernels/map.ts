// map: scalar programs applied element by element with broadcasting. Activations, arithmetic, optimizer updates.
import { ArgumentError, ShapeError } from '../errors.js'
import { gradient } from '../expr/derivative.js'
import * as E from '../expr/expr.js'
import type { ScalarProgram } from '../expr/program.js'
import { mapExprs, sumTo } from '../graph/ops.js'
import type { Node, Value } from '../graph/value.js'
import { broadcastsTo, f32, type Shape, sameShape, sizeOf, type TensorSpec } from '../tensor-spec.js'
import type { KernelName } from './attrs.js'
import type { KernelSpec } from './spec.js'

/** Checks a program against its inputs' shapes. @throws ArgumentError, ShapeError */
export function checkProgram(
  kernel: KernelName,
  program: ScalarProgram,
  ins: readonly TensorSpec[],
  shape: Shape,
): void {
  if (program.inputs !== ins.length) {
    throw new ArgumentError({ where: kernel, what: 'program inputs', expected: ins.length, got: program.inputs })
  }
  if (program.outs.length === 0) {
    throw new ArgumentError({ where: kernel, what: 'program outputs', expected: 'at least 1', got: 0 })
  }
  program.code.forEach((instruction, at) => {
    const [op, ...args] = instruction
    if (op === 'const') return
    const limit = op === 'in' ? program.inputs : at
    for (const a of args as readonly number[]) {
      if (!Number.isInteger(a) || a < 0 || a >= limit) {
        throw new ArgumentError({
          where: kernel,
          what: `program operand of instruction ${at} (${op})`,
          expected: `below ${limit}`,
          got: a,
        })
      }
    }
  })
  ins.forEach((s, i) => {
    if (!broadcastsTo(s.shape, shape)) {
      throw new ShapeError({
        where: kernel,
        what: `input ${i} does not broadcast`,
        expected: [...shape],
        got: [...s.shape],
      })
    }
  })
}

/** Arithmetic instructions of a program. */
export const programFlops = (p: ScalarProgram): number => p.code.filter(([op]) => op !== 'in' && op !== 'const').length

/** The gradient of a program's outputs with respect to input i, as a value of the full shape. */
export function programGradient(
  program: ScalarProgram,
  ins: readonly Value[],
  outs: readonly (Value | null)[],
  dOuts: readonly (Value | null)[],
  i: number,
  shape: Shape,
): Value | null {
  const n = ins.length
  const results = E.fromProgram(program)
  const live = dOuts.flatMap((d, j) => (d === null ? [] : [j]))
  // Inputs of the gradient's program: ins, then outs, then dOuts.
  const seeds = live.map(j => E.arg(n + outs.length + j))
  const [d] = gradient(
    live.map(j => results[j]),
    seeds,
    n,
  ).slice(i, i + 1)
  if (d.op === 'const' && d.value === 0) return null
  // Where the derivative contains an output as a subexpression, read the stored output instead of computing it again.
  const [fromOutputs] = E.rewrite([d], e => {
    if (e.op === 'in' || e.op === 'const') return undefined
    const j = results.indexOf(e)
    return j >= 0 && outs[j] !== null ? E.arg(n + j) : undefined
  })
  const sources = [...ins, ...outs.map(o => o ?? ins[0]), ...dOuts.map(o => o ?? ins[0])]
  return mapExprs(sources, [fromOutputs], shape)[0]
}

export const map: KernelSpec<'map'> = {
  name: 'map',
  infer(ins, { shape, program }) {
    checkProgram('map', program, ins, shape)
    return program.outs.map(() => f32(shape))
  },
  flops: (_, { shape, program }) => sizeOf(shape) * programFlops(program),
  vjp(node: Node<'map'>, dOuts, needs) {
    const { shape, program } = node.attrs
    return node.ins.map((x, i) => {
      if (!needs[i] || x.spec.dtype !== 'float32') return null
      const d = programGradient(program, node.ins, node.outs, dOuts, i, shape)
      return d === null ? null : sumTo(d, x.shape)
    })
  },
  inplace: (ins, { shape, program }) =>
    program.outs.flatMap((_, j) =>
      ins.flatMap((s, i) => (s.dtype === 'float32' && sameShape(s.shape, shape) ? [[j, i] as const] : [])),
    ),
}
