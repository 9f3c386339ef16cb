// Shapes that ONNX Runtime does not see ahead. Its planner keeps the buffer of a value that is done with for the next
// value of the very same size, until the last such value is done with, too: a graph of many sizes then holds the most
// that each size needs at any time, all at once. Values of unknown size have buffers of their own, which are free when
// they are done with. Nothing is computed in another way. The price is a session that takes longer to make (10,000 nodes:
// half a minute on two slow cores), since the planner looks through all that is free for each value.
import type { Graph, GraphNode, Tensor } from './graph.ts'

export interface HiddenShapes {
  nodes: GraphNode[]
  /** Graph inputs that are declared without their sizes. */
  inputs: ReadonlySet<Tensor>
}

/**
 * The nodes with every Reshape to a constant shape made one to that shape + 0, where the 0 is found out when the graph
 * runs; and the fed inputs, whose sizes are to be left out of the model. States keep theirs.
 */
export function hideShapes(graph: Graph, nodes: readonly GraphNode[]): HiddenShapes {
  const states = new Set(graph.states.map(({ input }) => input))
  const inputs = new Set(graph.inputs.filter((input) => !states.has(input) && input.shape.length > 0))
  const [probe] = inputs
  if (!probe) return { nodes: [...nodes], inputs }
  const made: GraphNode[] = []
  const int64 = (
    op: string,
    from: readonly Tensor[],
    shape: readonly number[],
    attributes: GraphNode['attributes'] = {},
  ): Tensor => {
    const output: Tensor = { graph, name: `hidden.${made.length}`, shape, dtype: 'int64' }
    made.push({ op, inputs: from, outputs: [output], attributes })
    return output
  }
  const size = int64('Shape', [probe], [1], { start: { int: 0 }, end: { int: 1 } })
  const zero = int64('Sub', [size, size], [1])
  const hidden = new Map<Tensor, Tensor>()
  const rest = nodes.map((node) => {
    const [x, shape] = node.inputs
    if (node.op !== 'Reshape' || !shape || !graph.constants.has(shape.name)) return node
    const same = hidden.get(shape) ?? int64('Add', [shape, zero], shape.shape)
    hidden.set(shape, same)
    return { ...node, inputs: [x, same] }
  })
  return { nodes: [...made, ...rest], inputs }
}
