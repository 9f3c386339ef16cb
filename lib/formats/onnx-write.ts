// ONNX models to protobuf bytes. Source: onnx/onnx.proto, IR version 10.
import {
  attributeTypes,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxTensor,
  type OnnxValue,
  onnxTypes,
} from './onnx-model.ts'
import { ProtoWriter } from './protobuf.ts'

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
  // A dimension without a size is one that is not known.
  for (const size of value.shape)
    shape.message(1, size < 0 ? new ProtoWriter() : new ProtoWriter().int(1, size))
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
  const out = new ProtoWriter()
    .int(1, model.irVersion)
    .string(2, model.producer)
    .message(7, writeGraph(model.graph))
    .message(8, new ProtoWriter().string(1, '').int(2, model.opset))
  // Operators of other domains come in one version so far.
  for (const domain of new Set(model.graph.nodes.flatMap((node) => node.domain ?? [])))
    out.message(8, new ProtoWriter().string(1, domain).int(2, 1))
  return out.finish()
}
