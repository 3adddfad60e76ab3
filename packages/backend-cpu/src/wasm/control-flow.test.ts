// Loops, choices, labels, returns: what runs, in which order, how often.

import { describe, expect, it } from 'vitest'
import { instantiate } from './harness.test.util.js'
import { F32, F32x4, type FunctionBuilder, I32, I64, type LocalI32, ModuleBuilder } from './index.js'

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

describe('switch', () => {
  it('runs the case of the index, then goes on; others run none', () => {
    for (const cases of [0, 1, 2, 5]) {
      const run = traced((f, a, _b, push) => {
        f.switch(
          a,
          Array.from({ length: cases }, (_, i) => () => {
            const twice = f.let(I32.of(2 * i))
            push(twice.add(100))
          }),
        )
        push(I32.of(1))
      })
      for (let i = -1; i <= cases; i++) expect(run(i)).toEqual(i >= 0 && i < cases ? [100 + 2 * i, 1] : [1])
    }
  })

  it('may branch around, and be nested', () => {
    const run = traced((f, a, b, push) =>
      f.loop(again => {
        f.switch(a, [
          () => f.switch(b, [() => push(I32.of(7)), () => push(I32.of(8))]),
          () => {
            a.set(0)
            again.branch()
          },
        ])
        push(I32.of(9))
      }),
    )
    expect([run(0, 0), run(1, 1), run(2, 0)]).toEqual([[7, 9], [8, 9], [9]])
  })
})

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
