// transformers' CLIPTextModel and CLIPTextModelWithProjection as graphs: token ids in, text states out. Where
// the end token is, is found outside, where the ids are numbers. Source: transformers, models/clip/modeling_clip.py.
import {
  add,
  gather,
  gelu,
  multiHeadAttention,
  quickGelu,
  reshape,
  slice,
  type Tensor,
} from '../runtime/index.ts'
import type { Builder } from './builder.ts'
import type { ClipTextConfig } from './config.ts'

export interface ClipTextStates {
  /**
   * Before the first layer, and after each, without the final norm, [N, T, D] each: transformers' `hidden_states`.
   * Stable Diffusion XL conditions on the last but one.
   */
  hidden: readonly Tensor[]
  /**
   * The final norm of those before the last `skip` layers (default 0: transformers' `last_hidden_state`, what Stable
   * Diffusion 1.x conditions on).
   */
  lastHiddenState(skip?: number): Tensor
}

const table = 'embeddings.token_embedding.weight'

/**
 * Text states of token ids [N, T] (int64).
 *
 * @param prefix opens the weights' names; default: 'text_model.' where the weights have it, as in published
 *   checkpoints, else '', as transformers 5 writes them
 */
export function clipText(
  b: Builder,
  config: ClipTextConfig,
  ids: Tensor,
  prefix = b.has(`text_model.${table}`) ? 'text_model.' : '',
): ClipTextStates {
  const { hidden_size: width, num_attention_heads: heads, layer_norm_eps: epsilon } = config
  const [, tokens] = ids.shape
  const { graph } = b
  const activation = config.hidden_act === 'quick_gelu' ? quickGelu : gelu
  const words = b.weight(prefix + table, [config.vocab_size, width])
  const positions = b.weight(`${prefix}embeddings.position_embedding.weight`, [
    config.max_position_embeddings,
    width,
  ])
  const causal = Float32Array.from({ length: tokens * tokens }, (_, i) =>
    i % tokens > Math.floor(i / tokens) ? -1e9 : 0,
  )
  const mask = graph.floats(causal, [1, 1, tokens, tokens], graph.fresh('causal_mask'))

  let x = add(gather(words, ids), reshape(slice(positions, 0, 0, tokens), [1, tokens, width]))
  const hidden = [x]
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = `${prefix}encoder.layers.${i}`
    const normed = b.layerNorm(`${layer}.layer_norm1`, x, epsilon)
    const project = (name: string) => b.linear(`${layer}.self_attn.${name}`, normed, width)
    const mixed = multiHeadAttention(project('q_proj'), project('k_proj'), project('v_proj'), { heads, mask })
    x = add(x, b.linear(`${layer}.self_attn.out_proj`, mixed, width))
    const wide = activation(
      b.linear(`${layer}.mlp.fc1`, b.layerNorm(`${layer}.layer_norm2`, x, epsilon), config.intermediate_size),
    )
    x = add(x, b.linear(`${layer}.mlp.fc2`, wide, width))
    hidden.push(x)
  }
  const lastHiddenState = (skip = 0): Tensor =>
    b.layerNorm(`${prefix}final_layer_norm`, hidden.at(-1 - skip)!, epsilon)
  return { hidden, lastHiddenState }
}

/**
 * CLIPTextModelWithProjection's `text_embeds` [N, projection_dim]: each row's state at its end token, projected.
 *
 * @param places index of each row's end token among all N·T tokens [N] (int64): row · T + `pooledPosition`
 */
export function projectedText(
  b: Builder,
  config: ClipTextConfig,
  { lastHiddenState }: ClipTextStates,
  places: Tensor,
): Tensor {
  const states = lastHiddenState()
  const [rows, tokens, width] = states.shape
  const pooled = gather(reshape(states, [rows * tokens, width]), places)
  return b.linear('text_projection', pooled, config.projection_dim, { bias: false })
}

/** The position whose state is the pooled output: the end token's, by transformers' two rules. */
export function pooledPosition(ids: readonly number[], eosTokenId: number): number {
  // eos_token_id 2 is a mistake of early configs: there the end token is the one with the highest id.
  if (eosTokenId === 2) return ids.indexOf(Math.max(...ids))
  return Math.max(0, ids.indexOf(eosTokenId))
}
