// A diffusers pipeline folder: its configs, where its weight files are, and the hash of it all.
// Nothing is loaded into memory here but the headers.
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { fail } from '../base/errors.ts'
import { hashFile, readJson, sha256 } from '../base/files.ts'
import { readSafetensorsHeader, type SafetensorsHeader } from '../formats/safetensors.ts'
import {
  type ClipTextConfig,
  clipTextConfig,
  parseConfig,
  type UNetConfig,
  unetConfig,
  type VaeConfig,
  vaeConfig,
} from './config.ts'
import { readSchedulerConfig, type SchedulerConfig } from './schedulers/scheduler-config.ts'
import { padToken } from './tokenizer.ts'
import { type ComponentName, chooseWeights } from './weight-files.ts'
import type { WeightDtype, WeightsHeader } from './weights.ts'
import { narrowBytes, narrowedWeights, widenedWeights } from './widened-weights.ts'

/** One model of a pipeline: its config and the header of its weights. */
export interface Component<Config> {
  config: Config
  weights: WeightsHeader
}

export interface Checkpoint {
  folder: string
  unet: Component<UNetConfig>
  textEncoder: Component<ClipTextConfig>
  /** CLIPTextModelWithProjection, of Stable Diffusion XL. */
  textEncoder2?: Component<ClipTextConfig>
  vae: Component<VaeConfig>
  scheduler: SchedulerConfig
  /** Stable Diffusion XL: an empty negative prompt is zeros, not the states of ''. */
  forceZerosForEmptyPrompt: boolean
}

export interface OpenOptions {
  /**
   * Half-precision weights of so many bytes and more are widened to float32 once, in a cache file, and mapped from
   * there; smaller ones are widened in each session; `Infinity` leaves all as they are. Default 64 MiB.
   */
  widenFrom?: number
  /** 'float16': weights stay half-precision in memory; others are rounded once, in a cache file. Default 'float32'. */
  dtype?: WeightDtype
}

const modelIndex = z.looseObject({
  text_encoder: z.tuple([z.string(), z.enum(['CLIPTextModel'])]),
  text_encoder_2: z
    .union([z.tuple([z.string(), z.enum(['CLIPTextModelWithProjection'])]), z.tuple([z.null(), z.null()])])
    .optional(),
  unet: z.tuple([z.string(), z.enum(['UNet2DConditionModel'])]),
  vae: z.tuple([z.string(), z.enum(['AutoencoderKL'])]),
  force_zeros_for_empty_prompt: z.boolean().default(true),
})

/** What the pipeline is made of. */
export async function readIndex(folder: string): Promise<{ xl: boolean; zeros: boolean }> {
  const path = join(folder, 'model_index.json')
  if (!existsSync(path))
    fail(
      'not-found',
      `${folder} is no diffusers pipeline: it has no model_index.json`,
      'give a folder saved with save_pretrained, or a known model name',
    )
  const index = parseConfig(modelIndex, await readJson(path), path)
  return { xl: Boolean(index.text_encoder_2?.[1]), zeros: index.force_zeros_for_empty_prompt }
}

/** A component's weight files, below the folder. */
async function weightNames(
  folder: string,
  name: ComponentName,
): Promise<{ index?: string; files: string[] }> {
  const names = await readdir(join(folder, name)).catch(() => [])
  if (names.length === 0)
    fail('not-found', `${join(folder, name)} is missing`, 'the pipeline folder is incomplete: fetch it again')
  const { files, index } = chooseWeights(name, names)
  return { files: files.map((file) => `${name}/${file}`), index: index && `${name}/${index}` }
}

/** The header of one file, or of its wide copy. */
async function headerOf(
  path: string,
  { widenFrom = 64 * 2 ** 20, dtype }: OpenOptions,
): Promise<SafetensorsHeader> {
  const header = await readSafetensorsHeader(path)
  if (dtype === 'float16') return readSafetensorsHeader(await narrowedWeights(header))
  const bytes = narrowBytes(header)
  // Sessions widen float16 themselves, but not bfloat16.
  const wanted = [...header.tensors.values()].some(({ dtype }) => dtype === 'BF16') || bytes >= widenFrom
  return bytes > 0 && wanted ? readSafetensorsHeader(await widenedWeights(header)) : header
}

