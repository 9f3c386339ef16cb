// ONNX models as plain objects, and their protobuf bytes. Holds what this project emits and what a
// reader needs to look inside; training info, functions, sparse and quantised tensors are left out.
// Source: onnx/onnx.proto, IR version 10.
import { fail } from '../base/errors.ts'
import { ProtoWriter, readFields, unpackInts } from './protobuf.ts'

/** ONNX element types by name, with the number of TensorProto.DataType. */
export const onnxTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
} as const
/** An element type's name. */
export type OnnxType = keyof typeof onnxTypes

/** Values of a node attribute; numbers in `ints`/`int` are 64-bit integers. */
export type OnnxAttribute =
  | { int: number }
  | { float: number }
  | { string: string }
  | { ints: readonly number[] }
  | { floats: readonly number[] }
  | { graph: OnnxGraph }
  | { tensor: OnnxTensor }

/** A constant tensor: raw little-endian bytes here, or a place in another file. */
export interface OnnxTensor {
  name: string
  type: OnnxType
  shape: readonly number[]
  raw?: Uint8Array
  /** External data: `location` relative to the model file, byte `offset` and `length`. */
  external?: { location: string; offset: number; length: number }
}

export interface OnnxNode {
  op: string
  name?: string
  domain?: string
  inputs: readonly string[]
  outputs: readonly string[]
  attributes: Readonly<Record<string, OnnxAttribute>>
}

export interface OnnxValue {
  name: string
  type: OnnxType
  shape: readonly number[]
}

export interface OnnxGraph {
  name: string
  nodes: readonly OnnxNode[]
  initializers: readonly OnnxTensor[]
  inputs: readonly OnnxValue[]
  outputs: readonly OnnxValue[]
}

export interface OnnxModel {
  irVersion: number
  opset: number
  producer: string
  graph: OnnxGraph
}

const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7 } as const

function writeTensor(tensor: OnnxTensor): ProtoWriter {
  const out = new ProtoWriter()
    .packedInts(1, tensor.shape)
    .int(2, onnxTypes[tensor.type])
    .string(8, tensor.name)
  if (tensor.raw) out.bytes(9, tensor.raw)
  if (tensor.external) {
    for (const [key, value] of Object.entries(tensor.external)) {
      out.message(13, new ProtoWriter().string(1, key).string(2, String(value)))
    }
    out.int(14, 1)
  }
  return out
}

function writeAttribute(name: string, value: OnnxAttribute): ProtoWriter {
  const out = new ProtoWriter().string(1, name)
  if ('float' in value) out.float(2, value.float).int(20, attributeTypes.float)
  else if ('int' in value) out.int(3, value.int).int(20, attributeTypes.int)
  else if ('string' in value) out.string(4, value.string).int(20, attributeTypes.string)
  else if ('tensor' in value) out.message(5, writeTensor(value.tensor)).int(20, attributeTypes.tensor)
  else if ('graph' in value) out.message(6, writeGraph(value.graph)).int(20, attributeTypes.graph)
  else if ('floats' in value) out.packedFloats(7, value.floats).int(20, attributeTypes.floats)
  else out.packedInts(8, value.ints).int(20, attributeTypes.ints)
  return out
}

function writeValue(value: OnnxValue): ProtoWriter {
  const shape = new ProtoWriter()
  for (const size of value.shape) shape.message(1, new ProtoWriter().int(1, size))
  const type = new ProtoWriter().int(1, onnxTypes[value.type]).message(2, shape)
  return new ProtoWriter().string(1, value.name).message(2, new ProtoWriter().message(1, type))
}

function writeGraph(graph: OnnxGraph): ProtoWriter {
  const out = new ProtoWriter()
  for (const node of graph.nodes) {
    const message = new ProtoWriter()
    for (const input of node.inputs) message.string(1, input)
    for (const output of node.outputs) message.string(2, output)
    if (node.name) message.string(3, node.name)
    message.string(4, node.op)
    for (const [name, value] of Object.entries(node.attributes))
      message.message(5, writeAttribute(name, value))
    if (node.domain) message.string(7, node.domain)
    out.message(1, message)
  }
  out.string(2, graph.name)
  for (const tensor of graph.initializers) out.message(5, writeTensor(tensor))
  for (const value of graph.inputs) out.message(11, writeValue(value))
  for (const value of graph.outputs) out.message(12, writeValue(value))
  return out
}

/** The model as ONNX protobuf bytes. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  return new ProtoWriter()
    .int(1, model.irVersion)
    .string(2, model.producer)
    .message(7, writeGraph(model.graph))
    .message(8, new ProtoWriter().string(1, '').int(2, model.opset))
    .finish()
}

const decodeText = (value: bigint | Uint8Array): string => new TextDecoder().decode(asBytes(value))
const asBytes = (value: bigint | Uint8Array): Uint8Array =>
  value instanceof Uint8Array ? value : fail('bad-file', 'ONNX: a number where bytes were expected')
const asNumber = (value: bigint | Uint8Array): number =>
  typeof value === 'bigint'
    ? Number(BigInt.asIntN(64, value))
    : fail('bad-file', 'ONNX: bytes where a number was expected')
/** Repeated integers come packed or one by one. */
const asNumbers = (value: bigint | Uint8Array): number[] =>
  typeof value === 'bigint' ? [asNumber(value)] : unpackInts(value).map(Number)

function typeName(code: number): OnnxType {
  const found = Object.entries(onnxTypes).find(([, value]) => value === code)
  return (found?.[0] as OnnxType | undefined) ?? fail('bad-file', `ONNX: unsupported element type ${code}`)
}

