// Losses, as scalars.
import type { Tensor } from '../graph.ts'
import { abs, add, div, mul, type Operand, sqrt, square, sub } from './arithmetic.ts'
import { mean } from './reduce.ts'

/** Mean of squared differences over all elements (torch.nn.functional.mse_loss). */
export const mseLoss = (prediction: Tensor, target: Tensor): Tensor => mean(square(sub(prediction, target)))

/** Mean of absolute differences over all elements (torch.nn.functional.l1_loss). */
export const l1Loss = (prediction: Tensor, target: Tensor): Tensor => mean(abs(sub(prediction, target)))

/**
 * The smooth Huber distance of every element, 2c·(√(d² + c²) − c): about d² where d is small, 2c·|d| where it is big.
 * Source: diffusers, scheduled_huber_loss_training; Khrapov et al. 2024. Written without the difference of two roots.
 *
 * @param c where the one turns into the other; broadcasts
 */
export function huber(prediction: Tensor, target: Tensor, c: Operand): Tensor {
  const squared = square(sub(prediction, target))
  const limit = typeof c === 'number' ? prediction.graph.scalar(c) : c
  return mul(div(squared, add(sqrt(add(squared, square(limit))), limit)), mul(limit, 2))
}
