// Decodes what the ONNX node tests hold: models and tensors in protocol buffers. Field numbers: onnx.proto of the ONNX project.
import { PbfReader } from 'pbf'
import { type ForeignNode, type ForeignTensor, Unmapped } from './case.js'

/** Element types by number (TensorProto.DataType), in the words of WebNN. */
export const ONNX_DTYPES: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
}

export interface OnnxModel {
  /** Of the operators without a domain. */
  readonly version: number
  readonly nodes: readonly ForeignNode[]
  readonly initializers: Readonly<Record<string, ForeignTensor>>
  /** In order; null for what is no tensor. */
  readonly inputs: readonly { readonly name: string; readonly dtype: string | null }[]
  readonly outputs: readonly { readonly name: string; readonly dtype: string | null }[]
}

type Message<T> = (tag: number, into: T, pbf: PbfReader) => void
const message = <T>(pbf: PbfReader, read: Message<T>, into: T): T => pbf.readMessage(read, into)

interface RawTensor {
  name: string
  dims: number[]
  type: number
  numbers: number[]
  raw: Uint8Array | null
  external: boolean
}
const newTensor = (): RawTensor => ({ name: '', dims: [], type: 0, numbers: [], raw: null, external: false })

const readTensor: Message<RawTensor> = (tag, t, pbf) => {
  if (tag === 1) pbf.readPackedVarint(t.dims, true)
  else if (tag === 2) t.type = pbf.readVarint()
  else if (tag === 4) pbf.readPackedFloat(t.numbers)
  else if (tag === 5 || tag === 7) pbf.readPackedVarint(t.numbers, true)
  else if (tag === 8) t.name = pbf.readString()
  else if (tag === 9) t.raw = pbf.readBytes()
  else if (tag === 10) pbf.readPackedDouble(t.numbers)
  else if (tag === 11) pbf.readPackedVarint(t.numbers)
  else if (tag === 13 || tag === 14) t.external = true
}

/** Numbers of raw_data: little-endian elements without gaps. */
function rawNumbers(raw: Uint8Array, dtype: string): number[] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const each = (bytes: number, read: (at: number) => number): number[] =>
    Array.from({ length: Math.floor(raw.byteLength / bytes) }, (_, i) => read(i * bytes))
  switch (dtype) {
    case 'float32':
      return each(4, at => view.getFloat32(at, true))
    case 'float64':
      return each(8, at => view.getFloat64(at, true))
    case 'int32':
      return each(4, at => view.getInt32(at, true))
    case 'int64':
      return each(8, at => Number(view.getBigInt64(at, true)))
    case 'uint8':
    case 'bool':
      return each(1, at => view.getUint8(at))
    case 'int8':
      return each(1, at => view.getInt8(at))
    default:
      throw new Unmapped(`element type ${dtype}`)
  }
}

/** @throws Unmapped for element types that have no counterpart, and for data in other files */
function tensorOf(t: RawTensor): ForeignTensor {
  const dtype = ONNX_DTYPES[t.type] ?? `number ${t.type}`
  if (t.external) throw new Unmapped('tensor data outside the file')
  if (dtype === 'string' || dtype === 'float16') throw new Unmapped(`element type ${dtype}`)
  const numbers = t.raw === null ? t.numbers : rawNumbers(t.raw, dtype)
  const size = t.dims.reduce((a, b) => a * b, 1)
  if (numbers.length !== size) throw new Unmapped(`a tensor of ${size} elements holds ${numbers.length}`)
  return { dtype, shape: t.dims, data: Float64Array.from(numbers) }
}

/** A tensor of a file of its own, as in test_data_set_0/input_0.pb. @throws Unmapped */
export const decodeTensor = (bytes: Uint8Array): ForeignTensor =>
  tensorOf(new PbfReader(bytes).readFields(readTensor, newTensor()))

interface RawAttribute {
  name: string
  value: unknown
  list: number[]
  isList: boolean
}
const text = new TextDecoder()

