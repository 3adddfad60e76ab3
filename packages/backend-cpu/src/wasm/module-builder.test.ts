// Modules: calls, imports, globals, data, names, size; the text of two small kernels.

import { describe, expect, it } from 'vitest'
import { disassemble, features, fmaPaths, instantiate } from './harness.test.util.js'
import { detectFeatures, EmitError, F32, F32x4, type FunctionHandle, I32, ModuleBuilder } from './index.js'

const plain = (): ModuleBuilder => new ModuleBuilder({ relaxedFma: false })

/** The example of function-builder.ts. */
function example(relaxedFma: boolean): ModuleBuilder {
  const m = new ModuleBuilder({ relaxedFma, name: 'example' })
  const axpy = m.func('axpy', { n: 'i32', a: 'f32', x: 'i32', y: 'i32' }, null, (f, { n, a, x, y }) => {
    const av = f.let(F32x4.splat(a), 'av')
    f.repeat(n.shrU(4), () => {
      for (let u = 0; u < 64; u += 16) {
        f.store(y, f.madd(av, F32x4.load(x, u), F32x4.load(y, u)), u)
      }
      x.inc(64)
      y.inc(64)
    })
    f.repeat(n.and(15), () => {
      f.store(y, f.madd(a, F32.load(x), F32.load(y)))
      x.inc(4)
      y.inc(4)
    })
  })
  m.export(axpy)
  const sum = m.func('sum', { x: 'i32', n: 'i32' }, 'f32', (f, { x, n }) => {
    const acc = f.local('f32x4', 0)
    f.forPointer(x, x.add(n.shl(2)), 16, p => acc.set(acc.add(F32x4.load(p))))
    const pair = f.let(acc.add(acc.shuffle(acc, [2, 3, 0, 1])))
    return pair.lane(0).add(pair.lane(1))
  })
  m.export(sum)
  return m
}

describe('the example kernels', () => {
  it.each(fmaPaths)('relaxedFma %s: compute', relaxedFma => {
    const { exports, memory } = instantiate(example(relaxedFma))
    const data = new Float32Array(memory.buffer)
    for (const n of [0, 1, 15, 16, 17, 35, 64]) {
      for (let i = 0; i < 200; i++) data[i] = i
      exports.axpy(n, 2, 0, 400)
      expect([...data.subarray(90, 190)]).toEqual(
        Array.from({ length: 100 }, (_, i) => i + 90 + (i >= 10 && i < 10 + n ? 2 * (i - 10) : 0)),
      )
    }
    for (let i = 0; i < 200; i++) data[i] = i
    for (const n of [0, 4, 16, 64]) expect(exports.sum(8, n)).toBe((n * (n - 1)) / 2 + 2 * n)
  })

  it('have this text', () => {
    expect(disassemble(example(true).bytes())).toMatchSnapshot()
  })
})

