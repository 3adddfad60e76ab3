// Atomic instructions on shared memory: what they do alone (threads/pool.test.ts has several threads), and how they read.

import { describe, expect, it } from 'vitest'
import { disassemble } from './harness.test.util.js'
import { type FunctionBuilder, I32, I64, type LocalI32, ModuleBuilder } from './index.js'

type Numbers = Record<string, (...args: number[]) => number>

/** The exports of `name`(a, b) => body, on shared memory. */
function shared(body: (f: FunctionBuilder, a: LocalI32, b: LocalI32) => I32) {
  const m = new ModuleBuilder({ relaxedFma: false, memory: { shared: true, maximum: 2 } })
  m.export(m.func('run', { a: 'i32', b: 'i32' }, 'i32', (f, { a, b }) => body(f, a, b)))
  const bytes = m.bytes()
  const text = disassemble(bytes)
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true })
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } })
  return { run: (instance.exports as Numbers).run, words: new Int32Array(memory.buffer), memory, text }
}

describe('atomic instructions', () => {
  it('load and store 32 and 64 bits', () => {
    const { run, words, text } = shared((f, a, b) => {
      f.atomicStore(a, b, 4)
      f.atomicStore(a, I64.atomicLoad(a, 8).add(1n), 16)
      f.atomicFence()
      return I32.atomicLoad(a, 4)
    })
    words.set([0, 0, -1, 6])
    expect(run(0, -5)).toBe(-5)
    expect([...words.subarray(0, 6)]).toEqual([0, -5, -1, 6, 0, 7])
    expect(text).toMatch(/i32\.atomic\.store offset=4/)
    expect(text).toMatch(/i64\.atomic\.load offset=8/)
    expect(text).toMatch(/i64\.atomic\.store offset=16/)
    expect(text).toMatch(/atomic\.fence/)
    expect(text).toMatch(/\(memory \(;0;\) 1 2 shared\)/)
  })

  it('add, and give the value before', () => {
    const { run, words } = shared((f, a, b) => f.atomicAdd(a, b, 8))
    expect([run(4, 7), run(4, 0x7fffffff), run(4, -7)]).toEqual([0, 7, -0x7ffffffa])
    expect(words[3]).toBe(0x7fffffff)
  })

  it('exchange what is expected only', () => {
    const narrow = shared((f, a, b) => f.atomicCompareExchange(a, b, 9, 4))
    narrow.words[1] = 3
    expect([narrow.run(0, 2), narrow.run(0, 3), narrow.run(0, 3)]).toEqual([3, 3, 9])
    expect(narrow.words[1]).toBe(9)
    const wide = shared((f, a, b) => f.atomicCompareExchange(a, b.extendU().shl(32n), I64.of(5n), 8).shrU(32n).wrap())
    wide.words[3] = 3
    expect(wide.run(0, 2)).toBe(3)
    expect([...wide.words.subarray(2, 4)]).toEqual([0, 3])
    expect(wide.run(0, 3)).toBe(3)
    expect([...wide.words.subarray(2, 4)]).toEqual([5, 0])
  })

  it('wait for another value, or for some time, and notify nobody', () => {
    const { run, words } = shared((f, a, b) => f.atomicWait(a, b, 1_000_000n, 8))
    words[2] = 4
    expect(run(0, 3)).toBe(1)
    const start = performance.now()
    expect(run(0, 4)).toBe(2)
    expect(performance.now() - start).toBeGreaterThan(0.9)
    expect(shared((f, a, b) => f.atomicNotify(a, b, 4)).run(0, 3)).toBe(0)
  })

  it('trap at addresses that are not aligned', () => {
    const { run } = shared((_, a, b) => I32.atomicLoad(a, 2).add(b))
    expect(run(2, 1)).toBe(1)
    expect(() => run(0, 1)).toThrow(WebAssembly.RuntimeError)
  })

  it('must not be lost', () => {
    const lost = (): unknown =>
      shared((f, a, b) => {
        f.atomicAdd(a, b)
        return I32.of(0)
      })
    expect(lost).toThrow(/not used/)
    const { run, words } = shared((f, a, b) => {
      f.drop(f.atomicAdd(a, b))
      return I32.of(0)
    })
    run(0, 2)
    expect(words[0]).toBe(2)
  })
})
