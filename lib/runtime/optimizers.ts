// Optimisers as ONNX nodes over one flat vector. Formulas and their order are PyTorch's
// (torch.optim.AdamW, torch.optim.SGD, torch.nn.utils.clip_grad_norm_), so that weights agree.
import type { Graph, Tensor } from './graph.ts'
import { add, div, exp, mul, sqrt, square, sub } from './ops/arithmetic.ts'
import { sum } from './ops/reduce.ts'
import { reshape } from './ops/shape.ts'

/** The scalar inputs of a step: `learningRate` [] and `step` [], counted from 1. */
export interface StepInputs {
  learningRate: Tensor
  step: Tensor
  /** Bool scalar: whether the states advance at the end of this run. Without it they always do. */
  when?: Tensor
}

/** Declares the scalar inputs of an optimiser step. */
export function stepInputs(graph: Graph): StepInputs {
  return { learningRate: graph.input('learning_rate', []), step: graph.input('step', []) }
}

/** The 2-norm of a flat gradient. */
export const globalNorm = (gradient: Tensor): Tensor => sqrt(sum(square(gradient)))

/** Scales a flat gradient so that its 2-norm is at most `maxNorm`; gives the norm before, too. */
export function clipByGlobalNorm(gradient: Tensor, maxNorm: number): { gradient: Tensor; norm: Tensor } {
  const norm = globalNorm(gradient)
  const [factor] = gradient.graph.node(
    'Min',
    [div(maxNorm, add(norm, 1e-6)), gradient.graph.scalar(1)],
    [{ shape: [] }],
  )
  return { gradient: mul(gradient, factor), norm }
}

export interface AdamWOptions {
  /** Default [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** Default 1e-8. */
  eps?: number
  /** Decoupled weight decay. Default 1e-2. */
  weightDecay?: number
}

/** Adds an AdamW step: states `adam.m` and `adam.v`, and the state of `parameters` itself. Returns the new vector. */
export function adamW(
  parameters: Tensor,
  gradient: Tensor,
  { learningRate, step, when }: StepInputs,
  options: AdamWOptions = {},
): Tensor {
  const { betas = [0.9, 0.999], eps = 1e-8, weightDecay = 1e-2 } = options
  const { graph } = parameters
  const m = graph.input('adam.m', parameters.shape)
  const v = graph.input('adam.v', parameters.shape)
  const nextM = add(mul(m, betas[0]), mul(gradient, 1 - betas[0]))
  const nextV = add(mul(v, betas[1]), mul(square(gradient), 1 - betas[1]))
  // β^t as exp(t · ln β): one scalar a step.
  const correction1 = sub(1, exp(mul(step, Math.log(betas[0]))))
  const correction2 = sub(1, exp(mul(step, Math.log(betas[1]))))
  const denominator = add(div(sqrt(nextV), sqrt(correction2)), eps)
  const decayed = weightDecay === 0 ? parameters : mul(parameters, sub(1, mul(learningRate, weightDecay)))
  const next = sub(decayed, mul(div(nextM, denominator), div(learningRate, correction1)))
  graph.state(m, nextM, when)
  graph.state(v, nextV, when)
  graph.state(parameters, next, when)
  return next
}

export interface SgdOptions {
  /** Default 0. */
  momentum?: number
  /** L2 added to the gradient, as in PyTorch. Default 0. */
  weightDecay?: number
}

/** Adds an SGD step: the state of `parameters`, and `sgd.momentum` where momentum is used. Returns the new vector. */
export function sgd(
  parameters: Tensor,
  gradient: Tensor,
  { learningRate, when }: StepInputs,
  options: SgdOptions = {},
): Tensor {
  const { momentum = 0, weightDecay = 0 } = options
  const { graph } = parameters
  let direction = weightDecay === 0 ? gradient : add(gradient, mul(parameters, weightDecay))
  if (momentum !== 0) {
    const buffer = graph.input('sgd.momentum', parameters.shape)
    direction = add(mul(buffer, momentum), direction)
    graph.state(buffer, direction, when)
  }
  const next = sub(parameters, mul(direction, learningRate))
  graph.state(parameters, next, when)
  return next
}

/** Adds an exponential moving average of the new parameters: state `ema`; `decay` is a scalar input of that name. */
export function movingAverage(next: Tensor, when?: Tensor): void {
  const { graph } = next
  const ema = graph.input('ema', next.shape)
  const decay = reshape(graph.input('ema_decay', []), [1])
  graph.state(ema, add(mul(ema, decay), mul(next, sub(1, decay))), when)
}
