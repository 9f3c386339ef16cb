// Convolutions on [N, C, H, W]. The gradient of a stride-1 convolution to its input is a
// convolution with the kernel flipped and its channels exchanged (ONNX Runtime folds that for a
// frozen kernel); for other strides, or where no copy of the kernel is wanted, a ConvTranspose.
// The gradient to the kernel is one matrix product with the shifted inputs side by side.
import { fail } from '../../base/errors.ts'
import { sizeOf, type Tensor } from '../graph.ts'
import { gemm, matmul } from './matmul.ts'
import { sum } from './reduce.ts'
import { concat, pad, reshape, slice, transpose } from './shape.ts'

export type InputGradient = 'flip' | 'transpose' | 'sized'

export interface ConvOptions {
  /** Default 1. */
  stride?: number
  /** Zeros around the picture: one number, or [top, left, bottom, right] as ONNX orders them. Default 0. */
  padding?: number | readonly [number, number, number, number]
  /**
   * How the gradient to the input is made: by a flipped copy of the kernel; by a transposed convolution, which needs no
   * copy; or ('sized') by the copy where the kernel is small beside the picture. Default 'flip'.
   */
  inputGradient?: InputGradient
}

// Output pixels from which the batched form of the kernel gradient is the faster one (measured, B = 16).
const LARGE_PICTURE = 1024

// Numbers of a kernel for each number of the picture, up to which a copy of it is worth its memory.
const SMALL_KERNEL = 8

type Pads = readonly [number, number, number, number]
const padsOf = (padding: number | Pads): Pads =>
  typeof padding === 'number' ? [padding, padding, padding, padding] : padding

/** A 2-D convolution: x [N, Ci, H, W], weight [Co, Ci, kh, kw], bias [Co]. */
export function conv2d(x: Tensor, weight: Tensor, bias?: Tensor, options: ConvOptions = {}): Tensor {
  const { stride = 1, padding = 0, inputGradient = 'flip' } = options
  const pads = padsOf(padding)
  const [n, ci, h, w] = x.shape
  const [co, expected, kh, kw] = weight.shape
  if (ci !== expected)
    fail('mismatch', `conv2d: the input has ${ci} channels, the kernel [${weight.shape}] takes ${expected}`)
  const ho = Math.floor((h + pads[0] + pads[2] - kh) / stride) + 1
  const wo = Math.floor((w + pads[1] + pads[3] - kw) / stride) + 1
  const attributes = {
    kernel_shape: { ints: [kh, kw] },
    strides: { ints: [stride, stride] },
    pads: { ints: pads },
  }
  const { graph } = x
  const [y] = graph.node(
    'Conv',
    bias ? [x, weight, bias] : [x, weight],
    [{ shape: [n, co, ho, wo] }],
    attributes,
  )
  graph.record(bias ? [x, weight, bias] : [x, weight], [y], ([g], needs) => {
    if (!g) return []
    return [
      needs[0] ? inputGradientOf(g, weight, x, pads, stride, inputGradient) : undefined,
      needs[1] ? kernelGradientOf(g, weight, x, pads, stride) : undefined,
      needs[2] ? sum(g, [0, 2, 3]) : undefined,
    ]
  })
  return y
}

function inputGradientOf(
  g: Tensor,
  weight: Tensor,
  x: Tensor,
  pads: Pads,
  stride: number,
  form: InputGradient,
): Tensor {
  const { graph } = g
  const [, , h, w] = x.shape
  const [, ci, kh, kw] = weight.shape
  const [n, , ho, wo] = g.shape
  const back: Pads = [kh - 1 - pads[0], kw - 1 - pads[1], kh - 1 - pads[2], kw - 1 - pads[3]]
  const copied =
    form === 'flip' || (form === 'sized' && sizeOf(weight.shape) <= SMALL_KERNEL * sizeOf(g.shape))
  if (stride === 1 && copied && back.every((size) => size >= 0)) {
    return graph.node('Conv', [g, flipped(weight)], [{ shape: [n, ci, h, w] }], {
      kernel_shape: { ints: [kh, kw] },
      pads: { ints: back },
    })[0]
  }
  const outputPadding = [
    h - (stride * (ho - 1) + kh - pads[0] - pads[2]),
    w - (stride * (wo - 1) + kw - pads[1] - pads[3]),
  ]
  return graph.node('ConvTranspose', [g, weight], [{ shape: [n, ci, h, w] }], {
    kernel_shape: { ints: [kh, kw] },
    strides: { ints: [stride, stride] },
    pads: { ints: pads },
    output_padding: { ints: outputPadding },
  })[0]
}

