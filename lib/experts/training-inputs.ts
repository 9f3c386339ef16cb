// What training takes from a checkpoint beside its weights: the shape of a batch, and the forward process.
import type { Checkpoint } from '../diffusion/checkpoint.ts'
import { NoiseSchedule } from '../diffusion/schedulers/noise-schedule.ts'
import type { TextCondition } from '../diffusion/text-conditioner.ts'
import type { BatchShape } from './lora-training.ts'
import type { ResolvedTrainOptions } from './options.ts'

/** The shape of a batch of latents [channels, height, width] with texts like `text`. */
export function shapeFor(
  { unet }: Checkpoint,
  text: TextCondition,
  latent: BatchShape['latent'],
  batch: number,
): BatchShape {
  const width = unet.config.cross_attention_dim
  return { batch, latent, text: [text.states.length / width, width], pooled: text.pooled?.length }
}

/** The checkpoint's forward process, with what the options say it is trained to predict. */
export function noiseFor(
  { scheduler }: Checkpoint,
  { predictionType }: Pick<ResolvedTrainOptions, 'predictionType'>,
): NoiseSchedule {
  return new NoiseSchedule(predictionType ? { ...scheduler, prediction_type: predictionType } : scheduler)
}
