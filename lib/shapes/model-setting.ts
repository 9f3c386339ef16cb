// A model as job settings name it: a base and the LoRAs on it. Shared by the stages that draw.
import { z } from 'zod'
import { hashCheckpoint } from '../diffusion/checkpoint.ts'
import { TextToImagePipeline } from '../diffusion/pipeline.ts'
import { type WeightDtype, weightDtypes } from '../diffusion/weights.ts'
import { loadLora } from '../formats/lora-files.ts'
import { hashInput } from '../jobs/index.ts'
import { type Provider, providers } from '../runtime/index.ts'
import { locateModel } from './models.ts'

/**
 * The execution provider that computes: 'cpu' (default), 'cuda' or 'webgpu'. A job's result depends on it, and so does
 * its hash; the CPU is left out, as in jobs from before there was a choice. 'auto' is resolved by who starts the job.
 */
export const deviceSetting = z
  .enum(providers)
  .transform((name) => (name === 'cpu' ? undefined : name))
  .optional()

/** How the base's frozen weights are kept, 'float32' (default) or 'float16'; as with `deviceSetting`, the default is left out. */
export const dtypeSetting = z
  .enum(weightDtypes)
  .transform((name) => (name === 'float32' ? undefined : name))
  .optional()

export const modelSetting = {
  /** Embedded name or pipeline folder. */
  model: z.string(),
  /** LoRAs added to the UNet, with their weights. */
  loras: z.array(z.strictObject({ path: z.string(), weight: z.number().default(1) })).default([]),
  device: deviceSetting,
  dtype: dtypeSetting,
}

interface ModelSetting {
  model: string
  loras: readonly { path: string; weight: number }[]
  device?: Provider
  dtype?: WeightDtype
}

/** Content hashes of the base and the LoRAs, for a job's name. */
export async function hashModel({ model, loras }: ModelSetting): Promise<Record<string, string>> {
  const hashes: Record<string, string> = { model: await hashCheckpoint(locateModel(model).folder) }
  for (const [i, { path }] of loras.entries()) hashes[`lora${i}`] = await hashInput(path)
  return hashes
}

/** The settings without paths, whose contents `hashModel` covers. */
export function withoutPaths<T extends ModelSetting>({ model: _, loras, ...rest }: T) {
  return { ...rest, weights: loras.map(({ weight }) => weight) }
}

/** Opens the base with the LoRAs fused. */
export async function openModel({ model, loras, device, dtype }: ModelSetting): Promise<TextToImagePipeline> {
  const loaded = await Promise.all(
    loras.map(async ({ path, weight }) => ({ lora: await loadLora(path), weight })),
  )
  return TextToImagePipeline.load(locateModel(model).folder, { loras: loaded, provider: device, dtype })
}
