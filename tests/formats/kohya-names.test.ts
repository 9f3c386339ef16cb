import { describe, expect, it } from 'vitest'
import { fromKohyaName, toKohyaName, toSgmName } from '../../lib/formats/kohya-names.ts'

describe('kohya names', () => {
  // Names and their diffusers modules as diffusers' own converter maps them.
  it.each([
    [
      'lora_unet_down_blocks_0_attentions_1_transformer_blocks_0_attn1_to_out_0',
      'unet.down_blocks.0.attentions.1.transformer_blocks.0.attn1.to_out.0',
    ],
    [
      'lora_unet_mid_block_attentions_0_transformer_blocks_9_ff_net_0_proj',
      'unet.mid_block.attentions.0.transformer_blocks.9.ff.net.0.proj',
    ],
    ['lora_unet_up_blocks_1_upsamplers_0_conv', 'unet.up_blocks.1.upsamplers.0.conv'],
    ['lora_unet_down_blocks_1_resnets_0_time_emb_proj', 'unet.down_blocks.1.resnets.0.time_emb_proj'],
    ['lora_unet_time_embedding_linear_1', 'unet.time_embedding.linear_1'],
    [
      'lora_te1_text_model_encoder_layers_11_self_attn_out_proj',
      'text_encoder.text_model.encoder.layers.11.self_attn.out_proj',
    ],
    ['lora_te2_text_model_encoder_layers_31_mlp_fc2', 'text_encoder_2.text_model.encoder.layers.31.mlp.fc2'],
  ])('%s there and back', (flat, path) => {
    expect(fromKohyaName(flat)).toBe(path)
    const dot = path.indexOf('.')
    expect(toKohyaName(path.slice(0, dot), path.slice(dot + 1), true)).toBe(flat)
  })

  it.each([
    ['lora_unet_input_blocks_0_0', 'unet.conv_in'],
    ['lora_unet_input_blocks_1_0_in_layers_2', 'unet.down_blocks.0.resnets.0.conv1'],
    ['lora_unet_input_blocks_3_0_op', 'unet.down_blocks.0.downsamplers.0.conv'],
    [
      'lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q',
      'unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q',
    ],
    ['lora_unet_input_blocks_8_1_proj_in', 'unet.down_blocks.2.attentions.1.proj_in'],
    ['lora_unet_middle_block_0_emb_layers_1', 'unet.mid_block.resnets.0.time_emb_proj'],
    [
      'lora_unet_middle_block_1_transformer_blocks_3_ff_net_2',
      'unet.mid_block.attentions.0.transformer_blocks.3.ff.net.2',
    ],
    ['lora_unet_middle_block_2_out_layers_3', 'unet.mid_block.resnets.1.conv2'],
    ['lora_unet_output_blocks_0_0_skip_connection', 'unet.up_blocks.0.resnets.0.conv_shortcut'],
    [
      'lora_unet_output_blocks_5_1_transformer_blocks_1_attn2_to_v',
      'unet.up_blocks.1.attentions.2.transformer_blocks.1.attn2.to_v',
    ],
    ['lora_unet_output_blocks_2_2_conv', 'unet.up_blocks.0.upsamplers.0.conv'],
    ['lora_unet_time_embed_2', 'unet.time_embedding.linear_2'],
    ['lora_unet_label_emb_0_0', 'unet.add_embedding.linear_1'],
    ['lora_unet_out_2', 'unet.conv_out'],
  ])("%s, on SDXL's original UNet", (flat, path) => {
    expect(fromKohyaName(flat)).toBe(path)
    expect(toSgmName(path.slice('unet.'.length))).toBe(flat)
  })

  it('does not guess', () => {
    for (const flat of [
      'lora_unet_foo_bar',
      'lora_flux_conv_in',
      'lora_unet_',
      'lora_unet_to_queue',
      'conv_in',
    ])
      expect(fromKohyaName(flat)).toBeUndefined()
    expect(toKohyaName('transformer', 'a', false)).toBeUndefined()
    expect(toKohyaName('text_encoder', 'text_model.encoder', false)).toBe('lora_te_text_model_encoder')
  })
})
