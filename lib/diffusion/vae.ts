// diffusers' AutoencoderKL as graphs: pictures [-1, 1] to latent moments, and latents back to
// pictures. Source: diffusers, models/autoencoders/autoencoder_kl.py and vae.py.
import { add, reshape, silu, slice, type Tensor, transpose } from '../runtime/index.ts'
import type { Builder } from './builder.ts'
import type { VaeConfig } from './config.ts'
import { attentionLayer, resnetBlock, upsample } from './unet-blocks.ts'

const EPSILON = 1e-6

function midBlock(b: Builder, prefix: string, x: Tensor, config: VaeConfig): Tensor {
  const [n, channels, height, width] = x.shape
  const resnet = { outChannels: channels, groups: config.norm_num_groups, epsilon: EPSILON }
  let h = resnetBlock(b, `${prefix}.resnets.0`, x, resnet)
  if (config.mid_block_add_attention) {
    const normed = b.groupNorm(`${prefix}.attentions.0.group_norm`, h, config.norm_num_groups, EPSILON)
    const tokens = reshape(transpose(normed, [0, 2, 3, 1]), [n, height * width, channels])
    const mixed = attentionLayer(b, `${prefix}.attentions.0`, tokens, { heads: 1, bias: true })
    h = add(transpose(reshape(mixed, [n, height, width, channels]), [0, 3, 1, 2]), h)
  }
  return resnetBlock(b, `${prefix}.resnets.1`, h, resnet)
}

/** Pictures [N, 3, H, W] in [-1, 1] → mean and log-variance of the latents, each [N, latent, H/f, W/f]. */
export function vaeEncode(
  b: Builder,
  config: VaeConfig,
  pictures: Tensor,
): { mean: Tensor; logVariance: Tensor } {
  const { block_out_channels: channels, norm_num_groups: groups, latent_channels: latent } = config
  let x = b.conv('encoder.conv_in', pictures, channels[0], 3)
  channels.forEach((outChannels, i) => {
    for (let j = 0; j < config.layers_per_block; j++) {
      x = resnetBlock(b, `encoder.down_blocks.${i}.resnets.${j}`, x, {
        outChannels,
        groups,
        epsilon: EPSILON,
      })
    }
    // diffusers pads the right and the bottom by one here.
    if (i < channels.length - 1) {
      x = b.conv(`encoder.down_blocks.${i}.downsamplers.0.conv`, x, outChannels, 3, {
        stride: 2,
        padding: [0, 0, 1, 1],
      })
    }
  })
  x = midBlock(b, 'encoder.mid_block', x, config)
  x = b.conv(
    'encoder.conv_out',
    silu(b.groupNorm('encoder.conv_norm_out', x, groups, EPSILON)),
    2 * latent,
    3,
  )
  if (config.use_quant_conv) x = b.conv('quant_conv', x, 2 * latent, 1)
  return { mean: slice(x, 1, 0, latent), logVariance: slice(x, 1, latent, 2 * latent) }
}

/** Unscaled latents [N, latent, h, w] → pictures [N, 3, f·h, f·w], about [-1, 1]. */
export function vaeDecode(b: Builder, config: VaeConfig, latents: Tensor): Tensor {
  const { norm_num_groups: groups } = config
  const channels = [...config.block_out_channels].reverse()
  let x = config.use_post_quant_conv ? b.conv('post_quant_conv', latents, config.latent_channels, 1) : latents
  x = b.conv('decoder.conv_in', x, channels[0], 3)
  x = midBlock(b, 'decoder.mid_block', x, config)
  channels.forEach((outChannels, i) => {
    for (let j = 0; j <= config.layers_per_block; j++) {
      x = resnetBlock(b, `decoder.up_blocks.${i}.resnets.${j}`, x, { outChannels, groups, epsilon: EPSILON })
    }
    if (i < channels.length - 1) x = upsample(b, `decoder.up_blocks.${i}`, x)
  })
  return b.conv(
    'decoder.conv_out',
    silu(b.groupNorm('decoder.conv_norm_out', x, groups, EPSILON)),
    config.out_channels,
    3,
  )
}
