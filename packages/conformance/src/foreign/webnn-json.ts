// Reads cases in the shape of the WebNN conformance tests of the Web Platform Tests, as JSON:
// { tests: [{ name, graph: { inputs, operators, expectedOutputs } }] }, or the list alone.
import { type ForeignCase, type ForeignNode, type ForeignTensor, Unmapped, type UnreadCase } from './case.js'

type Json = Readonly<Record<string, unknown>>
const isObject = (v: unknown): v is Json => typeof v === 'object' && v !== null && !Array.isArray(v)
const isNames = (v: unknown): v is readonly string[] => Array.isArray(v) && v.every(x => typeof x === 'string')

function object(v: unknown, what: string): Json {
  if (!isObject(v)) throw new Unmapped(`${what} is no object`)
  return v
}

/** { data, descriptor: { shape or dimensions, dataType } }; earlier files have shape and type beside data. One number fills a tensor. */
function tensorOf(v: unknown, name: string): ForeignTensor {
  const outer = object(v, `tensor '${name}'`)
  const { data } = outer
  const described = isObject(outer.descriptor) ? outer.descriptor : outer
  const shape = described.shape ?? described.dimensions ?? []
  const dtype = described.dataType ?? described.type
  if (!Array.isArray(shape) || shape.some(d => typeof d !== 'number')) throw new Unmapped(`no shape of '${name}'`)
  if (typeof dtype !== 'string') throw new Unmapped(`no element type of '${name}'`)
  const size = shape.reduce((a: number, b: number) => a * b, 1)
  const list: readonly unknown[] = Array.isArray(data) ? data : Array.from({ length: size }, () => data)
  const numbers = list.map(x => (typeof x === 'boolean' ? Number(x) : x))
  if (numbers.length !== size || numbers.some(x => typeof x !== 'number')) throw new Unmapped(`data of '${name}'`)
  return { dtype, shape, data: Float64Array.from(numbers as number[]) }
}

const tensors = (v: unknown, what: string): Record<string, ForeignTensor> =>
  Object.fromEntries(Object.entries(object(v, what)).map(([name, t]) => [name, tensorOf(t, name)]))

/** Arguments are a list of { parameter: value }: operands are names of values, the rest are attributes, as are all options. */
function nodeOf(v: unknown, known: ReadonlySet<string>): ForeignNode {
  const { name, arguments: list, outputs } = object(v, 'an operator')
  if (typeof name !== 'string' || !Array.isArray(list)) throw new Unmapped('an operator without name or arguments')
  const inputs: string[] = []
  const attrs: Record<string, unknown> = {}
  for (const [parameter, value] of list.flatMap(a => Object.entries(object(a, `an argument of ${name}`)))) {
    if (parameter === 'options') Object.assign(attrs, object(value, `options of ${name}`))
    else if (typeof value === 'string' && known.has(value)) inputs.push(value)
    else if (isNames(value) && value.length > 0 && value.every(x => known.has(x))) inputs.push(...value)
    else attrs[parameter] = value
  }
  return { op: name, inputs, outputs: isNames(outputs) ? outputs : [String(outputs)], attrs }
}

function caseOf(v: unknown, name: string): ForeignCase {
  const graph = object(object(v, name).graph, 'graph')
  const inputs = tensors(graph.inputs, 'inputs')
  if (!Array.isArray(graph.operators)) throw new Unmapped('no list of operators')
  const known = new Set(Object.keys(inputs))
  const nodes = graph.operators.map(o => {
    const node = nodeOf(o, known)
    for (const output of node.outputs) known.add(output)
    return node
  })
  const expected = tensors(graph.expectedOutputs, 'expectedOutputs')
  return { name, dialect: 'webnn', version: 0, inputs, nodes, expected }
}

/**
 * The cases of a file, or none if it holds something else.
 * @param text JSON
 * @param file for the names of its cases
 */
export function webnnCases(text: string, file: string): (ForeignCase | UnreadCase)[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return []
  }
  const list = isObject(json) ? json.tests : json
  if (!Array.isArray(list) || !list.every(t => isObject(t) && 'graph' in t)) return []
  return list.map((t: Json, i) => {
    const name = `webnn/${file}/${typeof t.name === 'string' ? t.name : i}`
    try {
      return caseOf(t, name)
    } catch (e) {
      if (e instanceof Unmapped) return { name, reason: e.message }
      throw e
    }
  })
}
