// The embedded model's shape, as diffusers' and transformers' config.json say it: Stable Diffusion
// in small. 64×64 pictures, 8×8×8 latents, four million parameters.
import {
  type ClipTextConfig,
  clipTextConfig,
  type UNetConfig,
  unetConfig,
  type VaeConfig,
  vaeConfig,
} from '../../diffusion/config.ts'

/** Tokens of a caption, start and end included. */
export const captionLength = 40
/** Side of a picture in pixels. */
export const side = 64
/** Channels and side of the latents. */
export const latentChannels = 8
export const latentSide = 8
/** Numbers in one picture's latents. */
export const latentSize = latentChannels * latentSide * latentSide

export const shapesVae: VaeConfig = vaeConfig.parse({
  down_block_types: Array(4).fill('DownEncoderBlock2D'),
  up_block_types: Array(4).fill('UpDecoderBlock2D'),
  block_out_channels: [16, 16, 32, 64],
  layers_per_block: 1,
  latent_channels: latentChannels,
  norm_num_groups: 8,
  sample_size: side,
  mid_block_add_attention: false,
})

export const shapesUNet: UNetConfig = unetConfig.parse({
  sample_size: latentSide,
  in_channels: latentChannels,
  out_channels: latentChannels,
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
  up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
  block_out_channels: [64, 96],
  layers_per_block: 1,
  norm_num_groups: 8,
  cross_attention_dim: 96,
  attention_head_dim: 4,
  use_linear_projection: true,
})

/** The text encoder's config for a vocabulary of this size; the last two ids are start and end. */
export const shapesText = (vocabulary: number): ClipTextConfig =>
  clipTextConfig.parse({
    vocab_size: vocabulary,
    hidden_size: 96,
    intermediate_size: 384,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    max_position_embeddings: captionLength,
    bos_token_id: vocabulary - 2,
    eos_token_id: vocabulary - 1,
    pad_token_id: vocabulary - 1,
  })
