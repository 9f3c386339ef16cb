// The blocks of diffusers' UNet2DConditionModel and AutoencoderKL: ResNet block, spatial
// transformer, down- and upsampling. Names below a block's prefix are diffusers' own.
import {
  add,
  checkpoint,
  geglu,
  mul,
  multiHeadAttention,
  reshape,
  silu,
  split,
  type Tensor,
  transpose,
  upsampleNearest,
} from '../runtime/index.ts'
import type { Builder } from './builder.ts'

export interface ResnetOptions {
  outChannels: number
  groups: number
  epsilon: number
  /** silu(time embedding) [N, D], where the block is conditioned on time. */
  time?: Tensor
  /** Time scales and shifts what the second norm gives, in place of being added before it. Default false. */
  scaleShift?: boolean
}

/** diffusers' ResnetBlock2D, with time_embedding_norm 'default' or 'scale_shift'. */
export function resnetBlock(
  b: Builder,
  prefix: string,
  x: Tensor,
  { outChannels, groups, epsilon, time, scaleShift = false }: ResnetOptions,
): Tensor {
  let h = b.conv(`${prefix}.conv1`, b.activatedNorm(`${prefix}.norm1`, x, groups, epsilon), outChannels, 3)
  const width = scaleShift ? 2 * outChannels : outChannels
  const shift = time && reshape(b.linear(`${prefix}.time_emb_proj`, time, width), [x.shape[0], width, 1, 1])
  if (shift && !scaleShift) h = add(h, shift)
  if (shift && scaleShift) {
    const [scale, offset] = split(shift, 1, [outChannels, outChannels])
    h = silu(add(mul(b.groupNorm(`${prefix}.norm2`, h, groups, epsilon), add(scale, 1)), offset))
  } else h = b.activatedNorm(`${prefix}.norm2`, h, groups, epsilon)
  h = b.conv(`${prefix}.conv2`, h, outChannels, 3)
  const skip = x.shape[1] === outChannels ? x : b.conv(`${prefix}.conv_shortcut`, x, outChannels, 1)
  return add(skip, h)
}

const newNames = { to_q: 'to_q', to_k: 'to_k', to_v: 'to_v', 'to_out.0': 'to_out.0' }
/** As VAEs saved before diffusers renamed its attention have them: Stable Diffusion 1.5's published one. */
const oldNames = { to_q: 'query', to_k: 'key', to_v: 'value', 'to_out.0': 'proj_attn' }

/** diffusers' Attention: queries from x, keys and values from `context` (x itself where none is given). */
export function attentionLayer(
  b: Builder,
  prefix: string,
  x: Tensor,
  options: { heads: number; context?: Tensor; bias?: boolean; chunk?: number },
): Tensor {
  const { heads, context = x, bias = false, chunk } = options
  const channels = x.shape[2]
  const names = b.has(`${prefix}.to_q.weight`) ? newNames : oldNames
  const project = (name: keyof typeof names, from: Tensor) =>
    b.linear(`${prefix}.${names[name]}`, from, channels, { bias })
  const [q, k, v] = [project('to_q', x), project('to_k', context), project('to_v', context)]
  return b.linear(`${prefix}.${names['to_out.0']}`, multiHeadAttention(q, k, v, { heads, chunk }), channels)
}

export interface TransformerOptions {
  heads: number
  layers: number
  groups: number
  linearProjection: boolean
  /** Text states [N, T, D]. */
  context: Tensor
  chunk?: number
  checkpointing: boolean
}

function transformerBlock(
  b: Builder,
  prefix: string,
  x: Tensor,
  context: Tensor,
  heads: number,
  chunk?: number,
): Tensor {
  const channels = x.shape[2]
  let h = add(attentionLayer(b, `${prefix}.attn1`, b.layerNorm(`${prefix}.norm1`, x), { heads, chunk }), x)
  h = add(
    attentionLayer(b, `${prefix}.attn2`, b.layerNorm(`${prefix}.norm2`, h), { heads, context, chunk }),
    h,
  )
  const wide = geglu(b.linear(`${prefix}.ff.net.0.proj`, b.layerNorm(`${prefix}.norm3`, h), channels * 8))
  return add(b.linear(`${prefix}.ff.net.2`, wide, channels), h)
}

/** diffusers' Transformer2DModel on [N, C, H, W]. */
export function spatialTransformer(
  b: Builder,
  prefix: string,
  x: Tensor,
  options: TransformerOptions,
): Tensor {
  const { heads, layers, groups, linearProjection, context, chunk, checkpointing } = options
  const [n, channels, height, width] = x.shape
  const toTokens = (y: Tensor) => reshape(transpose(y, [0, 2, 3, 1]), [n, height * width, channels])
  const toPicture = (y: Tensor) => transpose(reshape(y, [n, height, width, channels]), [0, 3, 1, 2])
  const normed = b.groupNorm(`${prefix}.norm`, x, groups, 1e-6)
  let h = linearProjection
    ? b.linear(`${prefix}.proj_in`, toTokens(normed), channels)
    : toTokens(b.conv(`${prefix}.proj_in`, normed, channels, 1))
  for (let k = 0; k < layers; k++) {
    const block = (y: Tensor, text: Tensor) =>
      transformerBlock(b, `${prefix}.transformer_blocks.${k}`, y, text, heads, chunk)
    h = checkpointing ? checkpoint(block, [h, context]) : block(h, context)
  }
  const out = linearProjection
    ? toPicture(b.linear(`${prefix}.proj_out`, h, channels))
    : b.conv(`${prefix}.proj_out`, toPicture(h), channels, 1)
  return add(out, x)
}

/** Doubles the picture and smooths it with a convolution. */
export const upsample = (b: Builder, prefix: string, x: Tensor): Tensor =>
  b.conv(`${prefix}.upsamplers.0.conv`, upsampleNearest(x, 2), x.shape[1], 3)
