import { describe, expect, it } from 'vitest'
import { clipTextConfig, parseConfig, unetConfig, vaeConfig } from '../../lib/diffusion/config.ts'
import { tinyText, tinyUNet, tinyVae } from '../support/tiny-models.ts'

const refused = (schema: Parameters<typeof parseConfig>[0], value: unknown) => () =>
  parseConfig(schema, value, 'somewhere/config.json')

describe('parseConfig', () => {
  it('fills in the defaults of diffusers and transformers', () => {
    const { norm_eps, use_linear_projection, attention_head_dim } = unetConfig.parse({
      down_block_types: ['DownBlock2D'],
      up_block_types: ['UpBlock2D'],
      block_out_channels: [32],
    })
    expect({ norm_eps, use_linear_projection, attention_head_dim }).toEqual({
      norm_eps: 1e-5,
      use_linear_projection: false,
      attention_head_dim: 8,
    })
  })

  it.each<[string, Parameters<typeof parseConfig>[0], object, string]>([
    ['another activation', unetConfig, { ...tinyUNet, act_fn: 'gelu' }, 'act_fn = "gelu"'],
    [
      'class embeddings',
      unetConfig,
      { ...tinyUNet, class_embed_type: 'timestep' },
      'class_embed_type = "timestep"',
    ],
    [
      'unknown blocks',
      unetConfig,
      { ...tinyUNet, down_block_types: ['AttnDownBlock2D'] },
      'down_block_types.0',
    ],
    ['latents with a shift', vaeConfig, { ...tinyVae, shift_factor: 0.1 }, 'shift_factor = 0.1'],
    ...Object.entries({
      class_embed_type: 'timestep',
      encoder_hid_dim_type: 'text_proj',
      addition_embed_type: 'text_image',
      time_embedding_type: 'fourier',
      resnet_skip_time_act: true,
      cross_attention_norm: 'layer_norm',
      conv_in_kernel: 5,
      attention_type: 'gated',
      mid_block_only_cross_attention: true,
      mid_block_type: 'UNetMidBlock2DSimpleCrossAttn',
      layers_per_block: [1, 2],
    }).map(([option, value]): [string, typeof unetConfig, object, string] => [
      `the UNet’s ${option}`,
      unetConfig,
      { ...tinyUNet, [option]: value },
      `${option} = ${JSON.stringify(value)}`,
    ]),
    [
      'another activation of texts',
      clipTextConfig,
      { ...tinyText, hidden_act: 'relu' },
      'hidden_act = "relu"',
    ],
    ['a missing size', clipTextConfig, { hidden_size: 8 }, 'vocab_size = undefined'],
  ])('refuses %s, naming it', (_, schema, value, message) => {
    expect(refused(schema, value)).toThrow(
      expect.objectContaining({
        code: 'unsupported',
        message: expect.stringMatching(/^somewhere\/config.json does not describe/),
      }),
    )
    expect(refused(schema, value)).toThrow(message)
  })
})
