// map: a scalar program on every element, inputs broadcast. Inputs are walked with stride 1, or as a value for a whole row.
import { broadcastStrides, sizeOf, stridesOf } from '@strata/api/backend'
import { programCost, translate } from '../translate.js'
import { F32x4, type LocalI32 } from '../wasm/index.js'
import type { Address, Chunk, CpuImpl } from './context.js'
import { collapse, forRows, forVectors, loadLanes, type Pointers, storeLanes } from './loops.js'

/** Operations of a call: long enough to hide the call, short enough to leave the baseline tier early. */
export const GRAIN = 65536

export const map: CpuImpl<'map'> = {
  prepare(ctx, { attrs: { shape, program }, ins, outs }) {
    const c = collapse(shape, [...ins.map(s => broadcastStrides(s.shape, shape)), ...outs.map(() => stridesOf(shape))])
    const inner = c.shape.at(-1)!
    const outer = c.shape.slice(0, -1)
    const cost = programCost(program)
    const block = cost <= 8 ? 16 : cost <= 24 ? 8 : 4
    // A row that is hardly longer than a block is one block.
    const size = inner <= 64 ? Math.ceil(inner / 4) * 4 : block
    const blocks = Math.ceil(inner / size)
    const stride = c.strides.map(s => s.at(-1)!)
    const strides = c.strides.map(s => s.slice(0, -1))
    const integer = ins.map(s => s.dtype === 'int32')

    const key = `map:${JSON.stringify([c.shape, c.strides, integer, program])}`
    const names = [...ins.map((_, k) => `in${k}`), ...outs.map((_, k) => `out${k}`)]
    const fn = ctx.define<Pointers & Chunk>(key, name => {
      const params: Pointers & Chunk = {
        ...Object.fromEntries(names.map(n => [n, 'i32' as const])),
        begin: 'i32',
        end: 'i32',
      }
      return ctx.module.func(name, params, null, (f, p) => {
        const bases = names.map(n => p[n])
        forRows(f, { outer, strides, blocks }, bases, p.begin, p.end, (rows, from, to) => {
          const convert = (v: F32x4, k: number): F32x4 => (integer[k] ? v.asI32x4().toF32x4S() : v)
          // A value for the whole row.
          const splats = ins.map((_, k) => (stride[k] === 0 ? f.let(convert(F32x4.loadSplat(rows[k]), k)) : undefined))
          const pointers = rows.map((row, k) => ({ row, stride: stride[k] }))
          forVectors(f, inner, size, from, to, pointers, (at, offset, lanes) => {
            const values = ins.map((_, k): F32x4 => splats[k] ?? f.let(load(at[k], offset, lanes, k)))
            translate(f, program, values).forEach((v, j) => {
              storeLanes(f, at[ins.length + j], v, lanes, offset * 4)
            })
          })
          function load(at: LocalI32, offset: number, lanes: number, k: number): F32x4 {
            return convert(loadLanes(f, at, lanes, offset * 4), k)
          }
        })
      })
    })
    const units = sizeOf(outer) * blocks
    const grain = Math.ceil((GRAIN * 4) / (Math.min(size, inner) * (cost + names.length)))
    return (from, to) => {
      const addresses: Record<string, Address> = {}
      ;[...from, ...to].forEach((a, k) => {
        addresses[names[k]] = a
      })
      ctx.parallel<Pointers>(units, grain, fn, addresses)
    }
  },
}
