// What a picture is drawn with, beside its prompt: defaults, and what is refused before anything is computed.
import { fail } from '../base/errors.ts'
import type { SchedulerName } from './schedulers/scheduler.ts'
import type { Spacing } from './schedulers/timesteps.ts'

/** [height, width] in pixels, or [top, left]. */
export type Pair = readonly [number, number]

/** What Stable Diffusion XL is told about the picture that it should seem to be cut out of. */
export interface SizeConditioning {
  /** Height and width of the original. Small ones give blurred pictures. Default: the picture's. */
  originalSize?: Pair
  /** Top and left of the cut. Default [0, 0]: nothing is cut off. */
  cropsCoordsTopLeft?: Pair
  /** Height and width that it is made for. Default: the picture's. */
  targetSize?: Pair
}

export interface SampleOptions extends SizeConditioning {
  /** One seed a prompt: the initial noise, and what the sampler adds, are drawn from it alone. */
  seeds: readonly number[]
  /** Sampling steps. Default 50. */
  steps?: number
  /** Classifier-free guidance scale; 1 is none. Default 7.5. */
  guidance?: number
  /** Guidance rescale φ in [0, 1]. Default 0. */
  rescale?: number
  /**
   * What the picture should not be. Default '': its text states, or zeros where the checkpoint has
   * `force_zeros_for_empty_prompt` (Stable Diffusion XL).
   */
  negativePrompt?: string
  /**
   * Layers left out at the end of the text encoder, or of both of Stable Diffusion XL, which do without the last
   * anyway. As in diffusers the negative prompt takes all. Default 0.
   */
  clipSkip?: number
  /** Default: the checkpoint's own. */
  scheduler?: SchedulerName
  /** Share of ancestral sampling's noise that DDIM adds, 0 to 1. Default 0. */
  eta?: number
  /** Which timesteps are visited. Default: the checkpoint's, or the scheduler's. */
  timestepSpacing?: Spacing
  /**
   * Bends the noise schedule so that the last step is nothing but noise (zero terminal SNR), for models trained so.
   * They predict v; 'trailing' spacing goes with it. Default: the checkpoint's.
   */
  rescaleBetasZeroSnr?: boolean
  /** Pixels. Default: the size that the checkpoint was trained for. */
  width?: number
  height?: number
  /** Initial noise [prompts, channels, h, w] in place of what the seeds give. */
  noise?: Float32Array
  /** Called after every sampling step of every batch with the pictures done and the share of the current batch. */
  onProgress?: (done: number, share: number) => void
  signal?: AbortSignal
}

/** @throws SelmaError `bad-input` for numbers out of range */
export function checkSampling(prompts: readonly string[], options: SampleOptions): void {
  const { seeds, guidance = 7.5, rescale = 0 } = options
  if (seeds.length !== prompts.length)
    fail('bad-input', `${prompts.length} prompts, but ${seeds.length} seeds`, 'give one seed a prompt')
  if (!(guidance >= 0 && guidance < 1000))
    fail('bad-input', `guidance ${guidance}`, 'give 1 for none, or a scale such as 7.5')
  if (!(rescale >= 0 && rescale <= 1)) fail('bad-input', `guidance rescale ${rescale}`, 'give 0 to 1')
}

/**
 * Height and width of latents.
 *
 * @param unit pixels that a side must be a multiple of
 * @param scale pixels of a side for one latent
 * @throws SelmaError `bad-input` for a side that is no multiple
 */
export function latentSize(
  { width, height }: { width?: number; height?: number },
  { unit, scale, usual }: { unit: number; scale: number; usual: Pair },
): [height: number, width: number] {
  const side = (name: string, value: number): number => {
    if (!Number.isInteger(value) || value < unit || value % unit !== 0)
      fail('bad-input', `${name} ${value}`, `give a multiple of ${unit} pixels`)
    return value / scale
  }
  return [side('height', height ?? usual[0] * scale), side('width', width ?? usual[1] * scale)]
}

/**
 * The six numbers that Stable Diffusion XL is told, for a picture of `size` [height, width] pixels; nothing for
 * other models. Source: diffusers, pipeline_stable_diffusion_xl.py (`_get_add_time_ids`).
 *
 * @throws SelmaError `bad-input` for what is no pair of numbers, or not for this model
 */
export function sizeIds(options: SizeConditioning, size: Pair, wanted: boolean): number[] | undefined {
  const pairs = (['originalSize', 'cropsCoordsTopLeft', 'targetSize'] as const).map((name) => {
    const value = options[name]
    if (value === undefined) return name === 'cropsCoordsTopLeft' ? ([0, 0] as const) : size
    if (!wanted) fail('bad-input', `${name} for this model`, 'only Stable Diffusion XL is told sizes')
    if (value.length !== 2 || !value.every((number) => Number.isFinite(number) && number >= 0))
      fail('bad-input', `${name} [${value}]`, 'give two numbers of pixels: height and width, or top and left')
    return value
  })
  return wanted ? pairs.flat() : undefined
}
