// Control flow, locals, calls and both ways to multiply and add; and that misuse is refused.

import { describe, expect, it } from 'vitest'
import { disassemble, fmaPaths, instantiate, seeded } from './harness.test.util.js'
import {
  EmitError,
  F32,
  F32x4,
  type FunctionBuilder,
  I32,
  I64,
  type Label,
  type LocalI32,
  ModuleBuilder,
} from './index.js'

const f32 = Math.fround
const plain = (): ModuleBuilder => new ModuleBuilder({ relaxedFma: false })

/** The function whose body appends the values it is given to memory from address 4; the count at 0. */
function traced(body: (f: FunctionBuilder, a: LocalI32, b: LocalI32, push: (v: I32) => void) => void) {
  const m = plain()
  m.export(
    m.func('run', { a: 'i32', b: 'i32' }, null, (f, { a, b }) => {
      const end = f.local('i32', 4, 'end')
      body(f, a, b, v => {
        f.store(end, v)
        end.inc(4)
      })
      f.store(0, end.sub(4).shrU(2))
    }),
  )
  const { exports, memory } = instantiate(m)
  const words = new Int32Array(memory.buffer)
  return (a = 0, b = 0): number[] => {
    exports.run(a, b)
    return [...words.subarray(1, 1 + words[0])]
  }
}

const counted = (from: number, to: number, step: number): number[] => {
  const out: number[] = []
  for (let i = from; step > 0 ? i < to : i > to; i += step) out.push(i)
  return out
}

describe('loops', () => {
  const bounds = [-7, -1, 0, 1, 2, 5, 8, 13]
  it.each([1, 3, 4, -1, -3])('for, step %d: 0, 1 and n trips, constant and dynamic bounds', step => {
    const dynamic = traced((f, a, b, push) => f.for(a, b, step, push))
    const expression = traced((f, a, b, push) => f.for(a.add(1), b.mul(3), step, push))
    for (const from of bounds) {
      const half = traced((f, _a, b, push) => f.for(from, b, step, push))
      for (const to of bounds) {
        expect(dynamic(from, to)).toEqual(counted(from, to, step))
        expect(half(0, to)).toEqual(counted(from, to, step))
        expect(expression(from, to)).toEqual(counted(from + 1, to * 3, step))
        expect(traced((f, _a, _b, push) => f.for(from, to, step, push))()).toEqual(counted(from, to, step))
      }
    }
  })

  it('forPointer compares without sign', () => {
    const run = traced((f, a, b, push) => f.forPointer(a, b, 16, push))
    const start = 0x7ffffff0
    expect(run(start, (start + 48) | 0)).toEqual([start, start + 16, start + 32].map(x => x | 0))
    expect(run(-32, 16)).toEqual([])
    const fixed = traced((f, _a, _b, push) => f.forPointer(0x7ffffff0, 0x80000010, 16, push))
    expect(fixed()).toEqual([0x7ffffff0, -0x80000000])
  })

  it('repeat, while and doWhile', () => {
    for (const n of [0, 1, 2, 7]) {
      const ones = Array<number>(n).fill(1)
      expect(traced((f, a, _b, push) => f.repeat(a, () => push(I32.of(1))))(n)).toEqual(ones)
      expect(traced((f, _a, _b, push) => f.repeat(n, () => push(I32.of(1))))()).toEqual(ones)
      const loop = traced((f, a, _b, push) =>
        f.while(
          () => a.gtS(0),
          () => {
            push(a)
            a.inc(-1)
          },
        ),
      )
      expect(loop(n)).toEqual(counted(n, 0, -1))
      const once = traced((f, a, _b, push) =>
        f.doWhile(
          () => {
            push(a)
            a.inc(-1)
          },
          () => a.gtS(0),
        ),
      )
      expect(once(n)).toEqual(n === 0 ? [0] : counted(n, 0, -1))
    }
  })

  it('nests, leaves and continues by label', () => {
    const run = traced((f, a, b, push) =>
      f.block(done =>
        f.for(0, a, 1, i =>
          f.block(next =>
            f.for(0, b, 1, j => {
              next.branchIf(j.gtS(i))
              done.branchIf(i.mul(j).eq(6))
              f.if(j.eq(1), () => next.branch())
              push(i.mul(10).add(j))
            }),
          ),
        ),
      ),
    )
    expect(run(4, 4)).toEqual([0, 10, 20, 30])
    const all = traced((f, a, b, push) =>
      f.block(done =>
        f.for(0, a, 1, i =>
          f.for(0, b, 1, j => {
            done.branchIf(i.mul(j).eq(6))
            push(i.mul(10).add(j))
          }),
        ),
      ),
    )
    const expected: number[] = []
    outer: for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 4; j++) {
        if (i * j === 6) break outer
        expected.push(i * 10 + j)
      }
    }
    expect(all(4, 4)).toEqual(expected)
  })
})

describe('choice', () => {
  it('if, else, constant conditions, select', () => {
    const run = traced((f, a, b, push) => {
      f.if(a, () => push(I32.of(1)))
      f.if(
        a.ltS(b),
        () => push(I32.of(2)),
        () => push(I32.of(3)),
      )
      f.if(I32.of(0), () => push(I32.of(4)))
      f.if(
        I32.of(0),
        () => push(I32.of(5)),
        () => push(I32.of(6)),
      )
      f.if(I32.of(9), () => push(I32.of(7)))
      push(f.select(a.ltS(b), a, b))
      push(f.select(a, F32x4.splat(a.toF32S()), F32x4.of(-1)).lane(2).toI32S())
      push(f.select(a, F32.of(2), F32.of(3)).toI32S())
      push(f.select(a, I64.of(4n), I64.of(5n)).wrap())
    })
    expect(run(0, 5)).toEqual([2, 6, 7, 0, -1, 3, 5])
    expect(run(8, 5)).toEqual([1, 3, 6, 7, 5, 8, 2, 4])
  })

  it('returns early, and traps', () => {
    const m = plain()
    m.export(
      m.func('sign', { x: 'i32' }, 'i32', (f, { x }) => {
        f.if(x.eq(0), () => f.return(I32.of(0)))
        f.if(x.eq(99), () => f.unreachable())
        return f.select(x.ltS(0), I32.of(-1), I32.of(1))
      }),
    )
    m.export(
      m.func('stop', { p: 'i32' }, null, (f, { p }) => {
        f.if(p.eq(0), () => f.return())
        f.store(p, I32.of(5))
      }),
    )
    const { exports: e, view } = instantiate(m)
    expect([e.sign(-4), e.sign(0), e.sign(4)]).toEqual([-1, 0, 1])
    expect(() => e.sign(99)).toThrow(WebAssembly.RuntimeError)
    e.stop(0)
    e.stop(8)
    expect([view.getInt32(0, true), view.getInt32(8, true)]).toEqual([0, 5])
  })
})

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
