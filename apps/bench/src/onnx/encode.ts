// Encodes ONNX models as protocol buffers. Field numbers: onnx.proto of the ONNX project.

import { PbfWriter } from 'pbf'

/** The version of the operators that nodes are of, and of the format that has it. */
const OPSET = 17
const IR_VERSION = 8
/** TensorProto.DataType.FLOAT */
const FLOAT = 1

/** A float32 tensor with data. */
export interface OnnxTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly data: Float32Array
}
export type OnnxAttribute = number | string | readonly number[]
export interface OnnxNode {
  readonly op: string
  readonly inputs: readonly string[]
  readonly output: string
  /** Whole numbers are encoded as INT, others as FLOAT, lists as INTS; `floats` names whole numbers that are FLOAT. */
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>
  readonly floats?: readonly string[]
}
export interface OnnxValue {
  readonly name: string
  readonly shape: readonly number[]
}
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxTensor[]
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
}

/** AttributeProto.AttributeType */
const TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const

function writeAttribute(
  { name, value, float }: { name: string; value: OnnxAttribute; float: boolean },
  pbf: PbfWriter,
): void {
  pbf.writeStringField(1, name)
  let type: number = TYPE.ints
  if (typeof value === 'string') {
    type = TYPE.string
    pbf.writeBytesField(4, new TextEncoder().encode(value))
  } else if (typeof value !== 'number') {
    // Not packed: onnx.proto has no packed option here.
    for (const v of value) pbf.writeVarintField(8, v)
  } else if (float || !Number.isInteger(value)) {
    type = TYPE.float
    pbf.writeFloatField(2, value)
  } else {
    type = TYPE.int
    pbf.writeVarintField(3, value)
  }
  pbf.writeVarintField(20, type)
}

function writeNode({ op, inputs, output, attributes = {}, floats = [] }: OnnxNode, pbf: PbfWriter): void {
  for (const name of inputs) pbf.writeStringField(1, name)
  pbf.writeStringField(2, output)
  pbf.writeStringField(3, output)
  pbf.writeStringField(4, op)
  for (const [name, value] of Object.entries(attributes)) {
    pbf.writeMessage(5, writeAttribute, { name, value, float: floats.includes(name) })
  }
}

function writeTensor({ name, shape, data }: OnnxTensor, pbf: PbfWriter): void {
  pbf.writePackedVarint(1, [...shape])
  pbf.writeVarintField(2, FLOAT)
  pbf.writeStringField(8, name)
  pbf.writeBytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

const writeDimension = (size: number, pbf: PbfWriter): void => pbf.writeVarintField(1, size)
function writeShape(shape: readonly number[], pbf: PbfWriter): void {
  for (const size of shape) pbf.writeMessage(1, writeDimension, size)
}
function writeTensorType(shape: readonly number[], pbf: PbfWriter): void {
  pbf.writeVarintField(1, FLOAT)
  pbf.writeMessage(2, writeShape, shape)
}
const writeType = (shape: readonly number[], pbf: PbfWriter): void => pbf.writeMessage(1, writeTensorType, shape)
function writeValue({ name, shape }: OnnxValue, pbf: PbfWriter): void {
  pbf.writeStringField(1, name)
  pbf.writeMessage(2, writeType, shape)
}

function writeGraph({ nodes, initializers, inputs, outputs }: OnnxGraph, pbf: PbfWriter): void {
  for (const node of nodes) pbf.writeMessage(1, writeNode, node)
  pbf.writeStringField(2, 'network')
  for (const tensor of initializers) pbf.writeMessage(5, writeTensor, tensor)
  for (const value of inputs) pbf.writeMessage(11, writeValue, value)
  for (const value of outputs) pbf.writeMessage(12, writeValue, value)
}
const writeOpset = (version: number, pbf: PbfWriter): void => pbf.writeVarintField(2, version)

/** The bytes of a `.onnx` file. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  const pbf = new PbfWriter()
  pbf.writeVarintField(1, IR_VERSION)
  pbf.writeStringField(2, 'strata')
  pbf.writeMessage(7, writeGraph, graph)
  pbf.writeMessage(8, writeOpset, OPSET)
  return pbf.finish()
}
