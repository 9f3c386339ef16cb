// The parts of diffusers' and transformers' config.json that decide a model's shape, checked. An
// option outside what is built here is an error, never silently ignored.
import { z } from 'zod'
import { fail } from '../base/errors.ts'

const count = z.number().int().positive()

/** An option that is offered in one value only, which is also its default. */
const only = <T extends string | number | boolean>(value: T) => z.literal(value).default(value as never)
const absent = z.null().default(null)
const perLevel = z.union([count, z.array(count).nonempty()])

/**
 * diffusers' UNet2DConditionModel, as Stable Diffusion 1.x, 2.x and XL and the embedded model use it. Every option
 * of diffusers 0.42 stands here; what diffusers does not know itself is ignored, as there.
 */
export const unetConfig = z.object({
  sample_size: count.default(64),
  in_channels: count.default(4),
  out_channels: count.default(4),
  down_block_types: z.array(z.enum(['CrossAttnDownBlock2D', 'DownBlock2D'])),
  mid_block_type: z.enum(['UNetMidBlock2DCrossAttn']).default('UNetMidBlock2DCrossAttn'),
  up_block_types: z.array(z.enum(['CrossAttnUpBlock2D', 'UpBlock2D'])),
  block_out_channels: z.array(count).nonempty(),
  layers_per_block: count.default(2),
  norm_num_groups: count.default(32),
  norm_eps: z.number().positive().default(1e-5),
  cross_attention_dim: count.default(1280),
  transformer_layers_per_block: perLevel.default(1),
  // By diffusers' old naming mistake this is the number of heads, unless num_attention_heads is set.
  attention_head_dim: perLevel.default(8),
  num_attention_heads: perLevel.nullish(),
  use_linear_projection: z.boolean().default(false),
  flip_sin_to_cos: z.boolean().default(true),
  freq_shift: z.number().default(0),
  // For half precision; attention is float32 here anyway.
  upcast_attention: z.boolean().nullish(),
  // Training only.
  dropout: z.number().default(0),
  act_fn: z.enum(['silu', 'swish']).default('silu'),
  resnet_time_scale_shift: z.enum(['default', 'scale_shift']).default('default'),
  addition_embed_type: z.enum(['text_time']).nullable().default(null),
  addition_time_embed_dim: count.nullish(),
  projection_class_embeddings_input_dim: count.nullish(),
  downsample_padding: only(1),
  mid_block_scale_factor: only(1),
  center_input_sample: only(false),
  dual_cross_attention: only(false),
  only_cross_attention: only(false),
  resnet_skip_time_act: only(false),
  resnet_out_scale_factor: only(1),
  class_embeddings_concat: only(false),
  conv_in_kernel: only(3),
  conv_out_kernel: only(3),
  time_embedding_type: only('positional'),
  attention_type: only('default'),
  reverse_transformer_layers_per_block: absent,
  encoder_hid_dim: absent,
  encoder_hid_dim_type: absent,
  class_embed_type: absent,
  num_class_embeds: absent,
  time_embedding_dim: absent,
  time_embedding_act_fn: absent,
  timestep_post_act: absent,
  time_cond_proj_dim: absent,
  cross_attention_norm: absent,
  mid_block_only_cross_attention: z.union([z.null(), z.literal(false)]).default(null),
})
export type UNetConfig = z.infer<typeof unetConfig>

/** transformers' CLIPTextModel and CLIPTextModelWithProjection. */
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
  /** Width of the pooled state after CLIPTextModelWithProjection's projection. */
  projection_dim: count.default(512),
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
  // For half precision: some VAEs overflow there. Here it is float32 anyway.
  force_upcast: z.boolean().nullish(),
  shift_factor: absent,
  latents_mean: absent,
  latents_std: absent,
  act_fn: z.enum(['silu', 'swish']).default('silu'),
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