async function openWeights(
  folder: string,
  name: ComponentName,
  options: OpenOptions,
): Promise<WeightsHeader> {
  const { files, index } = await weightNames(folder, name)
  const headers = await Promise.all(files.map((file) => headerOf(join(folder, file), options)))
  const { dtype } = options
  if (headers.length === 1) return { ...headers[0], dtype }
  const tensors = new Map(
    headers.flatMap(({ path, tensors }) => [...tensors].map(([key, entry]) => [key, { ...entry, path }])),
  )
  return { path: join(folder, index ?? files[0]), tensors, dtype }
}

/**
 * Reads the configs and weight headers of a Stable Diffusion (1.x, 2.x, XL) pipeline folder.
 *
 * @throws SelmaError `not-found` when a part is missing, `unsupported` for a config that cannot be built here
 */
export async function openCheckpoint(folder: string, options: OpenOptions = {}): Promise<Checkpoint> {
  const { xl, zeros } = await readIndex(folder)
  const component = async <T extends z.ZodType>(
    name: ComponentName,
    schema: T,
  ): Promise<Component<z.infer<T>>> => {
    const path = join(folder, name, 'config.json')
    const config = parseConfig(schema, await readJson(path), path)
    return { config, weights: await openWeights(folder, name, options) }
  }
  const checkpoint: Checkpoint = {
    folder,
    unet: await component('unet', unetConfig),
    textEncoder: await component('text_encoder', clipTextConfig),
    ...(xl ? { textEncoder2: await component('text_encoder_2', clipTextConfig) } : {}),
    vae: await component('vae', vaeConfig),
    scheduler: await readSchedulerConfig(join(folder, 'scheduler', 'scheduler_config.json')),
    forceZerosForEmptyPrompt: xl && zeros,
  }
  checkFit(checkpoint)
  return checkpoint
}

/** Parts that do not belong together, and pipelines for something else. */
function checkFit({ folder, unet, vae, textEncoder, textEncoder2 }: Checkpoint): void {
  const { in_channels: seen, out_channels: told, cross_attention_dim: width } = unet.config
  const latent = vae.config.latent_channels
  if (seen !== latent)
    fail(
      'unsupported',
      `${folder}: unet in_channels = ${seen} for ${latent} latent channels`,
      'inpainting, depth and editing models are not offered here: choose a text-to-image model',
    )
  if (told !== latent)
    fail('mismatch', `${folder}: unet out_channels = ${told} for ${latent} latent channels`)
  const text = textEncoder.config.hidden_size + (textEncoder2?.config.hidden_size ?? 0)
  if (width !== text)
    fail('mismatch', `${folder}: unet cross_attention_dim = ${width}, but the text is ${text} wide`)
  const added = unet.config.addition_embed_type
  if ((added === 'text_time') !== (textEncoder2 !== undefined))
    fail(
      'unsupported',
      `${folder}: addition_embed_type = ${JSON.stringify(added)} ${textEncoder2 ? 'with' : 'without'} a second text encoder`,
      'it goes with the two text encoders of Stable Diffusion XL',
    )
}

/** The files that decide what a tokenizer does, below the pipeline's folder. */
async function tokenizerFiles(folder: string, name: string): Promise<string[]> {
  const names = ['tokenizer.json', 'tokenizer_config.json', 'vocab.json', 'merges.txt']
  // Mostly it repeats tokenizer_config.json.
  if ((await padToken(join(folder, name))).overridden) names.push('special_tokens_map.json')
  return names.map((file) => `${name}/${file}`).filter((file) => existsSync(join(folder, file)))
}

/** One hash over configs, weights and tokenizer: the model's identity in jobs and reports. */
export async function hashCheckpoint(folder: string): Promise<string> {
  const { xl } = await readIndex(folder)
  const weights = await Promise.all(
    (['unet', 'text_encoder', 'vae', ...(xl ? (['text_encoder_2'] as const) : [])] as const).map(
      async (name) => (await weightNames(folder, name)).files,
    ),
  )
  const names = [
    ...weights.flat(),
    'unet/config.json',
    'text_encoder/config.json',
    'vae/config.json',
    'scheduler/scheduler_config.json',
    ...(await tokenizerFiles(folder, 'tokenizer')),
    ...(xl ? ['text_encoder_2/config.json', 'model_index.json'] : []),
    ...(xl ? await tokenizerFiles(folder, 'tokenizer_2') : []),
  ]
  const hashes = await Promise.all(names.map(async (name) => `${name} ${await hashFile(join(folder, name))}`))
  return sha256(hashes.join('\n'))
}
