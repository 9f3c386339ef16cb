// What a job's pictures may be drawn with beside prompt, seed, steps and guidance: the same as a cell's `draw`. All are
// absent unless given, so that a job from before there was the option is still the same job. Checked against the
// checkpoint's configs alone, before anything is loaded.
import { join } from 'node:path'
import { z } from 'zod'
import { readJson } from '../base/files.ts'
import { readIndex } from './checkpoint.ts'
import { clipTextConfig, parseConfig, unetConfig, vaeConfig } from './config.ts'
import { latentSize, type SampleOptions, sizeIds } from './sample-options.ts'
import { makeScheduler, type SchedulerName } from './schedulers/scheduler.ts'
import { readSchedulerConfig } from './schedulers/scheduler-config.ts'
import { checkClipSkip } from './text-conditioner.ts'

const pixels = z.number().int().positive()
const pair = z.tuple([z.number().nonnegative(), z.number().nonnegative()])

/** Settings of a stage that draws; their meanings and defaults are those of `SampleOptions`. */
export const drawSettings = {
  /** Pixels. Default: the size that the checkpoint was trained for. */
  width: pixels.optional(),
  height: pixels.optional(),
  /** Share of ancestral noise, of DDIM only. Default 0. */
  eta: z.number().min(0).max(1).optional(),
  /** Default: the checkpoint's. */
  timestepSpacing: z.enum(['leading', 'trailing', 'linspace']).optional(),
  /** Default: the checkpoint's. */
  rescaleBetasZeroSnr: z.boolean().optional(),
  /** Stable Diffusion XL only: [height, width]. Default: the picture's. */
  originalSize: pair.optional(),
  /** Stable Diffusion XL only: [top, left]. Default [0, 0]. */
  cropsCoordsTopLeft: pair.optional(),
  /** Stable Diffusion XL only: [height, width]. Default: the picture's. */
  targetSize: pair.optional(),
  /** Layers left out at the text encoder's end. Default 0. */
  clipSkip: z.number().int().nonnegative().optional(),
  /** The VAE in overlapping tiles. Default: for pictures of more than 1024 × 1024 pixels. */
  tiling: z.boolean().optional(),
}
export type DrawSettings = z.output<z.ZodObject<typeof drawSettings>>

/** Those of a stage's settings that are draw settings and given. */
export function drawnWith(settings: DrawSettings): DrawSettings {
  const given = Object.keys(drawSettings).map((name) => [name, settings[name as keyof DrawSettings]])
  return Object.fromEntries(given.filter(([, value]) => value !== undefined))
}

/**
 * Refuses what the model of a pipeline folder could not be drawn with: sides that are no multiple of what its UNet
 * halves, an unknown or unfit scheduler, eta without DDIM, size conditioning of a model that is told no sizes, more
 * layers left out than there are.
 *
 * @throws SelmaError `bad-input` or `unsupported`, with the valid choices
 */
export async function checkDrawing(
  folder: string,
  settings: DrawSettings & { steps: number; scheduler?: SchedulerName },
): Promise<void> {
  const config = async <T extends z.ZodType>(name: string, schema: T): Promise<z.infer<T>> => {
    const path = join(folder, name, 'config.json')
    return parseConfig(schema, await readJson(path), path)
  }
  const { xl } = await readIndex(folder)
  const encoders = xl ? ['text_encoder', 'text_encoder_2'] : ['text_encoder']
  const [texts, unet, vae, scheduler] = await Promise.all([
    Promise.all(encoders.map((name) => config(name, clipTextConfig))),
    config('unet', unetConfig),
    config('vae', vaeConfig),
    readSchedulerConfig(join(folder, 'scheduler', 'scheduler_config.json')),
  ])
  checkClipSkip(texts, settings.clipSkip)
  const scale = 2 ** (vae.block_out_channels.length - 1)
  const usual = [unet.sample_size, unet.sample_size] as const
  const unit = scale * 2 ** (unet.block_out_channels.length - 1)
  const [height, width] = latentSize(settings, { unit, scale, usual })
  sizeIds(settings as Pick<SampleOptions, 'originalSize'>, [height * scale, width * scale], xl)
  const { steps, scheduler: name, eta, timestepSpacing, rescaleBetasZeroSnr } = settings
  const noise = (length: number): Float32Array => new Float32Array(length)
  makeScheduler(scheduler, steps, { name, eta, timestepSpacing, rescaleBetasZeroSnr, noise })
}
