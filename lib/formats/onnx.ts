// ONNX files: the model as plain objects, to bytes and back.
export {
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxType,
  type OnnxValue,
  onnxTypes,
} from './onnx-model.ts'
export { decodeOnnx } from './onnx-read.ts'
export { encodeOnnx } from './onnx-write.ts'
