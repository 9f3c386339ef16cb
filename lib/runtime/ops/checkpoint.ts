// Activation checkpointing: a part of the graph keeps only its inputs and is computed again in
// the backward pass. The copy is made to depend on the upstream gradient, since otherwise a
// runtime is free to compute it early or to merge it with the first one.
import { backpropagate } from '../gradient.ts'
import { sizeOf, type Tensor } from '../graph.ts'
import { add, mul } from './arithmetic.ts'
import { reshape, slice } from './shape.ts'

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

/**
 * `build(...inputs)`, whose inner values are not kept for the backward pass.
 * Values it takes from outside (weights, LoRA factors) get their gradients as well.
 */
export function checkpoint(build: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]): Tensor {
  const { graph } = inputs[0]
  if (!graph.training) return build(...inputs)
  const { value: y, entries } = graph.withTape(() => build(...inputs))
  const made = new Set(entries.flatMap((entry) => entry.outputs))
  // An input counts as captured, too: `build` may use it directly beside its argument.
  const captured = [
    ...new Set(entries.flatMap((entry) => entry.inputs).filter((tensor) => !made.has(tensor))),
  ]
  graph.record([...inputs, ...captured], [y], ([g], needs) => {
    if (!g) return []
    const again = inputs.map((input) => (input.dtype === 'float32' ? gated(input, g) : input))
    const copy = graph.withTape(() => build(...again))
    const wanted = [...again, ...captured]
    const asked = wanted.filter((_, i) => needs[i])
    const gradients = backpropagate(copy.entries, new Map([[copy.value, g]]), asked)
    return wanted.map((tensor, i) => (needs[i] ? gradients.get(tensor) : undefined))
  })
  return y
}
