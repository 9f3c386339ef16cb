// Reverse-mode differentiation: walks a tape backwards and adds the backward pass to the same
// graph. Only values between what is asked for and the loss get a gradient.
import { fail } from '../base/errors.ts'
import type { TapeEntry, Tensor } from './graph.ts'
import { accumulate } from './ops/matmul.ts'

/** Carries given output gradients back through `entries` to the tensors in `wanted`. */
export function backpropagate(
  entries: readonly TapeEntry[],
  seeds: ReadonlyMap<Tensor, Tensor>,
  wanted: readonly Tensor[],
): Map<Tensor, Tensor> {
  const influenced = new Set<Tensor>(wanted)
  const relevant = entries.filter((entry) => {
    if (!entry.inputs.some((input) => influenced.has(input))) return false
    for (const output of entry.outputs) influenced.add(output)
    return true
  })
  const gradients = new Map<Tensor, Tensor>(seeds)
  for (const entry of relevant.reverse()) {
    const upstream = entry.outputs.map((output) => gradients.get(output))
    if (upstream.every((gradient) => gradient === undefined)) continue
    const needs = entry.inputs.map((input) => influenced.has(input))
    const { value: parts } = entry.inputs[0].graph.withTape(() => entry.vjp(upstream, needs))
    entry.inputs.forEach((input, i) => {
      const part = parts[i]
      if (!part || !needs[i]) return
      const { value } = input.graph.withTape(() => accumulate(gradients.get(input), part))
      gradients.set(input, value)
    })
    // Inner gradients are not needed again; what was asked for is kept.
    for (const output of entry.outputs) if (!wanted.includes(output)) gradients.delete(output)
  }
  return gradients
}

/**
 * The gradients of a scalar loss with respect to `parameters`, in their order.
 *
 * @throws SelmaError `bad-input` when the graph keeps no tape, the loss is no scalar, or a parameter does not reach it
 */
export function gradients(loss: Tensor, parameters: readonly Tensor[]): Tensor[] {
  const { graph } = loss
  if (!graph.training)
    fail('bad-input', 'this graph keeps no tape', 'build it with new Graph({ training: true })')
  if (loss.shape.length !== 0)
    fail('bad-input', `the loss has the shape [${loss.shape}]`, 'reduce it to a scalar first')
  const found = backpropagate(graph.tape, new Map([[loss, graph.scalar(1)]]), parameters)
  return parameters.map(
    (parameter) => found.get(parameter) ?? fail('bad-input', `the loss does not depend on ${parameter.name}`),
  )
}
