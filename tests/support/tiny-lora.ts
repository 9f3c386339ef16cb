// The golden LoRA problem on the tiny UNet: inputs of a batch, factors in a flat vector.
import type { LoraBranch, LoraTarget } from '../../lib/diffusion/builder.ts'
import { collectTargets, factorNames } from '../../lib/diffusion/lora-layers.ts'
import { NoiseSchedule, schedulerConfig } from '../../lib/diffusion/schedulers/noise-schedule.ts'
import { unet } from '../../lib/diffusion/unet.ts'
import type { Lora } from '../../lib/formats/lora.ts'
import { type Feeds, Graph, type ParameterLayout, type Tensor } from '../../lib/runtime/index.ts'
import { Golden, goldenJson } from './golden.ts'
import { frozen, tinyUNet } from './tiny-models.ts'

export const loraGolden = new Golden('lora')
export const loraSettings = goldenJson<{
  alpha: number
  rank: number
  lr: number
  betas: [number, number]
  eps: number
  weight_decay: number
  max_grad_norm: number
  steps: number
  targets: string[]
  scheduler_config: object
}>('lora')

/** The tiny frozen UNet with LoRAs beside its layers, on the golden batch's shapes. */
export function unetWithLora(
  graph: Graph,
  options: { lora?: LoraBranch; replaced?: Map<string, Float32Array>; checkpointing?: boolean } = {},
): Tensor {
  const inputs = {
    sample: graph.input('sample', [2, 4, 8, 8]),
    timesteps: graph.input('timesteps', [2]),
    text: graph.input('text', [2, 8, 32]),
  }
  return unet(frozen(graph, 'tiny-sd/unet', options), tinyUNet, inputs, {
    checkpointing: options.checkpointing,
  })
}

/** The layers of the tiny UNet that `targets` name. */
export function targetsOf(targets: readonly string[] | string): LoraTarget[] {
  const collected = collectTargets(targets)
  unetWithLora(new Graph(), { lora: collected })
  return collected.check()
}

/** A LoRA's factors as a flat vector. */
export function packLora(layout: ParameterLayout, lora: Lora): Float32Array {
  const values = new Map<string, Float32Array>()
  for (const [path, { down, up }] of lora.layers) {
    const [downName, upName] = factorNames(path.replace('unet.', ''))
    values.set(downName, down.data).set(upName, up.data)
  }
  return layout.pack(({ name }) => values.get(name)!)
}

/** Feeds of one of the twenty golden batches: noised for training, with its target, or as they are. */
export function loraBatch(step: number, prediction?: 'epsilon' | 'v_prediction'): Feeds {
  const part = (name: string): Float32Array => {
    const all = loraGolden.floats(`batch.${name}`)
    const size = all.length / loraSettings.steps
    return all.slice(step * size, (step + 1) * size)
  }
  const [latents, noise, timesteps, text] = ['latents', 'noise', 'timesteps', 'text'].map(part)
  if (!prediction) return { sample: latents, timesteps, text }
  const schedule = new NoiseSchedule(
    schedulerConfig.parse({ ...loraSettings.scheduler_config, prediction_type: prediction }),
  )
  return {
    sample: schedule.addNoise(latents, noise, timesteps),
    timesteps,
    text,
    target: schedule.target(latents, noise, timesteps),
  }
}
