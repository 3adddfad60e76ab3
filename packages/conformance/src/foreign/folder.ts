// Finds foreign cases below a folder: folders with a model.onnx and its test_data_set_*, and JSON files of WebNN cases.
import { readdir, readFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { DataError, FileError } from '@strata/api/backend'
import { type ForeignCase, type ForeignTensor, Unmapped, type UnreadCase } from './case.js'
import { decodeModel, decodeTensor, type OnnxModel } from './onnx-proto.js'
import { webnnCases } from './webnn-json.js'

/** The tensors input_0.pb, input_1.pb, ... of a data set, by the names of the model. */
async function dataOf(
  folder: string,
  prefix: 'input' | 'output',
  names: OnnxModel['inputs'],
): Promise<Record<string, ForeignTensor>> {
  const tensors: Record<string, ForeignTensor> = {}
  for (const [i, { name, dtype }] of names.entries()) {
    if (name === '') continue
    if (dtype === null) throw new Unmapped(`${prefix} '${name}' is no tensor`)
    let bytes: Uint8Array
    try {
      bytes = await readFile(join(folder, `${prefix}_${i}.pb`))
    } catch {
      continue
    }
    tensors[name] = decodeTensor(bytes)
  }
  return tensors
}

async function onnxCase(folder: string, set: string, name: string): Promise<ForeignCase | UnreadCase> {
  try {
    const { version, nodes, initializers, inputs, outputs } = decodeModel(await readFile(join(folder, 'model.onnx')))
    // Early models list initializers among the inputs; the files hold the others.
    const given = await dataOf(
      join(folder, set),
      'input',
      inputs.filter(i => !(i.name in initializers)),
    )
    const expected = await dataOf(join(folder, set), 'output', outputs)
    if (Object.keys(expected).length === 0) return { name, reason: 'no expected output' }
    return { name, dialect: 'onnx', version, nodes, inputs: { ...initializers, ...given }, expected }
  } catch (e) {
    if (e instanceof Unmapped) return { name, reason: e.message }
    if (e instanceof Error) return { name, reason: `cannot be read: ${e.message}` }
    throw e
  }
}

async function casesOf(root: string, folder: string): Promise<(ForeignCase | UnreadCase)[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))
  const name = relative(root, folder) || basename(folder)
  if (entries.some(e => e.isFile() && e.name === 'model.onnx')) {
    const sets = entries.filter(e => e.isDirectory() && e.name.startsWith('test_data_set_')).map(e => e.name)
    if (sets.length === 0) return [{ name: `onnx/${name}`, reason: 'no test_data_set' }]
    const cases = sets.map((set, i) => onnxCase(folder, set, i === 0 ? `onnx/${name}` : `onnx/${name}/${set}`))
    return Promise.all(cases)
  }
  const cases: (ForeignCase | UnreadCase)[] = []
  for (const e of entries) {
    const path = join(folder, e.name)
    if (e.isDirectory()) cases.push(...(await casesOf(root, path)))
    else if (e.name.endsWith('.json')) cases.push(...webnnCases(await readFile(path, 'utf8'), relative(root, path)))
  }
  return cases
}

/**
 * All cases below a folder, in order of their paths.
 * @throws FileError if there is no such folder
 * @throws DataError if it holds no cases
 */
export async function readForeign(folder: string): Promise<(ForeignCase | UnreadCase)[]> {
  let cases: (ForeignCase | UnreadCase)[]
  try {
    cases = await casesOf(folder, folder)
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause
    throw new FileError({ where: folder, what: `cannot be read: ${cause.message}`, cause })
  }
  if (cases.length > 0) return cases
  const expected = 'folders with a model.onnx and test_data_set_*, or JSON files of WebNN tests'
  throw new DataError({ where: folder, what: 'no foreign cases', expected })
}
