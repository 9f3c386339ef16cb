// LayerNorm and GroupNorm. Both normalise rows with ONNX's LayerNormalization, whose second and
// third outputs give the backward pass what it needs.
import { fail } from '../../base/errors.ts'
import { type Shape, sizeOf, type Tensor } from '../graph.ts'
import { add, mul, sub } from './arithmetic.ts'
import { mean } from './reduce.ts'
import { reshape } from './shape.ts'

/** Rows of [R, M] to mean 0 and variance 1. */
function normaliseRows(x: Tensor, epsilon: number): Tensor {
  const { graph } = x
  const [rows, length] = x.shape
  const ones =
    graph.constants.get(`ones:${length}`)?.tensor ??
    graph.floats(new Float32Array(length).fill(1), [length], `ones:${length}`)
  const attributes = { axis: { int: -1 }, epsilon: { float: epsilon } }
  const outputs = [{ shape: x.shape }, { shape: [rows, 1] }, { shape: [rows, 1] }]
  const { value: scale } = graph.withTape(() => (graph.gate ? add(ones, graph.gate) : ones))
  const [y, , inverse] = graph.node('LayerNormalization', [x, scale], outputs, attributes)
  graph.record([x], [y], ([g]) => {
    if (!g) return [undefined]
    const centred = sub(g, mean(g, [1], true))
    return [mul(sub(centred, mul(y, mean(mul(g, y), [1], true))), inverse)]
  })
  return y
}

/** LayerNorm over the last axis; weight and bias [features]; `epsilon` default 1e-5. */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, epsilon = 1e-5): Tensor {
  const features = x.shape[x.shape.length - 1]
  if (!x.graph.training) {
    const attributes = { axis: { int: -1 }, epsilon: { float: epsilon } }
    return x.graph.node('LayerNormalization', [x, weight, bias], [{ shape: x.shape }], attributes)[0]
  }
  const rows = normaliseRows(reshape(x, [sizeOf(x.shape) / features, features]), epsilon)
  return reshape(add(mul(rows, weight), bias), x.shape)
}

/** GroupNorm of [N, C, …]; weight and bias [C]; `epsilon` default 1e-5. */
export function groupNorm(x: Tensor, groups: number, weight: Tensor, bias: Tensor, epsilon = 1e-5): Tensor {
  const [n, channels] = x.shape
  if (channels % groups !== 0)
    fail('mismatch', `GroupNorm: ${channels} channels do not split into ${groups} groups`)
  const rows = normaliseRows(reshape(x, [n * groups, sizeOf(x.shape) / n / groups]), epsilon)
  const spread: Shape = [1, channels, ...x.shape.slice(2).map(() => 1)]
  return add(mul(reshape(rows, x.shape), reshape(weight, spread)), reshape(bias, spread))
}
