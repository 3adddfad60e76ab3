// Measures the envelopes of the golden trajectories again: node dist/golden/measure-envelopes.js [case...]
// Takes minutes for the smaller models, hours for model_a on one core.
import { readFileSync, writeFileSync } from 'node:fs'
import { loadGolden } from '../golden-files.js'
import { type Envelope, measureEnvelope } from './trajectory-envelope.js'

// In the sources: the file is data, not output.
const file = new URL('../../src/golden/trajectory-envelopes.json', import.meta.url)
const envelopes: Record<string, Envelope> = JSON.parse(readFileSync(file, 'utf8'))
const golden = loadGolden('trajectories')
const wanted = process.argv.slice(2)
for (const c of golden.cases) {
  if (wanted.length > 0 && !wanted.includes(c.id)) continue
  envelopes[c.id] = await measureEnvelope(golden, c)
  writeFileSync(file, `${JSON.stringify(envelopes, null, 2)}\n`)
}
