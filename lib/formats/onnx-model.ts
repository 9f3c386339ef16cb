// What an ONNX model is here: plain objects. Holds what this project emits and what a reader needs
// to look inside; training info, functions, sparse and quantised tensors are left out.
// Source: onnx/onnx.proto, IR version 10.

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

/** Numbers of AttributeProto.AttributeType. */
export const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
} as const
