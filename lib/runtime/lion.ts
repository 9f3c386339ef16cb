// The Lion optimiser as ONNX nodes over one flat vector. Formulas, names and defaults are those of the lion-pytorch
// package, 0.2.5. Source: Chen et al. 2023, "Symbolic discovery of optimization algorithms".
import type { Tensor } from './graph.ts'
import { add, mul, sub } from './ops/arithmetic.ts'
import { gated } from './ops/checkpoint.ts'
import type { StepInputs } from './optimizers.ts'

export interface LionOptions {
  /** Default [0.9, 0.99]. */
  betas?: readonly [number, number]
  /** Decoupled weight decay, times the learning rate. Default 0. */
  weightDecay?: number
}

/** Adds a Lion step: state `lion.m`, and the state of `parameters` itself. Returns the new vector. */
export function lion(
  parameters: Tensor,
  gradient: Tensor,
  { learningRate, when }: StepInputs,
  options: LionOptions = {},
): Tensor {
  const { betas = [0.9, 0.99], weightDecay = 0 } = options
  const { graph } = parameters
  const m = graph.input('lion.m', parameters.shape)
  const blend = (from: Tensor, beta: number): Tensor => add(mul(from, beta), mul(gradient, 1 - beta))
  const [direction] = graph.node('Sign', [blend(m, betas[0])], [{ shape: parameters.shape }])
  const decayed = weightDecay === 0 ? parameters : mul(parameters, sub(1, mul(learningRate, weightDecay)))
  const next = sub(decayed, mul(direction, learningRate))
  // The new average takes the place of the old one in memory: it must wait until the direction has been read.
  graph.state(m, blend(gated(m, direction), betas[1]), when)
  graph.state(parameters, next, when)
  return next
}
