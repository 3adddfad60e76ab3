// Peers agree with Strata on the seed network, and one that does not is not timed.

import { describe, expect, it } from 'vitest'
import { type CompareOptions, compare } from './compare.js'
import { type Implementation, implementations, REFERENCE } from './implementations.js'
import type { Peer } from './peer.js'
import { versionOf } from './peers/optional.js'
import { WORKLOADS, type Workload } from './workloads.js'

const ALL = implementations({ threads: 2, withoutFma: true, webThreads: 1 })
const find = (id: string): Implementation => {
  const found = ALL.find(i => i.id === id)
  if (found === undefined) throw new Error(`no implementation ${id}`)
  return found
}
const reference = find(REFERENCE)
const options = (signal = new AbortController().signal): CompareOptions => ({
  samples: 1,
  budget: 1,
  limit: 60_000,
  seed: 1,
  warmUp: 0,
  signal,
  say: () => undefined,
})
const small = (network: 'plain' | 'bn', kind: Workload['kind']): Workload => ({
  id: `${network}/${kind}/b2`,
  network,
  kind,
  batch: 2,
})
const disturbed = (id: string, change: (peer: Peer) => Partial<Peer>): Implementation => ({
  ...reference,
  id,
  label: id,
  sameBits: false,
  async open(w, weights) {
    const peer = await reference.open(w, weights)
    return { ...peer, ...change(peer) }
  },
})

const PEERS = [
  ['strata-n', null],
  ['strata-1-nofma', null],
  ['ort-node-1', 'onnxruntime-node'],
  ['ort-web', 'onnxruntime-web'],
  ['tfjs-wasm', '@tensorflow/tfjs-backend-wasm'],
  ['jax-js', '@jax-js/jax'],
] as const

describe.each(['plain', 'bn'] as const)('%s: whoever is installed', network => {
  it('predicts what Strata predicts', async () => {
    const peers = PEERS.map(([id]) => find(id))
    const { cells } = await compare(small(network, 'forward'), peers, reference, options())
    expect(cells.map(c => [c.implementation, c.status, c.reason])).toEqual(
      PEERS.map(([id, needs]) => {
        const installed = needs === null || versionOf(needs) !== null
        return installed ? [id, 'measured', undefined] : [id, 'cannot', expect.stringContaining('an installed package')]
      }),
    )
  })
  it('trains as Strata trains', async () => {
    const { cells, flops } = await compare(small(network, 'train'), [find('jax-js')], reference, options())
    expect(cells).toMatchObject([{ status: versionOf('@jax-js/jax') === null ? 'cannot' : 'measured' }])
    // Three times the forward pass, without the gradient of the images: 40.6 MFLOP an image forward.
    expect(flops / 2 / 40.6e6).toBeGreaterThan(2.9)
    expect(flops / 2 / 40.6e6).toBeLessThan(3)
  })
})

describe('what is not right', () => {
  it('is caught in predictions', async () => {
    const slightly = disturbed('slightly', peer => ({
      predict: async batch => (await peer.predict(batch)).map((p, i) => (i === 7 ? p + 0.001 : p)),
    }))
    const { cells } = await compare(small('bn', 'forward'), [reference, slightly], reference, options())
    expect(cells).toMatchObject([
      { status: 'measured' },
      { status: 'wrong', samples: [], reason: expect.stringMatching(/probabilities off by .* times the bound/) },
    ])
  })

  it('is caught in weights that differ in one number', async () => {
    const other: Implementation = {
      ...disturbed('other', () => ({})),
      open: (w, weights) =>
        reference.open(
          w,
          weights.map((v, k) => (k === 4 ? v.map((x, i) => (i === 3 ? x + 0.5 : x)) : v)),
        ),
    }
    const { cells } = await compare(small('plain', 'forward'), [other], reference, options())
    expect(cells).toMatchObject([{ status: 'wrong' }])
  })

  it('is caught in gradients, by the second loss', async () => {
    const frozen = disturbed('frozen', peer => {
      let first: number | undefined
      return {
        step: async batch => {
          first ??= await peer.step(batch)
          return first
        },
      }
    })
    const { cells } = await compare(small('bn', 'train'), [frozen], reference, options())
    expect(cells).toMatchObject([{ status: 'wrong', reason: expect.stringMatching(/^loss of step 2 off by/) }])
  })

  it('is an error, which others survive unless it is ours', async () => {
    const failing = (id: string): Implementation => ({
      ...disturbed(id, () => ({})),
      open: () => Promise.reject(new RangeError('out of memory')),
    })
    const { cells } = await compare(small('plain', 'forward'), [failing('peer'), reference], reference, options())
    expect(cells).toMatchObject([{ status: 'failed', reason: 'out of memory' }, { status: 'measured' }])
    const ours = compare(small('plain', 'forward'), [failing('strata-n')], reference, options())
    await expect(ours).rejects.toThrow('out of memory')
  })

  it('is caught in bits where bits are promised', async () => {
    const { cells } = await compare(
      small('plain', 'forward'),
      [{ ...find('strata-1-nofma'), sameBits: true }],
      reference,
      options(),
    )
    expect(cells).toMatchObject([{ status: 'wrong', reason: 'other bits than with one thread' }])
  })
})

it('says what cannot be done, what would take too long, and what was cancelled', async () => {
  const training = small('plain', 'train')
  const one = await compare(training, [find('ort-web'), find('tfjs-wasm')], reference, options())
  expect(one.cells.map(c => [c.status, c.reason])).toEqual([
    ['cannot', expect.stringMatching(/does not train/)],
    ['cannot', expect.stringMatching(/Conv2DBackpropFilter/)],
  ])
  const two = await compare(training, [find('tfjs-cpu')], reference, { ...options(), limit: 1000 })
  expect(two.cells).toMatchObject([
    { status: 'skipped', reason: expect.stringMatching(/about \d+ s a run, limit 1 s/) },
  ])
  const three = await compare(training, [reference], reference, options(AbortSignal.abort()))
  expect(three.cells).toMatchObject([{ status: 'cancelled', samples: [] }])
})

it('has workloads of different names', () => {
  expect(new Set(WORKLOADS.map(w => w.id)).size).toBe(8)
})
