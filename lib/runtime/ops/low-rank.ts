// A matrix with one of low rank added to it, as LoRA has them: W + scale · B A. A layer can apply the two side by side,
// or make their sum first and multiply once; which of them takes fewer operations is decided here, too.
// Source: Hu et al. 2021, section 4.1, where the sum is made for inference only.
import { fail } from '../../base/errors.ts'
import type { Tensor } from '../graph.ts'
import { gemm } from './matmul.ts'

/** weight + scale · up · down in one Gemm: weight [out, in], up [out, rank], down [rank, in]. */
export function lowRankSum(weight: Tensor, up: Tensor, down: Tensor, scale: number): Tensor {
  const [out, features] = weight.shape
  if (weight.shape.length !== 2 || up.shape[0] !== out || down.shape[1] !== features)
    fail('mismatch', `a weight [${weight.shape}] and factors [${up.shape}], [${down.shape}]`)
  const y = gemm(up, down, { bias: weight, alpha: scale })
  weight.graph.record([weight, up, down], [y], ([g], needs) => [
    g && needs[0] ? g : undefined,
    g && needs[1] ? gemm(g, down, { transB: true, alpha: scale }) : undefined,
    g && needs[2] ? gemm(up, g, { transA: true, alpha: scale }) : undefined,
  ])
  return y
}

/**
 * Whether a training step takes fewer operations with the sum made first.
 *
 * Side by side, the factors are six products of rows · rank with one side: two forward, two each for the gradients of
 * the input and of the factors. The sum takes one product of the size of the layer itself, for the gradient of the
 * weight, and three of in · out · rank, between the factors.
 */
export const sumIsCheaper = (rows: number, features: number, out: number, rank: number): boolean =>
  features * out * (rows + 3 * rank) < 3 * rows * rank * (features + out)
