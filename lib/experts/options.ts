// What decides an expert: every setting of LoRA training, with its default. Names are PEFT's and diffusers' training
// scripts', in camel case. A switch that is off, even where that is written, is absent from the resolved settings, so
// that a job from before there was the switch is still the same job.
import { z } from 'zod'
import { dropUndefined } from '../base/drop-undefined.ts'
import { attentionProjections } from '../diffusion/lora-layers.ts'
import { isPattern } from '../formats/peft-config.ts'
import { schedules } from '../runtime/index.ts'
import { memoryModes } from './memory.ts'

const count = z.number().int().positive()
const share = z.number().min(0).lt(1)
const positive = z.number().positive()

/** Optimisers, under the names of PyTorch and of the packages lion-pytorch and prodigyopt. */
export const optimizers = ['adamw', 'lion', 'prodigy'] as const
/** Losses: mean squared error, and the two smooth Huber forms of diffusers' scheduled_huber_loss_training. */
export const lossTypes = ['l2', 'huber', 'smooth_l1'] as const
export const huberSchedules = ['constant', 'exponential', 'snr'] as const

const options = z.strictObject({
  /** Rank of every factor pair (paper: 128). */
  rank: count.default(16),
  /** Scale is alpha / rank. Default: the rank. */
  alpha: positive.optional(),
  /**
   * Layers of the UNet, as PEFT's target_modules: names that a module path ends in, or one regular expression. A 3×3
   * convolution is trained when it is named: `conv1`, `conv2`, `conv_shortcut`, …
   */
  targets: z
    .union([z.array(z.string().min(1)).nonempty(), z.string().min(1)])
    .default([...attentionProjections]),
  /** Ranks of layers that differ, by a regular expression for the end of their path (PEFT's rank_pattern). */
  rankPattern: z.record(z.string(), count).optional(),
  /** Alphas of layers that differ, likewise (PEFT's alpha_pattern). */
  alphaPattern: z.record(z.string(), positive).optional(),
  /** Scale is alpha / √rank (Kalajdzievski 2023). Default false. */
  useRslora: z.boolean().optional(),
  /** Weight-decomposed LoRA: a trained magnitude a row (Liu et al. 2024). Default false. */
  useDora: z.boolean().optional(),
  /** Share of a layer's input that its factors do not see in a step. Default 0. */
  loraDropout: share.optional(),
  /** Train a LoRA of the text encoder, too; of Stable Diffusion XL's both. Default false. */
  trainTextEncoder: z.boolean().optional(),
  /** Its layers, as `targets`. Default q_proj, k_proj, v_proj, out_proj. */
  textEncoderTargets: z.union([z.array(z.string().min(1)).nonempty(), z.string().min(1)]).optional(),
  /** Optimiser steps (paper: 5,000). */
  steps: count.default(300),
  /** Pictures a step, or a part of one (paper: 64 in 4 parts). */
  batch: count.default(32),
  /** Parts of `batch` pictures whose gradients are averaged before a step is taken. Default 1. */
  gradientAccumulationSteps: count.optional(),
  /** Compute blocks again in the backward pass instead of keeping them: slower, less memory. Default false. */
  gradientCheckpointing: z.boolean().optional(),
  /** What is given for what: see `memoryModes`. Default: 'balanced' for models of Stable Diffusion's size. */
  memory: z.enum(memoryModes).optional(),
  /** Default 'adamw'. */
  optimizer: z.enum(optimizers).optional(),
  /** Peak learning rate (paper: 3e-4). Default: AdamW 1e-3, Lion 1e-4, Prodigy 1 (a factor on the rate it finds). */
  learningRate: positive.optional(),
  /** (paper: constant) */
  schedule: z.enum(schedules).default('linear'),
  /** Steps of linear warm-up (paper: 0). */
  warmup: z.number().int().nonnegative().default(20),
  /** Share of the rate left at the end (linear, cosine). */
  finalRate: z.number().min(0).max(1).default(0.1),
  /** Decoupled weight decay. Default: AdamW 1e-2, Lion and Prodigy 0. */
  weightDecay: z.number().nonnegative().optional(),
  /** Default: AdamW and Prodigy [0.9, 0.999], Lion [0.9, 0.99]. */
  betas: z.tuple([share, share]).optional(),
  /** Of AdamW and Prodigy. */
  eps: positive.default(1e-8),
  /** Prodigy's β₃. Default √β₂. */
  prodigyBeta3: share.optional(),
  /** Prodigy's weight decay as AdamW has it. Default true. */
  prodigyDecouple: z.boolean().optional(),
  /** Adam's bias correction in Prodigy. Default false. */
  prodigyUseBiasCorrection: z.boolean().optional(),
  /** Keeps warm-up out of Prodigy's estimate. Default false. */
  prodigySafeguardWarmup: z.boolean().optional(),
  /** Prodigy's first estimate. Default 1e-6. */
  prodigyD0: positive.optional(),
  /** Factor on Prodigy's estimate. Default 1. */
  prodigyDCoef: positive.optional(),
  /** Global-norm clipping. */
  maxGradNorm: positive.default(1),
  /** Keep the moving average of the weights, and make it the expert. Default false. */
  useEma: z.boolean().optional(),
  /** The decay that the moving average ends with; early on it follows faster, as diffusers' EMAModel. Default 0.9999. */
  emaDecay: share.optional(),
  /** Default 'l2'. */
  lossType: z.enum(lossTypes).optional(),
  /** Where the Huber losses turn from square to straight. Default 0.1. */
  huberC: positive.optional(),
  /** How that depends on the timestep. Default 'snr'. */
  huberSchedule: z.enum(huberSchedules).optional(),
  /** Min-SNR-γ loss weights (Hang et al. 2023; they recommend 5). None by default. */
  snrGamma: positive.optional(),
  /** Adds one normal number a channel, times this, to the noise, for very dark and light pictures. Default 0. */
  noiseOffset: positive.optional(),
  /** What the model is trained to predict. Default: what its scheduler_config.json says. */
  predictionType: z.enum(['epsilon', 'v_prediction']).optional(),
  /** Share of captions replaced by the empty one, for guidance (paper: 0). */
  captionDropout: z.number().min(0).max(1).default(0.1),
  /** Mirror pictures half the time, except where the caption says left or right. Default false. */
  randomFlip: z.boolean().optional(),
  /**
   * Heights and widths in pixels. Each picture goes to the one nearest to its shape, and is scaled and cropped to it.
   * Without buckets all pictures must have the model's own size.
   */
  aspectRatioBuckets: z
    .array(z.tuple([count, count]))
    .nonempty()
    .optional(),
  /** Above 1, training timesteps are noisier than uniform (Stable Diffusion 3's shift). */
  timestepShift: positive.default(1),
  /** Initialisation, noise and order all come from it. */
  seed: z.number().int().default(42),
  /** Steps between checkpoints (script: 500). */
  checkpointEvery: count.default(100),
  /** Steps between measurements of the validation loss. */
  validateEvery: count.default(50),
  /** Stop when so many measurements in a row were no better than the best, and keep the best. Never by default. */
  earlyStoppingPatience: count.optional(),
  /** By how much a validation loss must be lower to be better. Default 0. */
  earlyStoppingThreshold: z.number().nonnegative().optional(),
})