describe('modules', () => {
  it('call by name, forward and recursively, with and without results', () => {
    const m = plain()
    const odd = m.declare('odd', { n: 'i32' }, 'i32')
    const even = m.func('even', { n: 'i32' }, 'i32', (f, { n }) => {
      f.if(n.eqz(), () => f.return(I32.of(1)))
      return f.call(odd, { n: n.sub(1) })
    })
    m.define(odd, (f, { n }) => {
      f.if(n.eqz(), () => f.return(I32.of(0)))
      return f.call(even, { n: n.sub(1) })
    })
    const put = m.func('put', { at: 'i32', value: 'f32' }, null, (f, { at, value }) => f.store(at, value))
    m.export(
      m.func('run', { n: 'i32' }, 'i32', (f, { n }) => {
        // Arguments by name, whatever their order here.
        f.call(put, { value: 2.5, at: n })
        f.drop(f.call(odd, { n }))
        return f.call(even, { n })
      }),
    )
    const { exports, view } = instantiate(m)
    for (const n of [0, 1, 2, 9, 10]) {
      expect(exports.run(n)).toBe(1 - (n % 2))
      expect(view.getFloat32(n, true)).toBe(2.5)
    }
  })

  it('import functions', () => {
    const m = plain()
    const log = m.importFunc('host', 'log', { x: 'f32' }, 'f32')
    m.export(m.func('run', { x: 'f32' }, 'f32', (f, { x }) => f.call(log, { x }).add(1)))
    const module = new WebAssembly.Module(m.bytes())
    disassemble(m.bytes())
    const memory = new WebAssembly.Memory({ initial: 1 })
    const { exports } = new WebAssembly.Instance(module, { env: { memory }, host: { log: Math.log2 } })
    expect((exports.run as (x: number) => number)(8)).toBe(4)
    expect(() => m.importFunc('host', 'late', {}, null)).toThrow(EmitError)
  })

  it('hold globals and data', () => {
    const m = plain()
    const counter = m.global('counter', 'i32', 5)
    const scale = m.global('scale', 'f32x4', 3, false)
    m.export(counter)
    m.data(100, new Uint8Array([1, 2, 3]))
    m.data(70000, new Uint8Array([9]))
    m.export(
      m.func('next', {}, 'i32', f => {
        f.setGlobal(counter, f.getGlobal(counter).add(1))
        f.store(0, f.getGlobal(scale))
        return f.getGlobal(counter)
      }),
    )
    const { exports, memory, instance } = instantiate(m, {}, 2)
    expect([exports.next(), exports.next()]).toEqual([6, 7])
    const exported = instance.exports.counter
    expect(exported).toBeInstanceOf(WebAssembly.Global)
    expect(exported instanceof WebAssembly.Global && exported.value).toBe(7)
    expect([...new Float32Array(memory.buffer, 0, 4)]).toEqual([3, 3, 3, 3])
    expect([...new Uint8Array(memory.buffer, 99, 5)]).toEqual([0, 1, 2, 3, 0])
    expect(new Uint8Array(memory.buffer)[70000]).toBe(9)
    expect(() => m.func('bad', {}, null, f => f.setGlobal(scale, 1))).toThrow('not mutable')
  })

  it('import shared memory and its limits', () => {
    const m = new ModuleBuilder({
      relaxedFma: false,
      memory: { shared: true, initial: 2, maximum: 65536, module: 'e', name: 'm' },
    })
    m.export(m.func('run', {}, 'f32', () => F32.load(70000)))
    expect(disassemble(m.bytes())).toContain('(import "e" "m" (memory (;0;) 2 65536 shared))')
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536, shared: true })
    new Float32Array(memory.buffer)[17500] = 4
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.bytes()), { e: { m: memory } })
    expect((exports.run as () => number)()).toBe(4)
    expect(() => new ModuleBuilder({ relaxedFma: false, memory: { shared: true } })).toThrow('maximum')
    expect(() => new ModuleBuilder({ relaxedFma: false, memory: { initial: 70000 } })).toThrow('got 70000')
    expect(() => new ModuleBuilder({ relaxedFma: false, memory: { initial: 3, maximum: 2 } })).toThrow('got 2')
  })

  it('carry names into traps', () => {
    const m = plain()
    const inner = m.func('gemm_6x8_tail', {}, null, f => f.unreachable())
    m.export(m.func('outer', {}, null, f => f.call(inner, {})))
    const { exports } = instantiate(m)
    let stack = ''
    try {
      exports.outer()
    } catch (error) {
      stack = error instanceof Error ? (error.stack ?? '') : ''
    }
    expect(stack).toContain('gemm_6x8_tail')
  })

  it('share types, and stay small with thousands of functions', () => {
    const m = plain()
    const calls: FunctionHandle<{ p: 'i32' }, 'i32'>[] = []
    for (let i = 0; i < 3000; i++) {
      calls.push(
        m.func(`f${i}`, { p: 'i32' }, 'i32', (f, { p }) => {
          for (let u = 0; u < 12; u++) f.store(p, F32x4.load(p, u * 16).add(F32x4.loadSplat(p, 4)), u * 16)
          const before = calls[i - 1]
          return before === undefined ? I32.of(1) : f.call(before, { p }).add(1)
        }),
      )
    }
    m.export(calls[2999])
    const bytes = m.bytes()
    expect(bytes.length).toBeGreaterThan(500_000)
    expect(disassemble(bytes).match(/\(type /g)?.length).toBe(1 + 3000)
    expect(instantiate(m).exports.f2999(0)).toBe(3000)
  })

  it('refuse what cannot be a module', () => {
    const m = plain()
    const later = m.declare('later', {}, null)
    expect(() => m.bytes()).toThrow('later: declared but never defined')
    m.define(later, () => {})
    expect(() => m.define(later, () => {})).toThrow('has a body already')
    expect(() => plain().define(later, () => {})).toThrow('not declared by this module')
    m.export(later)
    expect(() => m.export(later)).toThrow("export 'later' exists already")
    expect(() => m.export(m.func('v', { v: 'f32x4' }, null, () => {}))).toThrow('vectors cannot cross')
    expect(() => m.func('n', { 0: 'i32' }, null, () => {})).toThrow('parameter name')
    expect(() => m.data(-1, new Uint8Array(1))).toThrow('got -1')
    const value = m.func('value', {}, 'i32', () => I32.of(1))
    expect(() => m.func('lost', {}, null, f => void f.call(value, {}))).toThrow('the result of a call is not used')
  })
})

describe('features', () => {
  it('are what the engine validates', async () => {
    expect(features.simd).toBe(true)
    expect(features.relaxedFma).toBe(WebAssembly.validate(example(true).bytes()))
    expect(features.threads).toBe(true)
    expect(await detectFeatures({ relaxedFma: false })).toEqual({ ...features, relaxedFma: false })
    const misspelt: object = { relaxedFMA: false }
    await expect(detectFeatures(misspelt)).rejects.toThrow("unknown option 'relaxedFMA'")
  })

  it('include fused multiply-add on every Node that is supported', () => {
    expect(features.relaxedFma).toBe(true)
  })
})
