// The loss of a diffusion model's training, as a graph, and the numbers it is fed beside prediction and target: each
// example's weight and where its Huber loss bends. Sources: diffusers, train_text_to_image_lora.py (min-SNR) and
// scheduled_huber_loss_training; Hang et al. 2023; Khrapov et al. 2024.
import type { NoiseSchedule } from '../diffusion/schedulers/noise-schedule.ts'
import { type Feeds, huber, mean, mseLoss, mul, reshape, square, sub, type Tensor } from '../runtime/index.ts'
import type { ResolvedTrainOptions } from './options.ts'

export type LossOptions = Pick<ResolvedTrainOptions, 'lossType' | 'huberC' | 'huberSchedule' | 'snrGamma'>

/** Mean over the batch of each example's mean loss, weighted where min-SNR-γ is on. Declares the inputs it needs. */
export function diffusionLoss(prediction: Tensor, target: Tensor, options: LossOptions): Tensor {
  const { lossType = 'l2', snrGamma } = options
  if (lossType === 'l2' && snrGamma === undefined) return mseLoss(prediction, target)
  const { graph, shape } = prediction
  const [batch] = shape
  let each = square(sub(prediction, target))
  if (lossType !== 'l2') {
    const c = reshape(graph.input('huber_c', [batch]), [batch, 1, 1, 1])
    each = huber(prediction, target, c)
    // smooth_l1 leaves the factor c out.
    if (lossType === 'smooth_l1')
      each = mul(each, reshape(graph.input('inverse_huber_c', [batch]), [batch, 1, 1, 1]))
  }
  if (snrGamma === undefined) return mean(each)
  return mean(mul(mean(each, [1, 2, 3]), graph.input('loss_weights', [batch])))
}

/** The weight of an example at a timestep: min(SNR, γ) / SNR for noise prediction, over SNR + 1 for velocity. */
export function minSnrWeight(noise: NoiseSchedule, timestep: number, gamma: number): number {
  const alpha = noise.alphas[timestep]
  const snr = alpha / (1 - alpha)
  if (noise.config.prediction_type === 'v_prediction') return Math.min(snr, gamma) / (snr + 1)
  // Where nothing but noise is left, SNR is 0 and the quotient's limit 1.
  return snr === 0 ? 1 : Math.min(snr, gamma) / snr
}

/** Where the Huber loss bends at a timestep. */
export function huberBend(
  noise: NoiseSchedule,
  timestep: number,
  { huberC = 0.1, huberSchedule = 'snr' }: LossOptions,
): number {
  if (huberSchedule === 'constant') return huberC
  if (huberSchedule === 'exponential') return huberC ** (timestep / noise.alphas.length)
  const alpha = noise.alphas[timestep]
  const sigma = Math.sqrt((1 - alpha) / alpha)
  return (1 - huberC) / (1 + sigma) ** 2 + huberC
}

/** What `diffusionLoss` is fed for a batch's timesteps. */
export function lossFeeds(noise: NoiseSchedule, timesteps: Float32Array, options: LossOptions): Feeds {
  const { lossType = 'l2', snrGamma } = options
  const feeds: Feeds = {}
  if (lossType !== 'l2') {
    feeds.huber_c = timesteps.map((timestep) => huberBend(noise, timestep, options))
    if (lossType === 'smooth_l1') feeds.inverse_huber_c = (feeds.huber_c as Float32Array).map((c) => 1 / c)
  }
  if (snrGamma !== undefined)
    feeds.loss_weights = timesteps.map((timestep) => minSnrWeight(noise, timestep, snrGamma))
  return feeds
}
