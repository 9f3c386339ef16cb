// Activations, as PyTorch and diffusers define them.
import type { Tensor } from '../graph.ts'
import { add, erf, exp, mul, sigmoid, sub, tanh } from './arithmetic.ts'
import { sum } from './reduce.ts'
import { slice } from './shape.ts'

/** x · σ(x). The gradient is σ + y·(1 − σ), which takes fewer passes than the chain of its parts. */
export function silu(x: Tensor): Tensor {
  const { value } = x.graph.withTape(() => {
    const gate = sigmoid(x)
    return { gate, y: mul(x, gate) }
  })
  const { gate, y } = value
  x.graph.record([x], [y], ([g]) => [g && mul(g, add(gate, mul(y, sub(1, gate))))])
  return y
}

/** x · σ(1.702 x): CLIP's activation. */
export const quickGelu = (x: Tensor): Tensor => mul(x, sigmoid(mul(x, 1.702)))

/** Exact GELU: x · Φ(x) with Φ(x) = (1 + erf(x/√2)) / 2. The gradient is Φ(x) + x · φ(x). */
export function gelu(x: Tensor): Tensor {
  const { value } = x.graph.withTape(() => {
    const cumulative = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5)
    return { cumulative, y: mul(x, cumulative) }
  })
  const { cumulative, y } = value
  x.graph.record([x], [y], ([g]) => {
    if (!g) return [undefined]
    const density = exp(mul(mul(x, x), -0.5))
    return [mul(g, add(cumulative, mul(x, mul(density, 1 / Math.sqrt(2 * Math.PI)))))]
  })
  return y
}

/** GELU's tanh approximation. */
export function geluTanh(x: Tensor): Tensor {
  const inner = mul(add(x, mul(mul(x, mul(x, x)), 0.044715)), Math.sqrt(2 / Math.PI))
  return mul(mul(x, 0.5), add(tanh(inner), 1))
}

/** Halves the last axis into value and gate: value · GELU(gate), as diffusers' GEGLU after its projection. */
export function geglu(x: Tensor): Tensor {
  const axis = x.shape.length - 1
  const half = x.shape[axis] / 2
  return mul(slice(x, axis, 0, half), gelu(slice(x, axis, half, 2 * half)))
}

/** Softmax over the last axis. */
export function softmax(x: Tensor): Tensor {
  const [y] = x.graph.node('Softmax', [x], [{ shape: x.shape }], { axis: { int: -1 } })
  x.graph.record([x], [y], ([g]) => [g && softmaxGradient(g, y)])
  return y
}

/** The gradient through a softmax whose output is y: y · (g − Σ g·y). */
export function softmaxGradient(g: Tensor, y: Tensor): Tensor {
  const weighted = mul(g, y)
  return sub(weighted, mul(y, sum(weighted, [-1], true)))
}
