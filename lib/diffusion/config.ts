// The parts of diffusers' and transformers' config.json that decide a model's shape, checked. An
// option outside what is built here is an error, never silently ignored.
import { z } from 'zod'
import { fail } from '../base/errors.ts'

const count = z.number().int().positive()

/** diffusers' UNet2DConditionModel, as Stable Diffusion 1.x and 2.x and the embedded model use it. */
export const unetConfig = z.object({
  sample_size: z.number().int().positive().default(64),
  in_channels: count.default(4),
  out_channels: count.default(4),
  down_block_types: z.array(z.enum(['CrossAttnDownBlock2D', 'DownBlock2D'])),
  mid_block_type: z.enum(['UNetMidBlock2DCrossAttn']).default('UNetMidBlock2DCrossAttn'),
  up_block_types: z.array(z.enum(['CrossAttnUpBlock2D', 'UpBlock2D'])),
  block_out_channels: z.array(count),
  layers_per_block: count.default(2),
  norm_num_groups: count.default(32),
  norm_eps: z.number().positive().default(1e-5),
  cross_attention_dim: count.default(1280),
  transformer_layers_per_block: z.union([count, z.array(count)]).default(1),
  // By diffusers' old naming mistake this is the number of heads, unless num_attention_heads is set.
  attention_head_dim: z.union([count, z.array(count)]).default(8),
  num_attention_heads: z.union([count, z.array(count)]).nullish(),
  use_linear_projection: z.boolean().default(false),
  flip_sin_to_cos: z.boolean().default(true),
  freq_shift: z.number().default(0),
  act_fn: z.literal('silu').default('silu'),
  downsample_padding: z.literal(1).default(1),
  mid_block_scale_factor: z.literal(1).default(1),
  center_input_sample: z.literal(false).default(false),
  dual_cross_attention: z.literal(false).default(false),
  only_cross_attention: z.literal(false).default(false),
  resnet_time_scale_shift: z.literal('default').default('default'),
  class_embed_type: z.null().default(null),
  num_class_embeds: z.null().default(null),
  addition_embed_type: z.null().default(null),
  encoder_hid_dim: z.null().default(null),
  time_cond_proj_dim: z.null().default(null),
})
export type UNetConfig = z.infer<typeof unetConfig>

/** transformers' CLIPTextModel. */
export const clipTextConfig = z.object({
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  max_position_embeddings: count.default(77),
  hidden_act: z.enum(['quick_gelu', 'gelu']).default('quick_gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
  bos_token_id: z.number().int().default(49406),
  eos_token_id: z.number().int().default(49407),
  pad_token_id: z.number().int().default(1),
})
export type ClipTextConfig = z.infer<typeof clipTextConfig>

/** diffusers' AutoencoderKL. */
export const vaeConfig = z.object({
  in_channels: count.default(3),
  out_channels: count.default(3),
  down_block_types: z.array(z.literal('DownEncoderBlock2D')),
  up_block_types: z.array(z.literal('UpDecoderBlock2D')),
  block_out_channels: z.array(count),
  layers_per_block: count.default(1),
  latent_channels: count.default(4),
  norm_num_groups: count.default(32),
  sample_size: count.default(32),
  scaling_factor: z.number().positive().default(0.18215),
  shift_factor: z.null().default(null),
  act_fn: z.literal('silu').default('silu'),
  use_quant_conv: z.boolean().default(true),
  use_post_quant_conv: z.boolean().default(true),
  mid_block_add_attention: z.boolean().default(true),
})
export type VaeConfig = z.infer<typeof vaeConfig>

/** Checks a config read from `path`; options that are not offered are named. */
export function parseConfig<T extends z.ZodType>(schema: T, value: unknown, path: string): z.infer<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const lines = result.error.issues.map((issue) => {
    const found = issue.path.reduce<unknown>(
      (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
      value,
    )
    return `${issue.path.join('.') || '(root)'} = ${JSON.stringify(found)}: ${issue.message}`
  })
  return fail('unsupported', `${path} does not describe a model that can be built here: ${lines.join('; ')}`)
}
