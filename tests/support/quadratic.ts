// The loss that optimisers are tested on: a quadratic bowl of which minimum and curvature are known.
import { type Graph, mul, square, sub, sum, type Tensor } from '../../lib/runtime/index.ts'
import type { Golden } from './golden.ts'

/** ½ Σ curvature · (p − target)²; `target` is the golden one unless the graph has another. */
export const quadratic =
  (golden: Golden, target = (graph: Graph): Tensor => graph.floats(golden.floats('target'))) =>
  (graph: Graph, parameters: ReadonlyMap<string, Tensor>): Tensor => {
    const difference = sub(parameters.get('p')!, target(graph))
    return mul(sum(mul(square(difference), graph.floats(golden.floats('curvature')))), 0.5)
  }
