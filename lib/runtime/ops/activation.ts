// Activations, as PyTorch and diffusers define them.
import type { Tensor } from '../graph.ts'
import { add, erf, exp, mul, type Operand, sigmoid, sub, tanh } from './arithmetic.ts'
import { zeroAfter } from './checkpoint.ts'
import { sum } from './reduce.ts'
import { concat, slice } from './shape.ts'

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

/** Φ(x) = (1 + erf(x/√2)) / 2, the normal distribution's share below x. */
const cumulativeNormal = (x: Tensor, root: Operand = Math.SQRT1_2): Tensor =>
  mul(add(erf(mul(x, root)), 1), 0.5)

/** GELU's derivative, Φ(x) + x · φ(x), where Φ(x) is there already. */
function geluSlope(x: Tensor, cumulative: Tensor): Tensor {
  const density = exp(mul(mul(x, x), -0.5))
  return add(cumulative, mul(x, mul(density, 1 / Math.sqrt(2 * Math.PI))))
}

/** Exact GELU: x · Φ(x). */
export function gelu(x: Tensor): Tensor {
  const { value } = x.graph.withTape(() => {
    const cumulative = cumulativeNormal(x)
    return { cumulative, y: mul(x, cumulative) }
  })
  const { cumulative, y } = value
  x.graph.record([x], [y], ([g]) => [g && mul(g, geluSlope(x, cumulative))])
  return y
}

/** GELU's tanh approximation. */
export function geluTanh(x: Tensor): Tensor {
  const inner = mul(add(x, mul(mul(x, mul(x, x)), 0.044715)), Math.sqrt(2 / Math.PI))
  return mul(mul(x, 0.5), add(tanh(inner), 1))
}

/**
 * Halves the last axis into value and gate: value · GELU(gate), as diffusers' GEGLU after its projection.
 * The two halves' gradients are joined, which is cheaper than padding and adding what two slices would give. A lean
 * graph keeps the halves alone.
 */
export function geglu(x: Tensor): Tensor {
  const axis = x.shape.length - 1
  const half = x.shape[axis] / 2
  const { value: parts } = x.graph.withTape(() => {
    const value = slice(x, axis, 0, half)
    const gate = slice(x, axis, half, 2 * half)
    const cumulative = cumulativeNormal(gate)
    const open = mul(gate, cumulative)
    return { value, gate, cumulative, open, y: mul(value, open) }
  })
  const { value, gate, y } = parts
  x.graph.record([x], [y], ([g]) => {
    if (!g) return [undefined]
    const cumulative = x.graph.lean
      ? cumulativeNormal(gate, add(zeroAfter(g), Math.SQRT1_2))
      : parts.cumulative
    const open = x.graph.lean ? mul(gate, cumulative) : parts.open
    return [concat([mul(g, open), mul(mul(g, value), geluSlope(gate, cumulative))], axis)]
  })
  return y
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
