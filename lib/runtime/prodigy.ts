// The Prodigy optimiser as ONNX nodes over one flat vector: Adam that finds its own learning rate from how far the
// weights have come. Formulas, names and defaults are those of the prodigyopt package, 1.1.2, with slice_p 1 and
// growth_rate infinity. Source: Mishchenko & Defazio 2023, "Prodigy: an expeditiously adaptive parameter-free learner".
import type { Tensor } from './graph.ts'
import { abs, add, div, exp, mul, sqrt, square, sub } from './ops/arithmetic.ts'
import { sum } from './ops/reduce.ts'
import { reshape } from './ops/shape.ts'
import type { StepInputs } from './optimizers.ts'

export interface ProdigyOptions {
  /** Default [0.9, 0.999]. */
  betas?: readonly [number, number]
  /** Decay of the distance estimate. Default √β₂. */
  beta3?: number
  /** Default 1e-8. */
  eps?: number
  /** Default 0. */
  weightDecay?: number
  /** Weight decay as AdamW has it, not as an L2 penalty. Default true. */
  decouple?: boolean
  /** Adam's bias correction. Default false. */
  useBiasCorrection?: boolean
  /** Keeps the learning rate out of the estimate's denominator, for warm-up. Default false. */
  safeguardWarmup?: boolean
  /** First estimate of the distance. Default 1e-6. */
  d0?: number
  /** Factor on the estimate. Default 1. */
  dCoef?: number
}

const larger = (a: Tensor, b: Tensor): Tensor => a.graph.node('Max', [a, b], [{ shape: a.shape }])[0]

/**
 * Adds a Prodigy step. States: `prodigy.m`, `prodigy.v`, `prodigy.s`, `prodigy.p0` (the first parameters: whoever runs
 * the program sets it), the scalars `prodigy.d` and `prodigy.numerator` [1], and that of `parameters` itself. The
 * learning rate is a factor, 1 by default. Returns the new vector.
 */
export function prodigy(
  parameters: Tensor,
  gradient: Tensor,
  { learningRate, step, when }: StepInputs,
  options: ProdigyOptions = {},
): Tensor {
  const { betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0, d0 = 1e-6, dCoef = 1 } = options
  const { beta3 = Math.sqrt(betas[1]), decouple = true } = options
  const { useBiasCorrection = false, safeguardWarmup = false } = options
  const { graph } = parameters
  const state = (name: string): Tensor => graph.input(`prodigy.${name}`, parameters.shape)
  const [m, v, s] = [state('m'), state('v'), state('s')]
  const p0 = graph.variable('prodigy.p0', parameters.shape)
  const stored = graph.input('prodigy.d', [1])
  const numerator = graph.input('prodigy.numerator', [1])
  const scalar = (value: number): Tensor => reshape(graph.scalar(value), [1])

  const used = weightDecay === 0 || decouple ? gradient : add(gradient, mul(parameters, weightDecay))
  // The stored estimate starts at zero, as every state; it never falls below d0.
  const d = larger(stored, scalar(d0))
  let dlr = mul(d, reshape(learningRate, [1]))
  if (useBiasCorrection) {
    const power = (beta: number): Tensor => exp(mul(reshape(step, [1]), Math.log(beta)))
    dlr = mul(dlr, div(sqrt(sub(1, power(betas[1]))), sub(1, power(betas[0]))))
  }
  const relative = div(d, d0)
  const progress = mul(mul(relative, dlr), sum(mul(used, sub(p0, parameters))))
  const nextNumerator = add(mul(numerator, beta3), progress)
  const nextM = add(mul(m, betas[0]), mul(used, mul(d, 1 - betas[0])))
  const nextV = add(mul(v, betas[1]), mul(square(used), mul(square(d), 1 - betas[1])))
  const nextS = add(mul(s, beta3), mul(used, mul(relative, safeguardWarmup ? d : dlr)))
  const denominator = larger(reshape(sum(abs(nextS)), [1]), scalar(1e-37))
  const nextD = larger(d, mul(div(nextNumerator, denominator), dCoef))

  const decayed =
    weightDecay === 0 || !decouple ? parameters : sub(parameters, mul(parameters, mul(dlr, weightDecay)))
  const next = sub(decayed, mul(div(nextM, add(sqrt(nextV), mul(nextD, eps))), dlr))
  graph.state(m, nextM, when)
  graph.state(v, nextV, when)
  graph.state(s, nextS, when)
  graph.state(stored, nextD, when)
  graph.state(numerator, nextNumerator, when)
  graph.state(parameters, next, when)
  return next
}
