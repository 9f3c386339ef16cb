// Activation checkpointing: a part of the graph keeps only its inputs and is computed again in
// the backward pass. The copy is made to depend on the upstream gradient, since otherwise a
// runtime is free to compute it early or to merge it with the first one.
import { backpropagate } from '../gradient.ts'
import { type Graph, sizeOf, type Tensor } from '../graph.ts'
import { add, mul } from './arithmetic.ts'
import { reshape, slice } from './shape.ts'

/** 0 as a scalar, once `upstream` is there: 0 · (one element of it). */
export function zeroAfter(upstream: Tensor): Tensor {
  const element = slice(reshape(upstream, [sizeOf(upstream.shape)]), 0, 0, 1)
  return reshape(mul(element, 0), [])
}

/** x, made to wait for `upstream`: x + 0 · (one element of it). */
export function gated(x: Tensor, upstream: Tensor): Tensor {
  const element = slice(reshape(upstream, [sizeOf(upstream.shape)]), 0, 0, 1)
  return add(
    x,
    reshape(
      mul(element, 0),
      x.shape.map(() => 1),
    ),
  )
}

/** Runs `build` with its gate set; see `Graph.gate`. */
function behind<T>(graph: Graph, gate: Tensor, build: () => T): T {
  const outer = graph.gate
  graph.gate = gate
  try {
    return build()
  } finally {
    graph.gate = outer
  }
}

function again(
  build: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  wait: 'inputs' | 'gate',
): Tensor {
  const { graph } = inputs[0]
  const { value: y, entries } = graph.withTape(() => build(...inputs))
  const made = new Set(entries.flatMap((entry) => entry.outputs))
  // An input counts as captured, too: `build` may use it directly beside its argument.
  const captured = [
    ...new Set(entries.flatMap((entry) => entry.inputs).filter((tensor) => !made.has(tensor))),
  ]
  graph.record([...inputs, ...captured], [y], ([g], needs) => {
    if (!g) return []
    const waiting = (input: Tensor): Tensor =>
      // Without the gradients' tape an Identity keeps a copy of an input apart from what was captured.
      wait === 'inputs' ? gated(input, g) : graph.node('Identity', [input], [{ shape: input.shape }])[0]
    const copied = inputs.map((input) => (input.dtype === 'float32' ? waiting(input) : input))
    const copy = graph.withTape(() =>
      wait === 'inputs' ? build(...copied) : behind(graph, zeroAfter(g), () => build(...copied)),
    )
    const wanted = [...copied, ...captured]
    const asked = wanted.filter((_, i) => needs[i])
    const gradients = backpropagate(copy.entries, new Map([[copy.value, g]]), asked)
    return wanted.map((tensor, i) => (needs[i] ? gradients.get(tensor) : undefined))
  })
  return y
}

/**
 * `build(...inputs)`, whose inner values are not kept for the backward pass.
 * Values it takes from outside (weights, LoRA factors) get their gradients as well.
 */
export function checkpoint(build: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]): Tensor {
  return inputs[0].graph.training ? again(build, inputs, 'inputs') : build(...inputs)
}

/**
 * The same for what is cheap, elementwise operators after a norm, and in a lean graph only. The norm waits for the
 * upstream gradient (`Graph.gate`), so that the input needs no copy that does.
 */
export function recomputed(build: (x: Tensor) => Tensor, x: Tensor): Tensor {
  const { graph } = x
  return graph.training && graph.lean ? again(build, [x], 'gate') : build(x)
}