/** [Co, Ci, kh, kw] → [Ci, Co, kh, kw], rotated by half a turn. */
function flipped(weight: Tensor): Tensor {
  const { graph } = weight
  const [, , kh, kw] = weight.shape
  const swapped = transpose(weight, [1, 0, 2, 3])
  if (kh === 1 && kw === 1) return swapped
  const end = -9_223_372_036_854_775_000
  const inputs = [
    swapped,
    graph.ints([-1, -1]),
    graph.ints([end, end]),
    graph.ints([2, 3]),
    graph.ints([-1, -1]),
  ]
  return graph.node('Slice', inputs, [{ shape: swapped.shape }])[0]
}

/** The same for big pictures: one batched product a tap spares the copy of all taps side by side. */
function kernelGradientBatched(g: Tensor, weight: Tensor, x: Tensor, pads: Pads, stride: number): Tensor {
  const [co, ci, kh, kw] = weight.shape
  const [n, , ho, wo] = g.shape
  const padded = pad(x, [
    [0, 0],
    [0, 0],
    [pads[0], pads[2]],
    [pads[1], pads[3]],
  ])
  const upstream = reshape(g, [n, co, ho * wo])
  const taps: Tensor[] = []
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      const down = slice(padded, 2, i, i + (ho - 1) * stride + 1, stride)
      const part = reshape(slice(down, 3, j, j + (wo - 1) * stride + 1, stride), [n, ci, ho * wo])
      taps.push(reshape(sum(matmul(upstream, transpose(part, [0, 2, 1])), [0]), [co, ci, 1]))
    }
  }
  return reshape(concat(taps, 2), [co, ci, kh, kw])
}

function kernelGradientOf(g: Tensor, weight: Tensor, x: Tensor, pads: Pads, stride: number): Tensor {
  const [co, ci, kh, kw] = weight.shape
  const [n, , ho, wo] = g.shape
  const rows = n * ho * wo
  if (ho * wo >= LARGE_PICTURE) return kernelGradientBatched(g, weight, x, pads, stride)
  const padded = pad(transpose(x, [0, 2, 3, 1]), [
    [0, 0],
    [pads[0], pads[2]],
    [pads[1], pads[3]],
    [0, 0],
  ])
  const columns: Tensor[] = []
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      const down = slice(padded, 1, i, i + (ho - 1) * stride + 1, stride)
      columns.push(reshape(slice(down, 2, j, j + (wo - 1) * stride + 1, stride), [rows, ci]))
    }
  }
  const upstream = reshape(transpose(g, [0, 2, 3, 1]), [rows, co])
  const product = gemm(upstream, concat(columns, 1), { transA: true })
  return transpose(reshape(product, [co, kh, kw, ci]), [0, 3, 1, 2])
}

/** A transposed convolution: x [N, Ci, H, W], weight [Ci, Co, kh, kw] as in PyTorch; symmetric padding. */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options: { stride?: number; padding?: number; outputPadding?: number } = {},
): Tensor {
  const { stride = 1, padding = 0, outputPadding = 0 } = options
  const [n, ci, h, w] = x.shape
  const [expected, co, kh, kw] = weight.shape
  if (ci !== expected)
    fail(
      'mismatch',
      `convTranspose2d: the input has ${ci} channels, the kernel [${weight.shape}] takes ${expected}`,
    )
  const ho = (h - 1) * stride - 2 * padding + kh + outputPadding
  const wo = (w - 1) * stride - 2 * padding + kw + outputPadding
  const pads = padsOf(padding)
  const { graph } = x
  const [y] = graph.node(
    'ConvTranspose',
    bias ? [x, weight, bias] : [x, weight],
    [{ shape: [n, co, ho, wo] }],
    {
      kernel_shape: { ints: [kh, kw] },
      strides: { ints: [stride, stride] },
      pads: { ints: pads },
      output_padding: { ints: [outputPadding, outputPadding] },
    },
  )
  // The transposed convolution is the gradient of a convolution from y to x, so its own gradients
  // are that convolution and that convolution's kernel gradient with the two pictures exchanged.
  graph.record(bias ? [x, weight, bias] : [x, weight], [y], ([g], needs) => {
    if (!g) return []
    return [
      needs[0]
        ? slice(slice(conv2d(g, weight, undefined, { stride, padding }), 2, 0, h), 3, 0, w)
        : undefined,
      needs[1] ? kernelGradientOf(x, weight, g, pads, stride) : undefined,
      needs[2] ? sum(g, [0, 2, 3]) : undefined,
    ]
  })
  return y
}
