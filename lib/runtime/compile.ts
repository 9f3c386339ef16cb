// From a graph to a program: dead nodes dropped, ONNX bytes written, and a plain description of
// what goes in and out that can be sent to another process.
import { existsSync, realpathSync } from 'node:fs'
import { dirname, relative, resolve, sep } from 'node:path'
import { fail } from '../base/errors.ts'
import { encodeOnnx, type OnnxTensor } from '../formats/onnx.ts'
import type { Dtype, Graph, GraphNode, Shape, Tensor } from './graph.ts'
import { hideShapes } from './hidden-shapes.ts'
import { widenAtUse } from './widen-at-use.ts'

/** A value that goes in or comes out. */
export interface ProgramValue {
  name: string
  shape: Shape
  dtype: Dtype
}

/** Everything a session needs; plain data. */
export interface Program {
  /** ONNX ModelProto bytes. */
  model: Uint8Array
  /** Fed at every run (states left out). */
  inputs: ProgramValue[]
  /** Fetched at a run (states left out). */
  outputs: ProgramValue[]
  /** Kept by the session between runs; those with an output are updated in place. */
  states: { input: string; output?: string; shape: Shape }[]
  /** Folder that external data is relative to, when there is any. */
  folder?: string
  /** Bytes of those files that the graph uses. */
  mappedBytes?: number
  /**
   * Names of nodes that are left to the CPU on WebGPU: Sin and Cos, of which its language asks an error of 2⁻¹¹ only.
   * They are a model's timestep embedding: a few hundred numbers, on which everything else depends.
   */
  precise?: string[]
  /** Whether it has ONNX Runtime's own attention, as graphs for WebGPU must not. */
  fused?: boolean
  /** Whether it has weights that stay float16: ONNX Runtime must not make float32 copies of them ahead. */
  narrow?: boolean
  /** ONNX nodes after dead ones were dropped. */
  nodeCount: number
}

/** The ONNX opset that graphs are written in. */
export const OPSET = 20
const IR_VERSION = 9

/** `com.microsoft.X` is operator X of the domain com.microsoft. */
function qualified(name: string): { op: string; domain?: string } {
  const dot = name.lastIndexOf('.')
  return dot < 0 ? { op: name } : { op: name.slice(dot + 1), domain: name.slice(0, dot) }
}

const coarseOnGpu = new Set(['Sin', 'Cos'])

/** Only what the outputs need, in the order it was built (which is topological). */
function liveNodes(graph: Graph): { nodes: GraphNode[]; used: Set<Tensor> } {
  const used = new Set<Tensor>(graph.outputs)
  const nodes: GraphNode[] = []
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]
    if (!node.outputs.some((output) => used.has(output))) continue
    for (const input of node.inputs) if (input) used.add(input)
    nodes.push(node)
  }
  return { nodes: nodes.reverse(), used }
}

/** Where a file really is: the Hub's cache links to its files, and ONNX Runtime follows no link out of its folder. */
const realPath = (path: string): string => (existsSync(path) ? realpathSync(path) : resolve(path))

/** The deepest folder that holds all the files; ONNX Runtime reads external data from below one folder only. */
function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0])
  for (const file of files) {
    while (!file.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
      const above = dirname(folder)
      if (above === folder)
        fail('unsupported', `${files[0]} and ${file} are on different drives`, 'move them to one drive')
      folder = above
    }
  }
  return folder
}

export interface CompileOptions {
  /** Of the ONNX graph. Default `selma`. */
  name?: string
  /** Less memory, for graphs that use much of it: see `hidden-shapes.ts`. Default false. */
  hideShapes?: boolean
}

/** Writes the graph as an ONNX program. An input that nothing uses stays, so that callers can always feed it. */
export function compile(graph: Graph, options: CompileOptions = {}): Program {
  const { name = 'selma', hideShapes: hide = false } = options
  const { nodes: live, used } = liveNodes(graph)
  const narrow = graph.narrow.size > 0
  const own = narrow ? widenAtUse(graph, live) : live
  const { nodes, inputs: sizeless } = hide
    ? hideShapes(graph, own)
    : { nodes: own, inputs: new Set<Tensor>() }
  const constants = [...graph.constants.values()].filter(({ tensor }) => used.has(tensor))
  const real = new Map<string, string>()
  for (const { data } of constants)
    if (!(data instanceof Uint8Array) && !real.has(data.path)) real.set(data.path, realPath(data.path))
  const folder = real.size > 0 ? commonFolder([...real.values()]) : undefined
  const initializers: OnnxTensor[] = []
  let mappedBytes = 0
  for (const { tensor, data } of constants) {
    const common = { name: tensor.name, type: tensor.dtype, shape: tensor.shape }
    if (data instanceof Uint8Array) initializers.push({ ...common, raw: data })
    else {
      mappedBytes += data.length
      const location = relative(folder!, real.get(data.path)!)
      initializers.push({ ...common, external: { location, offset: data.offset, length: data.length } })
    }
  }
  const describe = (tensor: Tensor): ProgramValue => ({
    name: tensor.name,
    shape: tensor.shape,
    dtype: tensor.dtype,
  })
  const nameOf = ({ op, outputs }: GraphNode): string | undefined =>
    coarseOnGpu.has(op) ? outputs[0].name : undefined
  const value = (tensor: Tensor) => ({
    name: tensor.name,
    type: tensor.dtype,
    shape: sizeless.has(tensor) ? tensor.shape.map(() => -1) : tensor.shape,
  })
  const model = encodeOnnx({
    irVersion: IR_VERSION,
    opset: OPSET,
    producer: 'selma-lab',
    graph: {
      name,
      nodes: nodes.map((node) => ({
        ...qualified(node.op),
        name: nameOf(node),
        inputs: node.inputs.map((input) => input?.name ?? ''),
        outputs: node.outputs.map((output) => output.name),
        attributes: node.attributes,
      })),
      initializers,
      inputs: graph.inputs.map(value),
      outputs: graph.outputs.map(value),
    },
  })
  const stateInputs = new Set(graph.states.map((state) => state.input))
  const stateOutputs = new Set(graph.states.flatMap((state) => state.output ?? []))
  return {
    model,
    inputs: graph.inputs.filter((input) => !stateInputs.has(input)).map(describe),
    outputs: graph.outputs.filter((output) => !stateOutputs.has(output)).map(describe),
    states: graph.states.map(({ input, output }) => ({
      input: input.name,
      output: output?.name,
      shape: input.shape,
    })),
    folder,
    mappedBytes,
    precise: nodes.flatMap((node) => nameOf(node) ?? []),
    fused: nodes.some(({ op }) => op === 'com.microsoft.MultiHeadAttention'),
    narrow,
    nodeCount: nodes.length,
  }
}
