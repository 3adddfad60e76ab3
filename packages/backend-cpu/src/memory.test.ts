// The allocator against a model: blocks never overlap, everything comes back, and the last byte is used.
import { BackendError } from '@strata/api/backend'
import { describe, expect, it } from 'vitest'
import { ALIGNMENT, LinearMemory } from './memory.js'
import { seeded } from './wasm/harness.test.util.js'

describe('LinearMemory', () => {
  it('gives aligned blocks that never overlap, and joins them when they come back', () => {
    const linear = new LinearMemory({ maximum: 64 * 65536 })
    const random = seeded(1)
    const live = new Map<number, number>()
    for (let i = 0; i < 3000; i++) {
      if (random() < 0.55) {
        const bytes = Math.floor(random() ** 3 * 40_000)
        const address = linear.alloc(bytes, 'test')
        expect(address % ALIGNMENT).toBe(0)
        expect(address + bytes).toBeLessThanOrEqual(linear.memory.buffer.byteLength)
        for (const [a, n] of live) expect(address + bytes <= a || a + n <= address, `${address} ${a}`).toBe(true)
        live.set(address, Math.max(1, bytes))
        if (live.size > 60) {
          const [first] = live.keys()
          linear.free(first)
          live.delete(first)
        }
      } else if (live.size > 0) {
        const addresses = [...live.keys()]
        const one = addresses[Math.floor(random() * addresses.length)]
        linear.free(one)
        live.delete(one)
      }
    }
    for (const a of live.keys()) linear.free(a)
    expect(linear.used).toBe(0)
    // One piece again: the whole memory fits.
    const all = linear.alloc(linear.available, 'test')
    expect(all).toBe(ALIGNMENT)
    expect(linear.memory.buffer.byteLength).toBe(64 * 65536)
    expect(linear.available).toBe(0)
  })

  it('keeps contents over growth, and refreshes its views', () => {
    const linear = new LinearMemory({ maximum: 64 * 65536 })
    const a = linear.alloc(64, 'test')
    linear.f32[a / 4] = 1.5
    const before = linear.f32
    linear.alloc(20 * 65536, 'test')
    expect(linear.f32 === before).toBe(false)
    expect(before.length).toBe(0)
    expect(linear.f32[a / 4]).toBe(1.5)
    expect(linear.i32[a / 4]).toBe(0x3fc00000)
  })

  it('says what was asked and what is free when it is full, and goes on', () => {
    const linear = new LinearMemory({ maximum: 4 * 65536 })
    const a = linear.alloc(65536, 'test')
    const full = (): unknown => linear.alloc(4 * 65536, 'test')
    expect(full).toThrow(BackendError)
    expect(full).toThrow(/262144 bytes asked.*196544 bytes free of 262144/)
    linear.free(a)
    expect(linear.alloc(4 * 65536 - ALIGNMENT, 'test')).toBe(ALIGNMENT)
    expect(() => linear.alloc(0, 'test')).toThrow(BackendError)
  })

  it('refuses an address that is not live', () => {
    const linear = new LinearMemory()
    const a = linear.alloc(1, 'test')
    linear.free(a)
    expect(() => linear.free(a)).toThrow(/address/)
  })
})
