// The test of 256-bit vectors.

import { ArgumentError } from '@strata/api/backend'
import { describe, expect, it } from 'vitest'
import { cpu } from './backend.js'
import { revectorize } from './revectorize.js'
import { chooseTile } from './tile.js'

const major = Number.parseInt(process.versions.node, 10)

describe('revectorize', () => {
  it('answers the same for the whole process, and never before Node 24', async () => {
    const first = await revectorize(true)
    expect(await revectorize(true)).toBe(first)
    if (major < 24) expect(first).toBe(false)
  })
  it('is an option of the backend', async () => {
    const backend = await cpu({ threads: 1, revectorize: false })
    expect(backend.name).toBe('cpu')
    backend.dispose()
    // @ts-expect-error: not a boolean
    await expect(cpu({ revectorize: 1 })).rejects.toThrow(ArgumentError)
  })
  it('has tiles of whole 256-bit vectors', () => {
    expect(chooseTile(true, true).nr % 8).toBe(0)
  })
})
