// Locals, memory and both ways to multiply and add; and that misuse is refused, at generation or by the compiler.

import { describe, expect, it } from 'vitest'
import { disassemble, fmaPaths, instantiate, seeded } from './harness.test.util.js'
import { EmitError, F32, F32x4, type FunctionBuilder, I32, type Label, type LocalI32, ModuleBuilder } from './index.js'

const f32 = Math.fround
const plain = (): ModuleBuilder => new ModuleBuilder({ relaxedFma: false })

describe('multiply and add', () => {
  // Operands whose product needs 48 bits, and an addend that cancels its upper half: one rounding and two differ.
  const random = seeded(41)
  const cases = Array.from({ length: 300 }, () => {
    const [a, b] = [f32(random() * 2 - 1), f32(random() * 2 - 1)]
    return [a, b, random() < 0.5 ? f32(-a * b) : f32(random())] as const
  })

  it.each(fmaPaths)('relaxedFma %s: vector and scalar round alike, and as promised', relaxedFma => {
    const m = new ModuleBuilder({ relaxedFma })
    m.export(
      m.func('run', { a: 'f32', b: 'f32', c: 'f32' }, null, (f, { a, b, c }) => {
        const [av, bv, cv] = [a, b, c].map(x => f.let(F32x4.splat(x)))
        f.store(0, f.madd(av, bv, cv))
        f.store(16, f.nmadd(av, bv, cv))
        f.store(32, f.madd(a, b, c))
        f.store(36, f.nmadd(a, b, c))
      }),
    )
    const text = disassemble(m.bytes())
    expect(text.includes('f32x4.relaxed_madd')).toBe(relaxedFma)
    expect(text.includes('f32x4.relaxed_nmadd')).toBe(relaxedFma)
    const { exports, memory } = instantiate(m)
    const out = new Float32Array(memory.buffer)
    const twice = (a: number, b: number, c: number): number => f32(f32(a * b) + c)
    // The product of two floats is exact in double; so is its sum with a float that nearly cancels it.
    const once = (a: number, b: number, c: number): number => f32(a * b + c)
    let differ = 0
    for (const [a, b, c] of cases) {
      exports.run(a, b, c)
      const results = [...out.subarray(0, 10)]
      const cancels = c === f32(-a * b)
      if (relaxedFma && cancels) expect(results[0]).toBe(once(a, b, c))
      if (!relaxedFma) expect(results[0]).toBe(twice(a, b, c))
      if (once(a, b, c) !== twice(a, b, c)) differ++
      const negated = relaxedFma ? results[4] : twice(-a, b, c)
      expect(results).toEqual([...Array(4).fill(results[0]), ...Array(4).fill(negated), results[0], negated])
      exports.run(-a, b, c)
      expect(out[4], 'nmadd(-a, b, c) = madd(a, b, c)').toBe(results[0])
    }
    expect(differ).toBeGreaterThan(100)
  })
})

describe('locals', () => {
  it('reuses the locals of ended scopes, by wasm type', () => {
    const m = plain()
    m.func('reuse', {}, null, f => {
      for (let i = 0; i < 5; i++) {
        f.scope(() => {
          const v = f.local('f32x4', 0)
          f.store(0, v)
          const w = f.let(v.asI32x4())
          f.store(0, w)
        })
        f.scope(() => f.store(0, f.let(I32.load(4))))
        f.repeat(3, () => f.store(0, f.let(F32.load(4))))
      }
    })
    expect(disassemble(m.bytes())).toContain('(local v128 v128 i32 f32)')
  })

  it('tee sets and is the value', () => {
    const m = plain()
    m.export(
      m.func('run', { x: 'i32' }, 'i32', (f, { x }) => {
        const y = f.local('i32')
        return f.tee(y, x.add(3)).mul(y)
      }),
    )
    expect(instantiate(m).exports.run(2)).toBe(25)
  })

  const refuse = (what: string, body: (f: FunctionBuilder, x: LocalI32) => void): void =>
    it(`refuses ${what}`, () => {
      expect(() => plain().func('bad', { x: 'i32' }, null, (f, { x }) => body(f, x))).toThrow(EmitError)
    })
  refuse('an expression used twice', (f, x) => {
    const twice = x.add(1)
    f.store(0, twice.mul(twice))
  })
  refuse('a local that was never set', f => f.store(0, f.local('i32')))
  refuse('a local read outside its scope', f => {
    let escaped = I32.of(0)
    f.scope(() => {
      escaped = f.local('i32', 3)
    })
    f.store(0, escaped)
  })
  refuse('a branch to an ended block', f => {
    let stale: Label | undefined
    f.block(exit => {
      stale = exit
    })
    f.block(() => stale?.branch())
  })
  refuse('a step of 0', (f, x) => f.for(0, x, 0, () => {}))
  refuse('a result where there is none', (f, x) => f.return(x))
  refuse('memory offsets below 0', (f, x) => f.store(x, x, -1))

  it('refuses emission into a finished function', () => {
    const m = plain()
    let kept: FunctionBuilder | undefined
    m.func('done', {}, null, f => {
      kept = f
    })
    expect(() => kept?.store(0, I32.of(1))).toThrow('after the function was finished')
  })

  it('does not compile with mixed types', () => {
    const v = F32x4.of(1)
    const i = I32.of(1)
    const s = F32.of(1)
    const m = plain()
    const callee = m.func('callee', { x: 'f32' }, null, () => {})
    const wrong = (f: FunctionBuilder): void => {
      // @ts-expect-error a vector is no integer
      i.add(v)
      // @ts-expect-error a scalar must be splatted
      v.mul(s)
      // @ts-expect-error integer lanes must be reinterpreted
      v.add(v.asI32x4())
      // @ts-expect-error a local takes its own kind
      f.local('f32').set(i)
      // @ts-expect-error all three of one kind
      f.madd(v, v, s)
      // @ts-expect-error conditions are integers
      f.if(s, () => {})
      // @ts-expect-error the parameter is a float
      f.call(callee, { x: i })
      // @ts-expect-error the argument is missing
      f.call(callee, {})
      // @ts-expect-error no result
      f.let(f.call(callee, { x: s }))
      // @ts-expect-error the function must return an i32
      m.func('bad', {}, 'i32', () => s)
    }
    expect(wrong).toBeTypeOf('function')
  })
})

describe('memory', () => {
  it('copies and fills', () => {
    const m = plain()
    m.export(
      m.func('run', { n: 'i32' }, null, (f, { n }) => {
        f.memoryFill(100, 7, n)
        f.memoryCopy(102, 98, n)
      }),
    )
    const { exports, memory } = instantiate(m)
    const bytes = new Uint8Array(memory.buffer)
    bytes.set([1, 2], 98)
    exports.run(5)
    expect([...bytes.subarray(98, 109)]).toEqual([1, 2, 7, 7, 1, 2, 7, 7, 7, 0, 0])
  })
})
