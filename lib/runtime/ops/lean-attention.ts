// Attention that keeps no scores for the backward pass: forward it is ONNX Runtime's MultiHeadAttention, and the
// backward pass makes the scores again, a chunk of queries at a time. Memory grows with the chunk and not with T².
// Sources: Dao et al. 2022 (FlashAttention), section 3.1 and appendix B, for the gradient; the rest is plain operators.
import type { Tensor } from '../graph.ts'
import { softmax } from './activation.ts'
import { add, mul, sub } from './arithmetic.ts'
import { zeroAfter } from './checkpoint.ts'
import { accumulate, matmul } from './matmul.ts'
import { sum } from './reduce.ts'
import { concat, reshape, slice, transpose } from './shape.ts'

/** [B, T, C] → [B, T, heads, C / heads]. */
const parted = (x: Tensor, heads: number): Tensor =>
  reshape(x, [x.shape[0], x.shape[1], heads, x.shape[2] / heads])

/** ONNX Runtime's own attention: q [B, T, C], k and v [B, S, C]; it has no gradient. */
export function fusedAttention(q: Tensor, k: Tensor, v: Tensor, heads: number): Tensor {
  const attributes = { num_heads: { int: heads } }
  return q.graph.node('com.microsoft.MultiHeadAttention', [q, k, v], [{ shape: q.shape }], attributes)[0]
}

/**
 * Attention with several heads side by side in C: q [B, T, C], k and v [B, S, C]; gives [B, T, C].
 *
 * @param chunk queries whose scores [B, heads, chunk, S] there are at once
 */
export function leanAttention(q: Tensor, k: Tensor, v: Tensor, heads: number, chunk: number): Tensor {
  const { graph } = q
  const [batch, tokens, channels] = q.shape
  const scale = 1 / Math.sqrt(channels / heads)
  const y = fusedAttention(q, k, v, heads)
  graph.record([q, k, v], [y], ([g]) => {
    if (!g) return []
    const rows = (x: Tensor): Tensor => transpose(parted(x, heads), [0, 2, 1, 3])
    const columns = (x: Tensor): Tensor => transpose(parted(x, heads), [0, 2, 3, 1])
    // Σⱼ wᵢⱼ ∂wᵢⱼ = yᵢ · ∂yᵢ: the softmax's gradient needs no pass over the scores for it.
    const inner = transpose(sum(parted(mul(g, y), heads), [-1], true), [0, 2, 1, 3])
    const queries = rows(mul(q, add(zeroAfter(g), scale)))
    const [keys, values, upstream] = [rows(k), columns(v), rows(g)]
    const keyColumns = columns(k)
    let dk: Tensor | undefined
    let dv: Tensor | undefined
    const parts: Tensor[] = []
    for (let start = 0; start < tokens; start += chunk) {
      const cut = (x: Tensor): Tensor => slice(x, 2, start, Math.min(start + chunk, tokens))
      const gPart = cut(upstream)
      let qPart = cut(queries)
      // Only when the chunk before is done with, or the scores of all of them would be alive at once.
      const done = [dk, dv, parts.at(-1)].flatMap((x) => (x ? zeroAfter(x) : []))
      if (done.length > 0)
        qPart = add(
          qPart,
          done.reduce((a, b) => add(a, b)),
        )
      const weights = softmax(matmul(qPart, keyColumns))
      const ds = mul(weights, sub(matmul(gPart, values), cut(inner)))
      // Transposed, so that the long side of the scores is the long side of the product.
      dv = accumulate(dv, matmul(transpose(gPart, [0, 1, 3, 2]), weights))
      dk = accumulate(dk, matmul(transpose(qPart, [0, 1, 3, 2]), ds))
      parts.push(matmul(ds, keys))
    }
    const whole = (x: Tensor, shape: readonly number[], order: readonly number[]): Tensor =>
      reshape(transpose(x, order), shape)
    return [
      mul(whole(concat(parts, 2), [batch, tokens, channels], [0, 2, 1, 3]), scale),
      whole(dk!, k.shape, [0, 3, 1, 2]),
      whole(dv!, v.shape, [0, 3, 1, 2]),
    ]
  })
  return y
}
