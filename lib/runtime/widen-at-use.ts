// Frozen weights that stay narrow in memory: every node that uses one has a Cast of its own, so that its float32 copy
// lives as long as that node runs. One Cast for all would keep every weight wide from the forward pass to the backward
// pass. Not a computation in half precision.
import type { Graph, GraphNode, Tensor } from './graph.ts'

/**
 * The nodes with the Casts of `graph.narrow` made anew for each use.
 *
 * They come first in the list: ONNX Runtime orders nodes by depth-first search from the results, and of a node's inputs
 * it looks at those listed first last, which puts a Cast right before its use. Listed where they are used, all Casts
 * would run before everything else.
 */
export function widenAtUse({ narrow }: Graph, nodes: readonly GraphNode[]): GraphNode[] {
  const casts: GraphNode[] = []
  const own = (wide: Tensor, constant: Tensor, attributes: GraphNode['attributes']): Tensor => {
    const copy = { ...wide, name: `${wide.name}.${casts.length}` }
    casts.push({ op: 'Cast', inputs: [constant], outputs: [copy], attributes })
    return copy
  }
  const shared = new Map<Tensor, GraphNode>()
  for (const node of nodes) if (narrow.has(node.outputs[0])) shared.set(node.outputs[0], node)
  const uses = nodes
    .filter(({ outputs }) => !narrow.has(outputs[0]))
    .map((node) => {
      const made = new Map<Tensor, Tensor>()
      const inputs = node.inputs.map((input) => {
        const cast = input && shared.get(input)
        if (!input || !cast) return input
        const copy = made.get(input) ?? own(input, cast.inputs[0]!, cast.attributes)
        made.set(input, copy)
        return copy
      })
      return { ...node, inputs }
    })
  return [...casts, ...uses]
}
