// UNets of true sizes with random weights, as folders in diffusers' layout: written once into a cache folder and
// found again. The numbers are one block of normals over and over, scaled so that activations stay near 1; they mean
// nothing. Not whole pipelines: a UNet is all that these benchmarks run.
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeFileAtomic, writeJson } from '../lib/base/files.ts'
import { Random } from '../lib/base/random.ts'
import { Builder } from '../lib/diffusion/builder.ts'
import { type UNetConfig, unetConfig } from '../lib/diffusion/config.ts'
import { unet } from '../lib/diffusion/unet.ts'
import { declaringWeights } from '../lib/diffusion/weights.ts'
import { toHalf } from '../lib/formats/half.ts'
import { Graph, ParameterLayout, type ParameterSpec, sizeOf } from '../lib/runtime/index.ts'

/** Configs as their `unet/config.json` says, where it differs from diffusers' defaults. */
const configs = {
  /** stable-diffusion-v1-5: 860M parameters. */
  sd15: {
    sample_size: 64,
    block_out_channels: [320, 640, 1280, 1280],
    down_block_types: [...Array<string>(3).fill('CrossAttnDownBlock2D'), 'DownBlock2D'],
    up_block_types: ['UpBlock2D', ...Array<string>(3).fill('CrossAttnUpBlock2D')],
    attention_head_dim: 8,
    cross_attention_dim: 768,
  },
  /** stable-diffusion-xl-base-1.0: 2.6B parameters. */
  sdxl: {
    sample_size: 128,
    block_out_channels: [320, 640, 1280],
    down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
    up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
    attention_head_dim: [5, 10, 20],
    transformer_layers_per_block: [1, 2, 10],
    cross_attention_dim: 2048,
    use_linear_projection: true,
    addition_embed_type: 'text_time',
    addition_time_embed_dim: 256,
    projection_class_embeddings_input_dim: 2816,
  },
  /** Stable Diffusion 1.5's shape at four tenths of its width, for latents of 32 × 32: 140M parameters. */
  middle: {
    sample_size: 32,
    block_out_channels: [128, 256, 512, 512],
    down_block_types: [...Array<string>(3).fill('CrossAttnDownBlock2D'), 'DownBlock2D'],
    up_block_types: ['UpBlock2D', ...Array<string>(3).fill('CrossAttnUpBlock2D')],
    attention_head_dim: 8,
    cross_attention_dim: 512,
  },
} as const
export type RandomModelName = keyof typeof configs

/** Every weight of a UNet, in the order in which it is built. */
function weightsOf(config: UNetConfig): ParameterSpec[] {
  const layout = new ParameterLayout()
  const graph = new Graph()
  const { in_channels: channels, sample_size: size, cross_attention_dim: width } = config
  const sizes = (config.addition_time_embed_dim ?? 0) * 6
  unet(new Builder(graph, declaringWeights(graph, layout)), config, {
    sample: graph.input('sample', [1, channels, size, size]),
    timesteps: graph.input('timesteps', [1]),
    text: graph.input('text', [1, 77, width]),
    added: config.addition_embed_type
      ? {
          pooled: graph.input('pooled', [1, (config.projection_class_embeddings_input_dim ?? 0) - sizes]),
          sizes: graph.input('sizes', [1, 6]),
        }
      : undefined,
  })
  return layout.specs
}

const BLOCK = 1 << 20

/** A safetensors file, piece by piece. */
function* file(specs: readonly ParameterSpec[], half: boolean): Generator<Uint8Array> {
  const width = half ? 2 : 4
  const fields = specs.map(({ name, shape, offset }) => {
    const entry = {
      dtype: half ? 'F16' : 'F32',
      shape,
      data_offsets: [offset * width, (offset + sizeOf(shape)) * width],
    }
    return `${JSON.stringify(name)}:${JSON.stringify(entry)}`
  })
  const json = Buffer.from(`{${fields.join(',')}}`)
  const head = Buffer.alloc(8 + Math.ceil(json.length / 64) * 64, ' ')
  head.writeBigUInt64LE(BigInt(head.length - 8))
  json.copy(head, 8)
  yield head
  const block = new Random(0).normals(BLOCK)
  for (const { name, shape } of specs) {
    const matrix = shape.length > 1
    const scale = matrix ? (shape[0] / sizeOf(shape)) ** 0.5 : 0.1
    const shift = !matrix && name.endsWith('.weight') ? 1 : 0
    const values = block.subarray(0, sizeOf(shape)).map((value) => value * scale + shift)
    const stored = half ? toHalf(values) : values
    const bytes = new Uint8Array(stored.buffer)
    for (let left = sizeOf(shape); left > 0; left -= BLOCK)
      yield bytes.slice(0, Math.min(left, BLOCK) * width)
  }
}

export interface RandomModel {
  /** Holds `unet/` as diffusers writes it. */
  folder: string
  config: UNetConfig
  /** The weights' file. */
  path: string
  parameters: number
}

/**
 * Finds a random model, or writes it: 3.4 GB for `sd15`, 10.3 GB for `sdxl`, half of that in half precision.
 *
 * @param options.cache default `selma-bench` among the temporary files
 */
export async function randomModel(
  name: RandomModelName,
  options: { half?: boolean; cache?: string } = {},
): Promise<RandomModel> {
  const { half = false, cache = join(tmpdir(), 'selma-bench') } = options
  const config = unetConfig.parse(configs[name])
  const specs = weightsOf(config)
  const folder = join(cache, half ? `${name}-fp16` : name)
  const path = join(folder, 'unet', 'diffusion_pytorch_model.safetensors')
  if (!existsSync(path)) {
    await mkdir(join(folder, 'unet'), { recursive: true })
    await writeJson(join(folder, 'unet', 'config.json'), {
      _class_name: 'UNet2DConditionModel',
      ...configs[name],
    })
    await writeFileAtomic(path, file(specs, half))
  }
  const parameters = specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  return { folder, config, path, parameters }
}
