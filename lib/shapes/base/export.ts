// Writes the trained embedded model as a diffusers pipeline folder: fp16 safetensors, the configs of
// diffusers and transformers, CLIP tokenizer files, a scheduler.
import { join } from 'node:path'
import { writeFileAtomic, writeJson } from '../../base/files.ts'
import { clipTokenizerJson, END_TOKEN, START_TOKEN } from '../../diffusion/tokenizer.ts'
import { toHalf } from '../../formats/half.ts'
import { writeSafetensors } from '../../formats/safetensors.ts'
import type { ParameterLayout } from '../../runtime/index.ts'
import { captionLength, shapesText, shapesUNet, shapesVae } from './configs.ts'

async function writeWeights(
  path: string,
  layout: ParameterLayout,
  flat: Float32Array,
  prefix = '',
): Promise<void> {
  const tensors = Object.fromEntries(
    layout.specs
      .filter((spec) => spec.name.startsWith(prefix))
      .map((spec) => [
        spec.name.slice(prefix.length),
        { dtype: 'F16' as const, shape: [...spec.shape], data: toHalf(layout.view(flat, spec)) },
      ]),
  )
  await writeSafetensors(path, tensors, { format: 'pt' })
}

/** The scheduler of the embedded model: cosine betas, v-prediction, DDIM over trailing timesteps. */
export const shapesScheduler = {
  _class_name: 'DDIMScheduler',
  num_train_timesteps: 1000,
  beta_schedule: 'squaredcos_cap_v2',
  prediction_type: 'v_prediction',
  timestep_spacing: 'trailing',
  set_alpha_to_one: true,
  clip_sample: false,
  steps_offset: 0,
  rescale_betas_zero_snr: false,
}

export async function exportVae(
  folder: string,
  layout: ParameterLayout,
  flat: Float32Array,
  scalingFactor: number,
): Promise<void> {
  await writeWeights(join(folder, 'vae', 'diffusion_pytorch_model.safetensors'), layout, flat)
  await writeJson(join(folder, 'vae', 'config.json'), {
    _class_name: 'AutoencoderKL',
    ...shapesVae,
    scaling_factor: scalingFactor,
    force_upcast: false,
  })
}

/** Writes UNet, text encoder, tokenizer, scheduler and index beside a VAE. */
export async function exportPipeline(
  folder: string,
  options: {
    layout: ParameterLayout
    flat: Float32Array
    vocab: Record<string, number>
    merges: readonly string[]
  },
): Promise<void> {
  const { layout, flat, vocab, merges } = options
  const size = Object.keys(vocab).length
  await writeWeights(join(folder, 'unet', 'diffusion_pytorch_model.safetensors'), layout, flat, 'unet.')
  await writeJson(join(folder, 'unet', 'config.json'), { _class_name: 'UNet2DConditionModel', ...shapesUNet })
  await writeWeights(join(folder, 'text_encoder', 'model.safetensors'), layout, flat, 'text_encoder.')
  await writeJson(join(folder, 'text_encoder', 'config.json'), {
    architectures: ['CLIPTextModel'],
    model_type: 'clip_text_model',
    torch_dtype: 'float16',
    ...shapesText(size),
  })
  const tokenizer = join(folder, 'tokenizer')
  await writeJson(join(tokenizer, 'vocab.json'), vocab)
  await writeFileAtomic(join(tokenizer, 'merges.txt'), `#version: 0.2\n${merges.join('\n')}\n`)
  await writeJson(join(tokenizer, 'tokenizer.json'), clipTokenizerJson(vocab, merges))
  const tokens = { bos_token: START_TOKEN, eos_token: END_TOKEN, pad_token: END_TOKEN, unk_token: END_TOKEN }
  await writeJson(join(tokenizer, 'tokenizer_config.json'), {
    tokenizer_class: 'CLIPTokenizer',
    model_max_length: captionLength,
    do_lower_case: true,
    ...tokens,
  })
  await writeJson(join(tokenizer, 'special_tokens_map.json'), tokens)
  await writeJson(join(folder, 'scheduler', 'scheduler_config.json'), shapesScheduler)
  await writeJson(join(folder, 'model_index.json'), {
    _class_name: 'StableDiffusionPipeline',
    _diffusers_version: '0.35.0',
    requires_safety_checker: false,
    safety_checker: [null, null],
    feature_extractor: [null, null],
    scheduler: ['diffusers', 'DDIMScheduler'],
    text_encoder: ['transformers', 'CLIPTextModel'],
    tokenizer: ['transformers', 'CLIPTokenizer'],
    unet: ['diffusers', 'UNet2DConditionModel'],
    vae: ['diffusers', 'AutoencoderKL'],
  })
}
