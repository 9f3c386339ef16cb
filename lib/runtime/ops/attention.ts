// Scaled dot-product attention over [B, H, T, D], in chunks of queries. A chunk's scores are
// thrown away after the forward pass and made again in the backward pass where they are large, so
// memory grows with the chunk and not with T². Where no gradient is wanted, ONNX Runtime's own fused
// attention takes the place of all that.
import { fail } from '../../base/errors.ts'
import type { Tensor } from '../graph.ts'
import { softmax, softmaxGradient } from './activation.ts'
import { add, mul } from './arithmetic.ts'
import { gated } from './checkpoint.ts'
import { fusedAttention, leanAttention } from './lean-attention.ts'
import { accumulate, matmul } from './matmul.ts'
import { concat, reshape, slice, transpose } from './shape.ts'

/** Scores that a lean graph keeps for the backward pass, at most, and that it makes at once where it keeps none. */
const KEPT_SCORES = 2 ** 20
const CHUNK_SCORES = 2 ** 22

export interface AttentionOptions {
  /** Queries in one chunk. Default: all of them up to 1024, else 512. */
  chunk?: number
  /** Keep no scores for the backward pass. Default: when there is more than one chunk. */
  recompute?: boolean
  /** Added to the scores; broadcast to [B, H, T, S] (a causal mask, say). Not differentiated. */
  mask?: Tensor
}

/** softmax(q kᵀ / √D + mask) v: q [B, H, T, D], k and v [B, H, S, D]. */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const tokens = q.shape[2]
  const { chunk = tokens <= 1024 ? tokens : 512, mask } = options
  if (q.shape[3] !== k.shape[3] || k.shape[2] !== v.shape[2])
    fail('mismatch', `attention of [${q.shape}], [${k.shape}], [${v.shape}]`)
  if (!(chunk >= 1)) fail('bad-input', `attention: a chunk of ${chunk} queries`, 'give at least 1')
  const recompute = options.recompute ?? chunk < tokens
  const scale = 1 / Math.sqrt(q.shape[3])
  const starts = Array.from({ length: Math.ceil(tokens / chunk) }, (_, i) => i * chunk)
  const part = (x: Tensor, start: number): Tensor => slice(x, 2, start, Math.min(start + chunk, tokens))
  const maskPart = (start: number): Tensor | undefined =>
    mask && mask.shape.at(-2) !== 1
      ? slice(mask, mask.shape.length - 2, start, Math.min(start + chunk, tokens))
      : mask
  const weightsOf = (queries: Tensor, keys: Tensor, start: number): Tensor => {
    const scores = matmul(mul(queries, scale), transpose(keys, [0, 1, 3, 2]))
    const bias = maskPart(start)
    return softmax(bias ? add(scores, bias) : scores)
  }
  if (!q.graph.training || !recompute) {
    return concat(
      starts.map((start) => matmul(weightsOf(part(q, start), k, start), v)),
      2,
    )
  }
  const forward = q.graph.withTape(() =>
    concat(
      starts.map((start) => matmul(weightsOf(part(q, start), k, start), v)),
      2,
    ),
  )
  const y = forward.value
  q.graph.record([q, k, v], [y], ([g]) => {
    if (!g) return []
    let dk: Tensor | undefined
    let dv: Tensor | undefined
    const dqs = starts.map((start) => {
      const upstream = part(g, start)
      const queries = gated(part(q, start), upstream)
      const weights = weightsOf(queries, k, start)
      dv = accumulate(dv, matmul(transpose(weights, [0, 1, 3, 2]), upstream))
      const ds = mul(softmaxGradient(matmul(upstream, transpose(v, [0, 1, 3, 2])), weights), scale)
      dk = accumulate(dk, matmul(transpose(ds, [0, 1, 3, 2]), queries))
      return matmul(ds, k)
    })
    return [concat(dqs, 2), dk, dv]
  })
  return y
}

/** [B, T, C] → [B, heads, T, C / heads]. */
function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, tokens, channels] = x.shape
  return transpose(reshape(x, [batch, tokens, heads, channels / heads]), [0, 2, 1, 3])
}

/** [B, heads, T, D] → [B, T, heads · D]. */
function joinHeads(x: Tensor): Tensor {
  const [batch, heads, tokens, size] = x.shape
  return reshape(transpose(x, [0, 2, 1, 3]), [batch, tokens, heads * size])
}

/**
 * Attention with several heads: q [B, T, C], k and v [B, S, C], the heads side by side in C; gives [B, T, C].
 *
 * Without a gradient and a mask it is ONNX Runtime's MultiHeadAttention, which makes its scores in blocks and moves
 * no heads about. A lean graph uses it in training, too, but for small scores. A graph for WebGPU does not use it.
 */
export function multiHeadAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { heads, ...options }: AttentionOptions & { heads: number },
): Tensor {
  const channels = q.shape[2]
  if (channels % heads !== 0)
    fail('mismatch', `attention: ${channels} channels do not split into ${heads} heads`)
  const [batch, tokens] = q.shape
  const scores = batch * heads * tokens * k.shape[1]
  if (q.graph.fused && q.graph.lean && q.graph.training && !options.mask && scores > KEPT_SCORES) {
    const chunk = Math.max(16, Math.floor(CHUNK_SCORES / (scores / tokens)))
    return leanAttention(q, k, v, heads, options.chunk ?? chunk)
  }
  if (!q.graph.fused || q.graph.training || options.mask) {
    const [qs, ks, vs] = [q, k, v].map((x) => splitHeads(x, heads))
    return joinHeads(attention(qs, ks, vs, options))
  }
  if (k.shape[1] !== v.shape[1] || k.shape[2] !== channels)
    fail('mismatch', `attention of [${q.shape}], [${k.shape}], [${v.shape}]`)
  return fusedAttention(q, k, v, heads)
}
