// Every golden layer case on the CPU backend, compiled and fused: outputs, gradients and new states within the oracle's
// float32 bounds.
import { cpu } from '@strata/backend-cpu'
import { afterAll, describe, expect, test } from 'vitest'
import { type LayerCase, loadGolden } from '../golden-files.js'
import { callsOf } from './layers.js'
import { againstOracle, type Findings } from './layers-run.js'
import { GoldenReport } from './report.js'

const golden = loadGolden('layers')
const backend = await cpu()
const report = new GoldenReport('Layers: the CPU backend in units of the float32 bound of the oracle', 'layers-cpu')
afterAll(() => {
  report.write()
  const left = backend.memory()
  backend.dispose()
  expect([left.buffers, left.executables]).toEqual([0, 0])
})

const classes = [...new Set(golden.cases.map(c => c.layer))]
describe.each(classes)('%s', layer => {
  const cases: [string, LayerCase][] = golden.cases.filter(c => c.layer === layer).map(c => [c.id, c])
  test.each(cases)('%s', async (id, c) => {
    const findings: Findings[] = []
    for (const call of await callsOf(golden, c)) findings.push(await againstOracle(call, backend))
    report.add(layer, id, findings)
    expect(findings.flatMap(f => Object.values(f)).flatMap(r => r.failure ?? [])).toEqual([])
  })
})
