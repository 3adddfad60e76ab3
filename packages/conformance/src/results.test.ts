// docs/results/conformance.md is up to date: it holds every line of the matrix with the number of checks that level full has now, and
// no failure. Its digits are those of the machine that made it.
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { checksOf } from './checks.js'
import { goldenFiles } from './golden-files.js'
import { MUTATIONS } from './mutation/index.js'
import { rowOf } from './report/report.js'
import { TIERS } from './tiers/result.js'

const RENEW = 'run `npm run conformance:results`'

test('the published results are those of the present suite', async () => {
  const text = await readFile(new URL('../../../docs/results/conformance.md', import.meta.url), 'utf8')
  const [tables, bugs] = text.split('## Planted bugs')
  const published = new Map<string, string[]>()
  for (const line of tables.split('\n')) {
    const [row, ...cells] = line
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim())
    if (row !== undefined && row !== '' && row !== '---') published.set(row, cells)
  }
  const counts = new Map<string, number>()
  for (const c of await checksOf('full', goldenFiles)) {
    const row = rowOf({ ...c, seed: 1, elements: 0, worst: 0 })
    counts.set(row, (counts.get(row) ?? 0) + 1)
  }
  expect([...published.keys()].sort(), RENEW).toEqual([...counts.keys()].sort())
  for (const [row, count] of counts) {
    // Two backends: passed, worst, passed, worst. A failure or a skip would stand beside the number.
    const [first, , second] = published.get(row) ?? []
    expect([row, first, second], RENEW).toEqual([row, String(count), String(count)])
  }
  expect(tables).not.toContain('failed')
  const caught = [...bugs.matchAll(/^\| (?!bug |---)(.*?) \| (\S+) \|/gm)].map(m => [m[1], m[2]])
  expect(
    caught.map(([name]) => name),
    RENEW,
  ).toEqual(MUTATIONS.map(m => m.name))
  expect(caught.filter(([, tier]) => !(TIERS as readonly string[]).includes(tier))).toEqual([])
})
