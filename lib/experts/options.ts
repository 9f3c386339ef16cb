// What decides an expert: every setting of LoRA training, with its default. Names are PEFT's and
// diffusers' training scripts'.
import { z } from 'zod'
import { attentionProjections } from '../diffusion/lora-layers.ts'
import { schedules } from '../runtime/index.ts'

const count = z.number().int().positive()

/** Settings of LoRA training. The paper's own are in parentheses where they differ (section 4.2 and its scripts). */
export const trainOptions = z.strictObject({
  /** Rank of every factor pair (paper: 128). */
  rank: count.default(16),
  /** Scale is alpha / rank. Default: the rank. */
  alpha: z.number().positive().optional(),
  /** Layers, as PEFT's target_modules: names that a module path ends in, or one regular expression. */
  targets: z
    .union([z.array(z.string().min(1)).nonempty(), z.string().min(1)])
    .default([...attentionProjections]),
  /** Optimiser steps (paper: 5,000). */
  steps: count.default(300),
  /** Pictures a step (paper: 64). */
  batch: count.default(32),
  /** Peak learning rate (paper: 3e-4). */
  learningRate: z.number().positive().default(1e-3),
  /** (paper: constant) */
  schedule: z.enum(schedules).default('linear'),
  /** Steps of linear warm-up (paper: 0). */
  warmup: z.number().int().nonnegative().default(20),
  /** Share of the rate left at the end (linear, cosine). */
  finalRate: z.number().min(0).max(1).default(0.1),
  /** AdamW's decoupled weight decay. */
  weightDecay: z.number().nonnegative().default(1e-2),
  /** AdamW's betas. */
  betas: z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]).default([0.9, 0.999]),
  eps: z.number().positive().default(1e-8),
  /** Global-norm clipping. */
  maxGradNorm: z.number().positive().default(1),
  /** Share of captions replaced by the empty one, for guidance (paper: 0). */
  captionDropout: z.number().min(0).max(1).default(0.1),
  /** Above 1, training timesteps are noisier than uniform (Stable Diffusion 3's shift). */
  timestepShift: z.number().positive().default(1),
  /** Initialisation, noise and order all come from it. */
  seed: z.number().int().default(42),
  /** Steps between checkpoints (script: 500). */
  checkpointEvery: count.default(100),
  /** Steps between measurements of the validation loss. */
  validateEvery: count.default(50),
})
export type TrainOptions = z.input<typeof trainOptions>
export type ResolvedTrainOptions = z.output<typeof trainOptions>
