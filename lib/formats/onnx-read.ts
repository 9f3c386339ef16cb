// ONNX models from protobuf bytes, damaged ones included. Tensor bytes are views, not copies; numbers
// of a tensor outside `raw_data` are not read. Source: onnx/onnx.proto, IR version 10.
import { fail } from '../base/errors.ts'
import {
  attributeTypes,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxType,
  type OnnxValue,
  onnxTypes,
} from './onnx-model.ts'
import { readFields, unpackInts } from './protobuf.ts'

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

/** Not `push(...values)`: a long list would overflow the stack. */
function append(list: number[], values: Iterable<number>): void {
  for (const value of values) list.push(value)
}

function typeName(code: number): OnnxType {
  const found = Object.entries(onnxTypes).find(([, value]) => value === code)
  return (found?.[0] as OnnxType | undefined) ?? fail('bad-file', `ONNX: unsupported element type ${code}`)
}

/** Bodies of loops and branches nest; a damaged file must not nest without end. */
const deepest = 50

function readTensor(bytes: Uint8Array): OnnxTensor {
  const shape: number[] = []
  const external: Record<string, string> = {}
  const out: OnnxTensor = { name: '', type: 'float32', shape }
  for (const { field, value } of readFields(bytes)) {
    if (field === 1) append(shape, asNumbers(value))
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
    const count = (key: 'offset' | 'length'): number => {
      const text = external[key] ?? '0'
      return /^\d{1,15}$/.test(text)
        ? Number(text)
        : fail('bad-file', `ONNX: external data of ${out.name} has the ${key} ${JSON.stringify(text)}`)
    }
    out.external = { location: external.location, offset: count('offset'), length: count('length') }
  }
  return out
}

function readAttribute(bytes: Uint8Array, depth: number): [string, OnnxAttribute] {
  let name = ''
  let kind = 0
  const ints: number[] = []
  const floats: number[] = []
  const found = new Map<number, bigint | Uint8Array>()
  const floatsOf = (value: bigint | Uint8Array): Float32Array => {
    const bytes = asBytes(value)
    if (bytes.length % 4 !== 0) fail('bad-file', `ONNX: floats of ${bytes.length} bytes`)
    // A copy, for alignment; `slice` of a Buffer would be none.
    return new Float32Array(new Uint8Array(bytes).buffer)
  }
  for (const { field, value } of readFields(bytes)) {
    if (field === 1) name = decodeText(value)
    else if (field === 20) kind = asNumber(value)
    else if (field === 7) append(floats, floatsOf(value))
    else if (field === 8) append(ints, asNumbers(value))
    else found.set(field, value)
  }
  const get = (field: number) => found.get(field) ?? fail('bad-file', `ONNX: attribute ${name} has no value`)
  if (kind === attributeTypes.float) return [name, { float: floatsOf(get(2))[0] ?? 0 }]
  if (kind === attributeTypes.int) return [name, { int: asNumber(found.get(3) ?? 0n) }]
  if (kind === attributeTypes.string) return [name, { string: decodeText(get(4)) }]
  if (kind === attributeTypes.tensor) return [name, { tensor: readTensor(asBytes(get(5))) }]
  if (kind === attributeTypes.graph) return [name, { graph: readGraph(asBytes(get(6)), depth + 1) }]
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

function readNode(bytes: Uint8Array, depth: number): OnnxNode {
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
      const [name, attribute] = readAttribute(asBytes(value), depth)
      attributes[name] = attribute
    } else if (field === 7 && asBytes(value).length > 0) out.domain = decodeText(value)
  }
  return out
}

function readGraph(bytes: Uint8Array, depth = 0): OnnxGraph {
  if (depth > deepest) fail('bad-file', `ONNX: graphs nested more than ${deepest} deep`)
  const nodes: OnnxNode[] = []
  const initializers: OnnxTensor[] = []
  const inputs: OnnxValue[] = []
  const outputs: OnnxValue[] = []
  let name = ''
  for (const { field, value } of readFields(bytes)) {
    if (field === 1) nodes.push(readNode(asBytes(value), depth))
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
