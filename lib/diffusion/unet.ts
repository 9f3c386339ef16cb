// diffusers' UNet2DConditionModel as a graph: noisy latents, timesteps and text states in, the
// predicted noise or velocity out. Source: diffusers, models/unets/unet_2d_condition.py.
import { fail } from '../base/errors.ts'
import { add, checkpoint, concat, cos, mul, reshape, silu, sin, type Tensor } from '../runtime/index.ts'
import type { Builder } from './builder.ts'
import type { UNetConfig } from './config.ts'
import { resnetBlock, spatialTransformer, upsample } from './unet-blocks.ts'

export interface UNetInputs {
  /** Noisy latents [N, in_channels, H, W]. */
  sample: Tensor
  /** Timesteps [N], float32. */
  timesteps: Tensor
  /** Text states [N, T, cross_attention_dim]. */
  text: Tensor
  /** With `addition_embed_type: text_time` (Stable Diffusion XL). */
  added?: AddedInputs
}

/** What Stable Diffusion XL is told beside timestep and text. */
export interface AddedInputs {
  /** Pooled text [N, P]. */
  pooled: Tensor
  /** Original height and width, crop's top and left, target height and width, in pixels [N, 6]. */
  sizes: Tensor
}

export interface UNetOptions {
  /** Recompute ResNet and transformer blocks in the backward pass instead of keeping them. Default false. */
  checkpointing?: boolean
  /** Queries of attention computed at once; see `attention`. */
  chunk?: number
}

/** Sinusoidal embedding of timesteps [N] → [N, size] (diffusers' get_timestep_embedding). */
export function timestepEmbedding(
  timesteps: Tensor,
  size: number,
  options: { flipSinToCos?: boolean; freqShift?: number } = {},
): Tensor {
  const { flipSinToCos = true, freqShift = 0 } = options
  const half = size / 2
  const { graph } = timesteps
  const frequencies = Array.from({ length: half }, (_, i) =>
    Math.exp((-Math.log(10000) * i) / (half - freqShift)),
  )
  const angles = mul(
    reshape(timesteps, [timesteps.shape[0], 1]),
    graph.floats(frequencies, [1, half], `timestep_frequencies_${size}`),
  )
  return concat(flipSinToCos ? [cos(angles), sin(angles)] : [sin(angles), cos(angles)], 1)
}

/** silu(time embedding) [N, 4 · channels], with what is added to it. */
function timeEmbedding(b: Builder, config: UNetConfig, { timesteps, added }: UNetInputs): Tensor {
  const width = config.block_out_channels[0] * 4
  const sinusoids = { flipSinToCos: config.flip_sin_to_cos, freqShift: config.freq_shift }
  const twice = (module: string, x: Tensor): Tensor =>
    b.linear(`${module}.linear_2`, silu(b.linear(`${module}.linear_1`, x, width)), width)
  const time = twice('time_embedding', timestepEmbedding(timesteps, config.block_out_channels[0], sinusoids))
  if (config.addition_embed_type === null) {
    if (added)
      fail('bad-input', 'this UNet takes no pooled text and sizes', 'its addition_embed_type is null')
    return silu(time)
  }
  const size = config.addition_time_embed_dim
  if (!size) fail('unsupported', `addition_time_embed_dim = ${size} with addition_embed_type = "text_time"`)
  if (!added)
    fail('unsupported', 'this UNet (addition_embed_type = "text_time") needs pooled text and picture sizes')
  const [n, count] = added.sizes.shape
  const sizes = reshape(timestepEmbedding(reshape(added.sizes, [n * count]), size, sinusoids), [
    n,
    count * size,
  ])
  return silu(add(time, twice('add_embedding', concat([added.pooled, sizes], 1))))
}

/** One entry a level of what a config gives once or as a list. */
function perLevel(config: UNetConfig, name: 'heads' | 'transformer_layers_per_block'): number[] {
  const levels = config.block_out_channels.length
  const value = name === 'heads' ? (config.num_attention_heads ?? config.attention_head_dim) : config[name]
  if (!Array.isArray(value)) return new Array<number>(levels).fill(value)
  if (value.length === levels) return value
  const option = name === 'heads' ? 'attention_head_dim' : name
  return fail('mismatch', `${option} = ${JSON.stringify(value)} for ${levels} block_out_channels`)
}

/** The UNet's prediction [N, out_channels, H, W]. Heights and widths must halve evenly at every level. */
export function unet(b: Builder, config: UNetConfig, inputs: UNetInputs, options: UNetOptions = {}): Tensor {
  const { checkpointing = false, chunk } = options
  const {
    block_out_channels: channels,
    norm_num_groups: groups,
    norm_eps: epsilon,
    layers_per_block: layers,
  } = config
  const levels = channels.length
  if (config.down_block_types.length !== levels || config.up_block_types.length !== levels) {
    fail(
      'mismatch',
      `the UNet has ${levels} block_out_channels, ${config.down_block_types.length} down and ${config.up_block_types.length} up blocks`,
    )
  }
  const divisor = 2 ** (levels - 1)
  const [, , height, width] = inputs.sample.shape
  if (height % divisor || width % divisor)
    fail(
      'bad-input',
      `latents of ${height}×${width} do not halve ${levels - 1} times`,
      `use multiples of ${divisor}`,
    )
  const heads = perLevel(config, 'heads')
  const depths = perLevel(config, 'transformer_layers_per_block')
  const time = timeEmbedding(b, config, inputs)
  const scaleShift = config.resnet_time_scale_shift === 'scale_shift'

  const resnet = (prefix: string, x: Tensor, outChannels: number): Tensor => {
    const build = (y: Tensor, t: Tensor) =>
      resnetBlock(b, prefix, y, { outChannels, groups, epsilon, time: t, scaleShift })
    return checkpointing ? checkpoint(build, [x, time]) : build(x, time)
  }
  const transformer = (prefix: string, x: Tensor, level: number): Tensor =>
    spatialTransformer(b, prefix, x, {
      heads: heads[level],
      layers: depths[level],
      groups,
      linearProjection: config.use_linear_projection,
      context: inputs.text,
      chunk,
      checkpointing,
    })

  let x = b.conv('conv_in', inputs.sample, channels[0], 3)
  const skips = [x]
  for (let i = 0; i < levels; i++) {
    for (let j = 0; j < layers; j++) {
      x = resnet(`down_blocks.${i}.resnets.${j}`, x, channels[i])
      if (config.down_block_types[i] === 'CrossAttnDownBlock2D')
        x = transformer(`down_blocks.${i}.attentions.${j}`, x, i)
      skips.push(x)
    }
    if (i < levels - 1) {
      x = b.conv(`down_blocks.${i}.downsamplers.0.conv`, x, channels[i], 3, { stride: 2, padding: 1 })
      skips.push(x)
    }
  }
  x = resnet('mid_block.resnets.0', x, channels[levels - 1])
  x = transformer('mid_block.attentions.0', x, levels - 1)
  x = resnet('mid_block.resnets.1', x, channels[levels - 1])
  for (let i = 0; i < levels; i++) {
    const level = levels - 1 - i
    for (let j = 0; j <= layers; j++) {
      x = resnet(`up_blocks.${i}.resnets.${j}`, concat([x, skips.pop()!], 1), channels[level])
      if (config.up_block_types[i] === 'CrossAttnUpBlock2D')
        x = transformer(`up_blocks.${i}.attentions.${j}`, x, level)
    }
    if (i < levels - 1) x = upsample(b, `up_blocks.${i}`, x)
  }
  return b.conv('conv_out', b.activatedNorm('conv_norm_out', x, groups, epsilon), config.out_channels, 3)
}
