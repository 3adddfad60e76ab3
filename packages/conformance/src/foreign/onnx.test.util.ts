// Writes ONNX models and tensors for the tests, by the protocol buffer library that the adapter reads with.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PbfWriter } from 'pbf'

export interface TestTensor {
  readonly shape: readonly number[]
  readonly data: readonly number[]
  /** Default float32. */
  readonly type?: 'float32' | 'int64' | 'bool'
  /** Whether elements are raw bytes, as most files have them, or numbers of their own field. */
  readonly raw?: boolean
}
export interface TestModel {
  readonly op: string
  readonly version?: number
  readonly attrs?: Readonly<Record<string, number | string | readonly number[]>>
  readonly inputs: Readonly<Record<string, TestTensor>>
  readonly outputs: Readonly<Record<string, TestTensor>>
  readonly initializers?: Readonly<Record<string, TestTensor>>
}

const NUMBER = { float32: 1, int64: 7, bool: 9 } as const
const bytesOf = (pbf: PbfWriter): Uint8Array => pbf.finish()

function rawOf({ data, type = 'float32' }: TestTensor): Uint8Array {
  if (type === 'bool') return Uint8Array.from(data)
  const floats = Float32Array.from(data)
  const integers = type === 'int64' ? BigInt64Array.from(data.map(BigInt)) : null
  return new Uint8Array(integers === null ? floats.buffer : integers.buffer)
}

function writeTensor(t: TestTensor & { readonly name: string }, pbf: PbfWriter): void {
  const { name, shape, data, type = 'float32', raw = true } = t
  pbf.writePackedVarint(1, [...shape])
  pbf.writeVarintField(2, NUMBER[type])
  pbf.writeStringField(8, name)
  if (raw) pbf.writeBytesField(9, rawOf(t))
  else if (type === 'float32') pbf.writePackedFloat(4, [...data])
  else pbf.writePackedVarint(7, [...data])
}
export function encodeTensor(name: string, t: TestTensor): Uint8Array {
  const pbf = new PbfWriter()
  writeTensor({ ...t, name }, pbf)
  return bytesOf(pbf)
}

function writeAttribute([name, value]: readonly [string, number | string | readonly number[]], pbf: PbfWriter): void {
  pbf.writeStringField(1, name)
  if (typeof value === 'string') {
    pbf.writeBytesField(4, new TextEncoder().encode(value))
    pbf.writeVarintField(20, 3)
  } else if (typeof value !== 'number') {
    // Not packed: onnx.proto has no packed option here.
    for (const v of value) pbf.writeVarintField(8, v)
    pbf.writeVarintField(20, 7)
  } else if (Number.isInteger(value)) {
    pbf.writeVarintField(3, value)
    pbf.writeVarintField(20, 2)
  } else {
    pbf.writeFloatField(2, value)
    pbf.writeVarintField(20, 1)
  }
}

function writeInfo({ name, type = 'float32' }: TestTensor & { readonly name: string }, pbf: PbfWriter): void {
  pbf.writeStringField(1, name)
  // TypeProto.tensor_type.elem_type
  pbf.writeMessage(
    2,
    (_: null, p: PbfWriter) => p.writeMessage(1, (n: number, q: PbfWriter) => q.writeVarintField(1, n), NUMBER[type]),
    null,
  )
}

const named = (list: TestModel['inputs']): (TestTensor & { name: string })[] =>
  Object.entries(list).map(([name, t]) => ({ ...t, name }))

function writeNode(m: TestModel, pbf: PbfWriter): void {
  for (const name of [...Object.keys(m.inputs), ...Object.keys(m.initializers ?? {})]) pbf.writeStringField(1, name)
  for (const name of Object.keys(m.outputs)) pbf.writeStringField(2, name)
  pbf.writeStringField(4, m.op)
  for (const a of Object.entries(m.attrs ?? {})) pbf.writeMessage(5, writeAttribute, a)
}
function writeGraph(m: TestModel, pbf: PbfWriter): void {
  pbf.writeMessage(1, writeNode, m)
  for (const t of named(m.initializers ?? {})) pbf.writeMessage(5, writeTensor, t)
  for (const t of named(m.inputs)) pbf.writeMessage(11, writeInfo, t)
  for (const t of named(m.outputs)) pbf.writeMessage(12, writeInfo, t)
}

/** A model of one node. */
export function encodeModel(m: TestModel): Uint8Array {
  const pbf = new PbfWriter()
  pbf.writeMessage(7, writeGraph, m)
  pbf.writeMessage(8, (v: number, p: PbfWriter) => p.writeVarintField(2, v), m.version ?? 18)
  return bytesOf(pbf)
}

/** Writes a node test as ONNX lays it out. */
export async function writeTest(folder: string, name: string, m: TestModel): Promise<void> {
  const set = join(folder, name, 'test_data_set_0')
  await mkdir(set, { recursive: true })
  await writeFile(join(folder, name, 'model.onnx'), encodeModel(m))
  for (const [prefix, list] of [
    ['input', m.inputs],
    ['output', m.outputs],
  ] as const) {
    for (const [i, t] of named(list).entries()) {
      await writeFile(join(set, `${prefix}_${i}.pb`), encodeTensor(t.name, t))
    }
  }
}
