// Losses, as scalars.
import type { Tensor } from '../graph.ts'
import { abs, square, sub } from './arithmetic.ts'
import { mean } from './reduce.ts'

/** Mean of squared differences over all elements (torch.nn.functional.mse_loss). */
export const mseLoss = (prediction: Tensor, target: Tensor): Tensor => mean(square(sub(prediction, target)))

/** Mean of absolute differences over all elements (torch.nn.functional.l1_loss). */
export const l1Loss = (prediction: Tensor, target: Tensor): Tensor => mean(abs(sub(prediction, target)))
