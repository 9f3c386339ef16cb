// The layers that diffusion models are made of, over named weights. A model file says what is
// connected; where a weight comes from (a checkpoint, a flat trainable vector) and whether a LoRA
// sits beside it is decided by what the builder is given.
import { fail } from '../base/errors.ts'
import {
  add,
  type ConvOptions,
  conv2d,
  type Graph,
  groupNorm,
  layerNorm,
  linear,
  recomputed,
  reshape,
  type Shape,
  silu,
  sizeOf,
  sub,
  type Tensor,
  transpose,
} from '../runtime/index.ts'

/** Finds a weight by its name in the checkpoint and checks its shape. */
export interface Weights {
  get(name: string, shape: Shape): Tensor
  has(name: string): boolean
}

/** A layer that a LoRA may sit beside. */
export interface LoraTarget {
  /** Module path, e.g. `down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q`. */
  readonly module: string
  readonly inFeatures: number
  readonly outFeatures: number
  /** Of a convolution; a linear layer has none. */
  readonly kernel?: readonly [number, number]
  /** How a convolution larger than 1×1 moves. */
  readonly stride?: number
  readonly padding?: ConvOptions['padding']
}

/** What a layer does without its LoRA. DoRA needs it. */
export interface LoraBase {
  /** [out, in], also of a 1×1 convolution; [out, in, kh, kw] of a larger one. */
  readonly weight: () => Tensor
  /** W·x, without the bias. */
  readonly output: () => Tensor
}

/**
 * Adds ΔW·x to a layer's output, or nothing where the layer has no LoRA. x is [rows, in] and gives [rows, out], also
 * for 1×1 convolutions; for larger kernels it is [N, in, H, W] and gives [N, out, H', W'].
 */
export interface LoraBranch {
  /**
   * The layer's weight [out, in] with its LoRA in it, where that takes less time than adding ΔW·x; `delta` is not asked
   * then. Never of a larger kernel.
   *
   * @param rows how many inputs the layer has
   */
  merged?(target: LoraTarget, rows: number, weight: Tensor): Tensor | undefined
  delta(target: LoraTarget, x: Tensor, base: LoraBase): Tensor | undefined
}

export class Builder {
  readonly graph: Graph
  readonly #weights: Weights
  readonly #lora?: LoraBranch
  readonly #inputGradient: ConvOptions['inputGradient']

  constructor(
    graph: Graph,
    weights: Weights,
    options: { lora?: LoraBranch; inputGradient?: ConvOptions['inputGradient'] } = {},
  ) {
    this.graph = graph
    this.#weights = weights
    this.#lora = options.lora
    this.#inputGradient = options.inputGradient
  }

  has(name: string): boolean {
    return this.#weights.has(name)
  }

  weight(name: string, shape: Shape): Tensor {
    return this.#weights.get(name, shape)
  }

  /** A linear layer on the last axis. */
  linear(module: string, x: Tensor, outFeatures: number, options: { bias?: boolean } = {}): Tensor {
    const { bias = true } = options
    const inFeatures = x.shape[x.shape.length - 1]
    const weight = this.weight(`${module}.weight`, [outFeatures, inFeatures])
    const offset = bias ? this.weight(`${module}.bias`, [outFeatures]) : undefined
    const target = { module, inFeatures, outFeatures }
    const merged = this.#lora?.merged?.(target, sizeOf(x.shape) / inFeatures, weight)
    const y = linear(x, merged ?? weight, offset)
    if (merged) return y
    const delta = this.#lora?.delta(target, x, {
      weight: () => weight,
      output: () => (offset ? sub(y, offset) : y),
    })
    return delta ? addTo(y, delta) : y
  }

  /** A square convolution on [N, C, H, W]; padding defaults to "same" for odd kernels at stride 1. */
  conv(
    module: string,
    x: Tensor,
    outChannels: number,
    kernel: number,
    options: Omit<ConvOptions, 'inputGradient'> = {},
  ): Tensor {
    const [n, channels, h, w] = x.shape
    const { padding = (kernel - 1) / 2, stride = 1 } = options
    const weight = this.weight(`${module}.weight`, [outChannels, channels, kernel, kernel])
    const bias = this.weight(`${module}.bias`, [outChannels])
    const target = {
      module,
      inFeatures: channels,
      outFeatures: outChannels,
      kernel: [kernel, kernel] as const,
    }
    const matrix = (): Tensor => reshape(weight, [outChannels, channels])
    const merged = kernel === 1 ? this.#lora?.merged?.(target, n * h * w, matrix()) : undefined
    const y = conv2d(x, merged ? reshape(merged, weight.shape) : weight, bias, {
      padding,
      stride,
      inputGradient: this.#inputGradient,
    })
    if (!this.#lora || merged) return y
    const output = (): Tensor => sub(y, reshape(bias, [1, outChannels, 1, 1]))
    if (kernel !== 1) {
      const base = { weight: () => weight, output }
      const delta = this.#lora.delta({ ...target, stride, padding }, x, base)
      return delta ? addTo(y, delta) : y
    }
    const toRows = (picture: Tensor): Tensor =>
      reshape(transpose(picture, [0, 2, 3, 1]), [n, h * w, picture.shape[1]])
    const delta = this.#lora.delta(target, toRows(x), {
      weight: matrix,
      output: () => toRows(output()),
    })
    return delta ? addTo(y, transpose(reshape(delta, [n, h, w, outChannels]), [0, 3, 1, 2])) : y
  }

  groupNorm(module: string, x: Tensor, groups: number, epsilon: number): Tensor {
    const shape = [x.shape[1]]
    return groupNorm(
      x,
      groups,
      this.weight(`${module}.weight`, shape),
      this.weight(`${module}.bias`, shape),
      epsilon,
    )
  }

  /** silu(GroupNorm(x)); a lean graph keeps only x for the backward pass. */
  activatedNorm(module: string, x: Tensor, groups: number, epsilon: number): Tensor {
    return recomputed((y) => silu(this.groupNorm(module, y, groups, epsilon)), x)
  }

  layerNorm(module: string, x: Tensor, epsilon = 1e-5): Tensor {
    const shape = [x.shape[x.shape.length - 1]]
    return layerNorm(x, this.weight(`${module}.weight`, shape), this.weight(`${module}.bias`, shape), epsilon)
  }
}

function addTo(y: Tensor, delta: Tensor): Tensor {
  if (String(y.shape) !== String(delta.shape))
    fail('mismatch', `a LoRA gives [${delta.shape}] where the layer gives [${y.shape}]`)
  return add(y, delta)
}