function readTensor(bytes: Uint8Array): OnnxTensor {
  const shape: number[] = []
  const external: Record<string, string> = {}
  const out: OnnxTensor = { name: '', type: 'float32', shape }
  for (const { field, value } of readFields(bytes)) {
    if (field === 1) shape.push(...asNumbers(value))
    else if (field === 2) out.type = typeName(asNumber(value))
    else if (field === 8) out.name = decodeText(value)
    else if (field === 9) out.raw = asBytes(value)
    else if (field === 13) {
      const entry = [...readFields(asBytes(value))]
      const text = (wanted: number) =>
        decodeText(entry.find((part) => part.field === wanted)?.value ?? new Uint8Array())
      external[text(1)] = text(2)
    }
  }
  if (external.location !== undefined) {
    out.external = {
      location: external.location,
      offset: Number(external.offset ?? 0),
      length: Number(external.length ?? 0),
    }
  }
  return out
}

function readAttribute(bytes: Uint8Array): [string, OnnxAttribute] {
  let name = ''
  let kind = 0
  const ints: number[] = []
  const floats: number[] = []
  const found = new Map<number, bigint | Uint8Array>()
  const floatsOf = (value: bigint | Uint8Array) => [...new Float32Array(asBytes(value).slice().buffer)]
  for (const { field, value } of readFields(bytes)) {
    if (field === 1) name = decodeText(value)
    else if (field === 20) kind = asNumber(value)
    else if (field === 7) floats.push(...floatsOf(value))
    else if (field === 8) ints.push(...asNumbers(value))
    else found.set(field, value)
  }
  const get = (field: number) => found.get(field) ?? fail('bad-file', `ONNX: attribute ${name} has no value`)
  if (kind === attributeTypes.float) return [name, { float: floatsOf(get(2))[0] }]
  if (kind === attributeTypes.int) return [name, { int: asNumber(found.get(3) ?? 0n) }]
  if (kind === attributeTypes.string) return [name, { string: decodeText(get(4)) }]
  if (kind === attributeTypes.tensor) return [name, { tensor: readTensor(asBytes(get(5))) }]
  if (kind === attributeTypes.graph) return [name, { graph: readGraph(asBytes(get(6))) }]
  if (kind === attributeTypes.floats) return [name, { floats }]
  if (kind === attributeTypes.ints) return [name, { ints }]
  return fail('bad-file', `ONNX: attribute ${name} has the unsupported type ${kind}`)
}

function readValue(bytes: Uint8Array): OnnxValue {
  const shape: number[] = []
  const out: OnnxValue = { name: '', type: 'float32', shape }
  for (const { field, value } of readFields(bytes)) {
    if (field === 1) out.name = decodeText(value)
    if (field !== 2) continue
    for (const type of readFields(asBytes(value))) {
      if (type.field !== 1) fail('bad-file', `ONNX: ${out.name} is not a tensor`)
      for (const part of readFields(asBytes(type.value))) {
        if (part.field === 1) out.type = typeName(asNumber(part.value))
        else if (part.field === 2) {
          for (const dim of readFields(asBytes(part.value))) {
            const size = [...readFields(asBytes(dim.value))].find((entry) => entry.field === 1)
            shape.push(size ? asNumber(size.value) : -1)
          }
        }
      }
    }
  }
  return out
}

function readNode(bytes: Uint8Array): OnnxNode {
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes: Record<string, OnnxAttribute> = {}
  const out: OnnxNode = { op: '', inputs, outputs, attributes }
  for (const { field, value } of readFields(bytes)) {
    if (field === 1) inputs.push(decodeText(value))
    else if (field === 2) outputs.push(decodeText(value))
    else if (field === 3) out.name = decodeText(value)
    else if (field === 4) out.op = decodeText(value)
    else if (field === 5) {
      const [name, attribute] = readAttribute(asBytes(value))
      attributes[name] = attribute
    } else if (field === 7 && asBytes(value).length > 0) out.domain = decodeText(value)
  }
  return out
}

function readGraph(bytes: Uint8Array): OnnxGraph {
  const nodes: OnnxNode[] = []
  const initializers: OnnxTensor[] = []
  const inputs: OnnxValue[] = []
  const outputs: OnnxValue[] = []
  let name = ''
  for (const { field, value } of readFields(bytes)) {
    if (field === 1) nodes.push(readNode(asBytes(value)))
    else if (field === 2) name = decodeText(value)
    else if (field === 5) initializers.push(readTensor(asBytes(value)))
    else if (field === 11) inputs.push(readValue(asBytes(value)))
    else if (field === 12) outputs.push(readValue(asBytes(value)))
  }
  return { name, nodes, initializers, inputs, outputs }
}

/**
 * Reads ONNX bytes. Symbolic dimensions come back as -1; unknown fields are skipped.
 *
 * @throws SelmaError `bad-file` on truncated or unsupported content
 */
export function decodeOnnx(bytes: Uint8Array): OnnxModel {
  let irVersion = 0
  let producer = ''
  let opset = 0
  let graph: OnnxGraph | undefined
  for (const { field, value } of readFields(bytes)) {
    if (field === 1) irVersion = asNumber(value)
    else if (field === 2) producer = decodeText(value)
    else if (field === 7) graph = readGraph(asBytes(value))
    else if (field === 8) {
      const parts = [...readFields(asBytes(value))]
      const domain = parts.find((part) => part.field === 1)
      if (!domain || asBytes(domain.value).length === 0)
        opset = asNumber(parts.find((part) => part.field === 2)?.value ?? 0n)
    }
  }
  if (!graph) fail('bad-file', 'ONNX: the file holds no graph')
  return { irVersion, producer, opset, graph }
}
