// A diffusers pipeline folder: its configs, where its weight files are, and the hash of it all.
// Nothing is loaded into memory here but the headers.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
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

/** One model of a pipeline: its config and the header of its weights. */
export interface Component<Config> {
  config: Config
  weights: SafetensorsHeader
}

export interface Checkpoint {
  folder: string
  unet: Component<UNetConfig>
  textEncoder: Component<ClipTextConfig>
  vae: Component<VaeConfig>
  scheduler: SchedulerConfig
}

const files = {
  unet: 'unet/diffusion_pytorch_model.safetensors',
  textEncoder: 'text_encoder/model.safetensors',
  vae: 'vae/diffusion_pytorch_model.safetensors',
}

/**
 * Reads the configs and weight headers of a Stable Diffusion pipeline folder.
 *
 * @throws SelmaError `not-found` when a part is missing, `unsupported` for a config that cannot be built here
 */
export async function openCheckpoint(folder: string): Promise<Checkpoint> {
  const index = join(folder, 'model_index.json')
  if (!existsSync(index))
    fail(
      'not-found',
      `${folder} is no diffusers pipeline: it has no model_index.json`,
      'give a folder saved with save_pretrained, or a known model name',
    )
  const component = async <T>(
    name: keyof typeof files,
    read: (value: unknown, path: string) => T,
  ): Promise<Component<T>> => {
    const weightsPath = join(folder, files[name])
    const configPath = join(folder, files[name].split('/')[0], 'config.json')
    const config = read(await readJson(configPath), configPath)
    if (!existsSync(weightsPath))
      fail('not-found', `${weightsPath} is missing`, 'the pipeline folder is incomplete: fetch it again')
    return { config, weights: await readSafetensorsHeader(weightsPath) }
  }
  return {
    folder,
    unet: await component('unet', (value, path) => parseConfig(unetConfig, value, path)),
    textEncoder: await component('textEncoder', (value, path) => parseConfig(clipTextConfig, value, path)),
    vae: await component('vae', (value, path) => parseConfig(vaeConfig, value, path)),
    scheduler: await readSchedulerConfig(join(folder, 'scheduler', 'scheduler_config.json')),
  }
}

const tokenizerFiles = ['tokenizer.json', 'tokenizer_config.json', 'vocab.json', 'merges.txt']

/** One hash over configs, weights and tokenizer: the model's identity in jobs and reports. */
export async function hashCheckpoint(folder: string): Promise<string> {
  const names = [
    ...Object.values(files),
    'unet/config.json',
    'text_encoder/config.json',
    'vae/config.json',
    'scheduler/scheduler_config.json',
    ...tokenizerFiles.map((name) => `tokenizer/${name}`).filter((name) => existsSync(join(folder, name))),
  ]
  const hashes = await Promise.all(names.map(async (name) => `${name} ${await hashFile(join(folder, name))}`))
  return sha256(hashes.join('\n'))
}
