// Every golden layer case on the float64 oracle: outputs, gradients and new states are Keras's, within float64 rounding.
import { ops } from '@strata/api'
import { afterAll, describe, expect, test } from 'vitest'
import { type LayerCase, loadGolden } from '../golden-files.js'
import { callsOf, configOf, layerOf } from './layers.js'
import { CONVENTIONS } from './layers-conventions.js'
import { againstKeras, type Findings, KERAS_ROUNDING } from './layers-run.js'
import { GoldenReport } from './report.js'

const golden = loadGolden('layers')
const title = `Layers: the float64 oracle against Keras, in units of ${KERAS_ROUNDING} bounds of float64 rounding`
const report = new GoldenReport(title, 'layers-keras')
afterAll(() => report.write())

const classes = [...new Set(golden.cases.map(c => c.layer))]
describe.each(classes)('%s', layer => {
  const cases: [string, LayerCase][] = golden.cases.filter(c => c.layer === layer).map(c => [c.id, c])
  test.each(cases)('%s', async (id, c) => {
    const conventions = CONVENTIONS.filter(v => v.id === id)
    const findings: Findings[] = []
    for (const call of await callsOf(golden, c)) {
      expect(Object.keys(call.expected)).toContain('output')
      findings.push(await againstKeras(call, conventions))
    }
    report.add(layer, id, findings)
    expect(findings.flatMap(f => Object.values(f)).flatMap(r => r.failure ?? [])).toEqual([])
  })
})

test.each(classes)('a relative error of 2^-30 in the output of %s is found', async layer => {
  const c = golden.cases.find(g => g.layer === layer)!
  const [call] = await callsOf(golden, c)
  const outputs = { ...call.outputs, output: ops.mul(call.outputs.output, 1 + 2 ** -30) }
  const { output } = await againstKeras({ ...call, outputs }, [])
  expect(output.failure?.what).toBe('error beyond the bound')
})

test('every convention belongs to a case and a result', () => {
  for (const { id, result } of CONVENTIONS) {
    const c = golden.cases.find(g => g.id === id)
    expect(c, id).toBeDefined()
    expect(c !== undefined && 'expected' in c && (result in c.expected || result === 'grad_input_0')).toBe(true)
  }
})

test('every golden configuration survives getConfig', () => {
  for (const c of golden.cases) {
    const layer = layerOf(c)
    const config = layer.getConfig()
    const again = layerOf({ ...c, layer: layer.className, config })
    expect(again.getConfig()).toEqual(config)
    if (!c.layer.startsWith('function:'))
      expect(Object.keys(config)).toEqual(expect.arrayContaining(Object.keys(configOf(c.config))))
  }
})
