// The golden op cases in terms of the graph builder. What the builder has no operator for is
// composed of those it has, as a model would.
import {
  abs,
  add,
  attention,
  concat,
  conv2d,
  convTranspose2d,
  cos,
  div,
  erf,
  exp,
  expand,
  gather,
  geglu,
  gelu,
  geluTanh,
  groupNorm,
  layerNorm,
  linear,
  log,
  matmul,
  mean,
  mseLoss,
  mul,
  neg,
  pad,
  pow,
  quickGelu,
  reshape,
  sigmoid,
  silu,
  sin,
  slice,
  softmax,
  split,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tanh,
  transpose,
  upsampleNearest,
} from '../../lib/runtime/index.ts'

/** One case of ops.json. */
export interface OpCase {
  op: string
  attributes: Record<string, number | boolean | number[]>
  inputs: number[][]
  outputs: number[][]
  differentiable: number[]
}

/** A way to compute a case: some have several. */
export interface Variant {
  name: string
  build(inputs: Tensor[], attributes: OpCase['attributes']): Tensor | Tensor[]
}

const relu = (x: Tensor): Tensor => mul(add(x, abs(x)), 0.5)

const unary: Record<string, (x: Tensor) => Tensor> = {
  abs,
  cos,
  erf,
  exp,
  geglu,
  gelu,
  gelu_tanh: geluTanh,
  log,
  neg,
  quick_gelu: quickGelu,
  reciprocal: (x) => div(1, x),
  relu,
  rsqrt: (x) => pow(x, -0.5),
  sigmoid,
  silu,
  sin,
  sqrt,
  tanh,
}

const binary: Record<string, (a: Tensor, b: Tensor) => Tensor> = { add, sub, mul, div, matmul, mse: mseLoss }

type Build = Variant['build']
const list = (value: unknown): number[] => value as number[]

function sliceAxes(x: Tensor, attributes: OpCase['attributes']): Tensor {
  const [starts, ends, steps] = [attributes.starts, attributes.ends, attributes.steps].map(list)
  return list(attributes.axes).reduce((part, axis, i) => {
    const size = x.shape.at(axis)!
    const positive = (at: number) => (at < 0 ? at + size : at)
    return slice(part, axis, positive(starts[i]), positive(ends[i]), steps[i])
  }, x)
}

function variance(x: Tensor, attributes: OpCase['attributes']): Tensor {
  const axes = list(attributes.axes)
  const count = axes.reduce((product, axis) => product * x.shape[axis], 1)
  const squares = mean(square(sub(x, mean(x, axes, true))), axes, true)
  return mul(squares, count / (count - (attributes.correction as number)))
}

/** The default scale is 1/√4; another one goes into the queries. */
const scaledAttention =
  (options: { chunk?: number; recompute?: boolean }): Build =>
  ([q, k, v], { scale, causal }) => {
    const [length, keys] = [q.shape[2], k.shape[2]]
    const table = Array.from({ length: length * keys }, (_, i) =>
      i % keys > Math.floor(i / keys) ? -1e9 : 0,
    )
    const mask = causal ? q.graph.floats(table, [1, 1, length, keys]) : undefined
    return attention(scale === 0.5 ? q : mul(q, (scale as number) / 0.5), k, v, { ...options, mask })
  }

const convolution =
  (inputGradient: 'flip' | 'transpose'): Build =>
  ([x, weight, bias], { stride, pads }) =>
    conv2d(x, weight, bias, {
      stride: stride as number,
      padding: pads as [number, number, number, number],
      inputGradient,
    })

const named: Record<string, Build> = {
  cat: (parts, { axis }) => concat(parts, axis as number),
  // Two hinges: the builder has no minimum or maximum.
  clip: ([x], { min, max }) =>
    add(sub(relu(sub(x, min as number)), relu(sub(x, max as number))), min as number),
  conv_transpose: ([x, weight, bias], { stride, pads, output_padding: extra }) =>
    convTranspose2d(x, weight, bias, {
      stride: stride as number,
      padding: list(pads)[0],
      outputPadding: extra as number,
    }),
  embedding: ([ids, table]) => gather(table, ids),
  expand: ([x], { shape }) => expand(x, list(shape)),
  group_norm: ([x, weight, bias], { groups, epsilon }) =>
    groupNorm(x, groups as number, weight, bias, epsilon as number),
  layer_norm: ([x, weight, bias], { epsilon }) => layerNorm(x, weight, bias, epsilon as number),
  linear: ([x, weight, bias]) => linear(x, weight, bias),
  mean: ([x], { axes, keepdims }) => mean(x, list(axes), keepdims as boolean),
  pad: ([x], { pads }) =>
    pad(
      x,
      x.shape.map((_, i) => [list(pads)[i], list(pads)[i + x.shape.length]] as const),
    ),
  pow: ([x], { exponent }) => pow(x, exponent as number),
  reshape: ([x], { shape }) => reshape(x, list(shape)),
  slice: ([x], attributes) => sliceAxes(x, attributes),
  softmax: ([x], { axis }) =>
    axis === -1 ? softmax(x) : transpose(softmax(transpose(x, [0, 2, 1])), [0, 2, 1]),
  split: ([x], { axis, sizes }) => split(x, axis as number, list(sizes)),
  sum: ([x], { axes, keepdims }) => sum(x, list(axes), keepdims as boolean),
  transpose: ([x], { perm }) => transpose(x, list(perm)),
  upsample_nearest: ([x], { scale }) => upsampleNearest(x, scale as number),
  var: ([x], attributes) => variance(x, attributes),
}

/** All the ways in which the builder computes an op. */
export function variantsOf(op: string): Variant[] {
  if (op === 'conv')
    return (['flip', 'transpose'] as const).map((name) => ({ name, build: convolution(name) }))
  if (op === 'scaled_dot_product_attention') {
    return [
      { name: 'at once', build: scaledAttention({}) },
      { name: 'recomputed', build: scaledAttention({ recompute: true }) },
      { name: 'in chunks of 2', build: scaledAttention({ chunk: 2 }) },
      { name: 'in chunks of 4, scores kept', build: scaledAttention({ chunk: 4, recompute: false }) },
    ]
  }
  if (unary[op]) return [{ name: '', build: ([x]) => unary[op](x) }]
  if (binary[op]) return [{ name: '', build: ([a, b]) => binary[op](a, b) }]
  if (named[op]) return [{ name: '', build: named[op] }]
  throw new Error(`the golden op ${op} has no counterpart in the builder`)
}
