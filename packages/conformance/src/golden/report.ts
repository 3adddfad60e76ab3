// A summary of golden tests by layer: cases, elements, worst ratio of error to bound. Written where STRATA_GOLDEN_REPORT says.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Findings } from './layers-run.js'

interface Row {
  cases: number
  results: number
  elements: number
  worst: number
  worstAt: string
}

export class GoldenReport {
  private readonly rows = new Map<string, Row>()
  /** @param title what was compared, for the heading @param name file name without extension */
  constructor(
    readonly title: string,
    readonly name: string,
  ) {}

  /** Adds what a case gave, one entry per call. */
  add(layer: string, id: string, calls: readonly Findings[]): void {
    const row = this.rows.get(layer) ?? { cases: 0, results: 0, elements: 0, worst: 0, worstAt: '' }
    row.cases++
    for (const [result, { elements, worst }] of calls.flatMap(c => Object.entries(c))) {
      row.results++
      row.elements += elements
      if (worst > row.worst) {
        row.worst = worst
        row.worstAt = `${id} ${result}`
      }
    }
    this.rows.set(layer, row)
  }

  /** Writes <name>.json and <name>.md if STRATA_GOLDEN_REPORT names a folder. */
  write(folder: string | undefined = process.env.STRATA_GOLDEN_REPORT): void {
    if (folder === undefined || folder === '') return
    mkdirSync(folder, { recursive: true })
    const rows = [...this.rows].map(([layer, row]) => ({ layer, ...row }))
    writeFileSync(join(folder, `${this.name}.json`), `${JSON.stringify({ title: this.title, rows }, null, 2)}\n`)
    const lines = rows.map(
      r => `| ${r.layer} | ${r.cases} | ${r.results} | ${r.elements} | ${r.worst.toPrecision(3)} | ${r.worstAt} |`,
    )
    const head = ['| layer | cases | results | elements | worst error / bound | at |', '|---|---|---|---|---|---|']
    writeFileSync(join(folder, `${this.name}.md`), `# ${this.title}\n\n${[...head, ...lines].join('\n')}\n`)
  }
}
