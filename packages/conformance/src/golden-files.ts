// Reads the golden data from files. Node only.
import { readFileSync } from 'node:fs'
import { type Golden, type GoldenGroup, type GoldenLoader, goldenOf } from './golden/data.js'

export type * from './golden/data.js'

/** The URL of a file of the golden data. */
export const goldenUrl = (path: string): URL => new URL(`../golden/${path}`, import.meta.url)

/**
 * Loads a group of golden data.
 *
 * @throws RangeError if the case or tensor count is not the one that the group's JSON states.
 * @example
 * const losses = loadGolden('losses')
 * for (const c of losses.cases) test(c.id, () => check(losses.tensor(c.inputs[1]), losses.tensor(c.expected.value)))
 */
export function loadGolden<G extends GoldenGroup>(group: G): Golden<G> {
  const index = JSON.parse(readFileSync(goldenUrl(`${group}.json`), 'utf8'))
  return goldenOf(group, index, readFileSync(goldenUrl(index.tensors)))
}

/** The golden data of the package, read from files. */
export const goldenFiles: GoldenLoader = async group => loadGolden(group)
