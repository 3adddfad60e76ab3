// @strata/conformance/foreign: test cases of ONNX and WebNN on a backend. Node only.
import { ArgumentError, type Backend } from '@strata/api/backend'
import type { TierResult, Token } from '../tiers/result.js'
import { readForeign } from './folder.js'
import { foreignTier } from './run.js'

export type { ForeignCase, ForeignNode, ForeignTensor, UnreadCase } from './case.js'
export { readForeign } from './folder.js'
export { foreignTier, mappedOperators } from './run.js'
export { webnnCases } from './webnn-json.js'

export interface ForeignOptions {
  /** Ends the run after the case that is running. */
  readonly signal?: AbortSignal
  /** Called after each case. */
  readonly onProgress?: (result: TierResult, done: number, total: number) => void
  /** One case alone: the JSON of a replay command. */
  readonly token?: string
}

/**
 * Runs all cases below a folder. What is not mapped to our kernels is skipped with the reason.
 *
 * @param open opens the backend, which is disposed at the end
 * @throws FileError, DataError if there are no cases; ArgumentError if no case has the token's name
 * @example const results = await runForeign(() => cpu(), 'onnx/backend/test/data/node')
 */
export async function runForeign(
  open: () => Promise<Backend>,
  folder: string,
  { signal, onProgress, token }: ForeignOptions = {},
): Promise<TierResult[]> {
  let cases = await readForeign(folder)
  if (token !== undefined) {
    const { case: name }: Token = JSON.parse(token)
    cases = cases.filter(c => c.name === name)
    if (cases.length === 0) throw new ArgumentError({ where: folder, what: 'no foreign case', got: name })
  }
  const backend = await open()
  const results: TierResult[] = []
  try {
    for (const c of cases) {
      if (signal?.aborted === true) break
      const result = await foreignTier(backend, c)
      results.push(result)
      onProgress?.(result, results.length, cases.length)
      // Timers and input run between cases.
      if (results.length % 16 === 0) await new Promise(resolve => setTimeout(resolve))
    }
  } finally {
    backend.dispose()
  }
  return results
}