const defaults = {
  adamw: { learningRate: 1e-3, weightDecay: 1e-2, betas: [0.9, 0.999] },
  lion: { learningRate: 1e-4, weightDecay: 0, betas: [0.9, 0.99] },
  prodigy: { learningRate: 1, weightDecay: 0, betas: [0.9, 0.999] },
} as const

type Given = z.output<typeof options>

/** Switches that change nothing unless another is set, and which. */
function pointless(given: Given): [name: keyof Given, needed: string][] {
  const huber = given.lossType !== undefined && given.lossType !== 'l2'
  const groups: [met: boolean, needed: string, names: (keyof Given)[]][] = [
    [huber, "lossType 'huber' or 'smooth_l1'", ['huberC', 'huberSchedule']],
    [given.useEma === true, 'useEma', ['emaDecay']],
    [given.trainTextEncoder === true, 'trainTextEncoder', ['textEncoderTargets']],
    [given.earlyStoppingPatience !== undefined, 'earlyStoppingPatience', ['earlyStoppingThreshold']],
    [
      given.optimizer === 'prodigy',
      "optimizer 'prodigy'",
      (Object.keys(given) as (keyof Given)[]).filter((name) => name.startsWith('prodigy')),
    ],
  ]
  return groups
    .filter(([met]) => !met)
    .flatMap(([, needed, names]) => names.map((name) => [name, needed] as [keyof Given, string]))
    .filter(([name]) => given[name] !== undefined)
}

/** What a switch is when it is not given: written out, it trains the same, and is not kept. */
const off: Partial<Given> = {
  rankPattern: {},
  alphaPattern: {},
  useRslora: false,
  useDora: false,
  loraDropout: 0,
  trainTextEncoder: false,
  gradientAccumulationSteps: 1,
  optimizer: 'adamw',
  prodigyDecouple: true,
  prodigyUseBiasCorrection: false,
  prodigySafeguardWarmup: false,
  prodigyD0: 1e-6,
  prodigyDCoef: 1,
  useEma: false,
  emaDecay: 0.9999,
  lossType: 'l2',
  huberC: 0.1,
  huberSchedule: 'snr',
  randomFlip: false,
  earlyStoppingThreshold: 0,
}

type Resolved = Given & Required<Pick<Given, 'learningRate' | 'weightDecay' | 'betas'>>

/** Names of all settings. */
export const trainOptionNames = Object.keys(options.shape)

/** Settings of LoRA training. The paper's own are in parentheses where they differ (section 4.2 and its scripts). */
export const trainOptions = options
  .superRefine((given, context) => {
    for (const [name, needed] of pointless(given))
      context.addIssue({
        code: 'custom',
        path: [name],
        message: `${name} means something only with ${needed}`,
      })
    for (const name of ['rankPattern', 'alphaPattern'] as const)
      for (const pattern of Object.keys(given[name] ?? {}))
        if (!isPattern(pattern))
          context.addIssue({ code: 'custom', path: [name], message: `${pattern} is no regular expression` })
  })
  .transform((given): Resolved => {
    const { learningRate, weightDecay, betas } = defaults[given.optimizer ?? 'adamw']
    const filled = { learningRate, weightDecay, betas: [...betas], ...dropUndefined(given) }
    // With memory 'low', blocks are computed again unless `gradientCheckpointing` says no.
    const none = given.memory === 'low' ? off : { ...off, gradientCheckpointing: false }
    const entries = Object.entries(filled).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(none[name as keyof Given]),
    )
    // In the order of the schema, which is that of the files they are written to.
    entries.sort(([a], [b]) => trainOptionNames.indexOf(a) - trainOptionNames.indexOf(b))
    return Object.fromEntries(entries) as Resolved
  })

export type TrainOptions = z.input<typeof trainOptions>
export type ResolvedTrainOptions = Resolved