const readAttribute: Message<RawAttribute> = (tag, a, pbf) => {
  if (tag === 1) a.name = pbf.readString()
  else if (tag === 2) a.value = pbf.readFloat()
  else if (tag === 3) a.value = pbf.readVarint(true)
  else if (tag === 4) a.value = text.decode(pbf.readBytes())
  else if (tag === 5) a.value = message(pbf, readTensor, newTensor())
  else if (tag === 6) a.value = 'a graph'
  else if (tag === 7) pbf.readPackedFloat(a.list)
  else if (tag === 8) pbf.readPackedVarint(a.list, true)
  // AttributeProto.type: 6 is FLOATS, 7 is INTS: lists that may be empty.
  else if (tag === 20) a.isList = [6, 7].includes(pbf.readVarint())
}

interface RawNode {
  op: string
  domain: string
  inputs: string[]
  outputs: string[]
  attributes: RawAttribute[]
}
const readNode: Message<RawNode> = (tag, n, pbf) => {
  if (tag === 1) n.inputs.push(pbf.readString())
  else if (tag === 2) n.outputs.push(pbf.readString())
  else if (tag === 4) n.op = pbf.readString()
  else if (tag === 5) {
    n.attributes.push(message(pbf, readAttribute, { name: '', value: undefined, list: [], isList: false }))
  } else if (tag === 7) n.domain = pbf.readString()
}

function nodeOf({ op, domain, inputs, outputs, attributes }: RawNode): ForeignNode {
  const attrs = attributes.map(({ name, value, list, isList }) => {
    if (isList || list.length > 0) return [name, list]
    const tensor = typeof value === 'object' && value !== null
    return [name, tensor ? tensorOf(value as RawTensor) : value]
  })
  const named = domain === '' || domain === 'ai.onnx' ? op : `${domain}.${op}`
  return { op: named, inputs, outputs, attrs: Object.fromEntries(attrs) }
}

interface RawValue {
  name: string
  type: number | null
}
const readValue: Message<RawValue> = (tag, v, pbf) => {
  if (tag === 1) v.name = pbf.readString()
  else if (tag === 2) message(pbf, readType, v)
}
/** TypeProto: only tensors have the field 1. */
const readType: Message<RawValue> = (tag, v, pbf) => {
  if (tag === 1) message(pbf, readTensorType, v)
}
const readTensorType: Message<RawValue> = (tag, v, pbf) => {
  if (tag === 1) v.type = pbf.readVarint()
}

interface RawModel {
  versions: { domain: string; version: number }[]
  nodes: RawNode[]
  initializers: RawTensor[]
  inputs: RawValue[]
  outputs: RawValue[]
}
const readVersion: Message<{ domain: string; version: number }> = (tag, v, pbf) => {
  if (tag === 1) v.domain = pbf.readString()
  else if (tag === 2) v.version = pbf.readVarint()
}
const readGraph: Message<RawModel> = (tag, g, pbf) => {
  if (tag === 1) g.nodes.push(message(pbf, readNode, { op: '', domain: '', inputs: [], outputs: [], attributes: [] }))
  else if (tag === 5) g.initializers.push(message(pbf, readTensor, newTensor()))
  else if (tag === 11) g.inputs.push(message(pbf, readValue, { name: '', type: null }))
  else if (tag === 12) g.outputs.push(message(pbf, readValue, { name: '', type: null }))
}
const readModel: Message<RawModel> = (tag, m, pbf) => {
  if (tag === 7) message(pbf, readGraph, m)
  else if (tag === 8) m.versions.push(message(pbf, readVersion, { domain: '', version: 0 }))
}

const valueInfo = ({ name, type }: RawValue): { name: string; dtype: string | null } => ({
  name,
  dtype: type === null ? null : (ONNX_DTYPES[type] ?? `number ${type}`),
})

/** A model.onnx. @throws Unmapped for data that has no counterpart; what the protocol buffer reader throws for other bytes */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  const empty: RawModel = { versions: [], nodes: [], initializers: [], inputs: [], outputs: [] }
  const raw = new PbfReader(bytes).readFields(readModel, empty)
  return {
    version: raw.versions.find(v => v.domain === '' || v.domain === 'ai.onnx')?.version ?? 0,
    nodes: raw.nodes.map(nodeOf),
    initializers: Object.fromEntries(raw.initializers.map(t => [t.name, tensorOf(t)])),
    inputs: raw.inputs.map(valueInfo),
    outputs: raw.outputs.map(valueInfo),
  }
}
