// Matrix products: batched MatMul, and the linear layer as one Gemm, whose flags spare every
// transpose of a frozen weight (a transposed constant would be a private copy of it).
import { fail } from '../../base/errors.ts'
import { sizeOf, type Tensor } from '../graph.ts'
import { add } from './arithmetic.ts'
import { sum } from './reduce.ts'
import { reshape, transpose, unbroadcast } from './shape.ts'

const swapLast = (x: Tensor): Tensor => {
  const rank = x.shape.length
  return transpose(
    x,
    [...x.shape.keys()].map((axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis)),
  )
}

/** Batched product of [..., M, K] and [..., K, N]; leading axes broadcast. */
export function matmul(a: Tensor, b: Tensor): Tensor {
  const [m, k] = a.shape.slice(-2)
  const [k2, n] = b.shape.slice(-2)
  if (a.shape.length < 2 || b.shape.length < 2 || k !== k2)
    fail('mismatch', `MatMul of [${a.shape}] and [${b.shape}]`)
  const rank = Math.max(a.shape.length, b.shape.length)
  const batch = Array.from({ length: rank - 2 }, (_, i) => {
    const x = a.shape[i - rank + a.shape.length] ?? 1
    const y = b.shape[i - rank + b.shape.length] ?? 1
    if (x !== y && x !== 1 && y !== 1) fail('mismatch', `MatMul of [${a.shape}] and [${b.shape}]`)
    return Math.max(x, y)
  })
  const [y] = a.graph.node('MatMul', [a, b], [{ shape: [...batch, m, n] }])
  a.graph.record([a, b], [y], ([g], needs) => [
    g && needs[0] ? unbroadcast(matmul(g, swapLast(b)), a.shape) : undefined,
    g && needs[1] ? unbroadcast(matmul(swapLast(a), g), b.shape) : undefined,
  ])
  return y
}

/** alpha · op(a) · op(b) + bias of two matrices; no gradient of its own. `alpha` default 1. */
export function gemm(
  a: Tensor,
  b: Tensor,
  flags: { transA?: boolean; transB?: boolean; bias?: Tensor; alpha?: number } = {},
): Tensor {
  const { transA = false, transB = false, bias, alpha = 1 } = flags
  const [m, k] = transA ? [a.shape[1], a.shape[0]] : a.shape
  const [k2, n] = transB ? [b.shape[1], b.shape[0]] : b.shape
  if (a.shape.length !== 2 || b.shape.length !== 2 || k !== k2)
    fail('mismatch', `Gemm of [${a.shape}] and [${b.shape}]`)
  const attributes = {
    transA: { int: transA ? 1 : 0 },
    transB: { int: transB ? 1 : 0 },
    alpha: { float: alpha },
  }
  return a.graph.node('Gemm', bias ? [a, b, bias] : [a, b], [{ shape: [m, n] }], attributes)[0]
}

/** x · weightᵀ + bias as PyTorch's Linear: x [..., in], weight [out, in], bias [out]. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const features = x.shape[x.shape.length - 1]
  const [out, expected] = weight.shape
  if (features !== expected)
    fail(
      'mismatch',
      `linear: the input has ${features} features, the weight [${weight.shape}] takes ${expected}`,
    )
  const flat = reshape(x, [sizeOf(x.shape) / features, features])
  const y = gemm(flat, weight, { transB: true, bias })
  x.graph.record(bias ? [flat, weight, bias] : [flat, weight], [y], ([g], needs) => [
    g && needs[0] ? gemm(g, weight) : undefined,
    g && needs[1] ? gemm(g, flat, { transA: true }) : undefined,
    g && needs[2] ? sum(g, [0]) : undefined,
  ])
  return reshape(y, [...x.shape.slice(0, -1), out])
}

/** Adds two tensors of the same shape, for gradients that meet. */
export const accumulate = (a: Tensor | undefined, b: Tensor): Tensor => (a ? add(a, b) : b)
