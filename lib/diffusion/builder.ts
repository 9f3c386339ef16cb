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
  reshape,
  type Shape,
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
}

/** Adds ΔW·x to a layer's output: x [rows, in] gives [rows, out], or nothing where the layer has no LoRA. */
export interface LoraBranch {
  delta(target: LoraTarget, x: Tensor): Tensor | undefined
}

export class Builder {
  readonly graph: Graph
  readonly #weights: Weights
  readonly #lora?: LoraBranch
  readonly #inputGradient: 'flip' | 'transpose'

  constructor(
    graph: Graph,
    weights: Weights,
    options: { lora?: LoraBranch; inputGradient?: 'flip' | 'transpose' } = {},
  ) {
    this.graph = graph
    this.#weights = weights
    this.#lora = options.lora
    this.#inputGradient = options.inputGradient ?? 'flip'
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
    const y = linear(
      x,
      this.weight(`${module}.weight`, [outFeatures, inFeatures]),
      bias ? this.weight(`${module}.bias`, [outFeatures]) : undefined,
    )
    const delta = this.#lora?.delta({ module, inFeatures, outFeatures }, x)
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
    const y = conv2d(
      x,
      this.weight(`${module}.weight`, [outChannels, channels, kernel, kernel]),
      this.weight(`${module}.bias`, [outChannels]),
      { padding: (kernel - 1) / 2, ...options, inputGradient: this.#inputGradient },
    )
    if (kernel !== 1 || !this.#lora) return y
    const tokens = reshape(transpose(x, [0, 2, 3, 1]), [n, h * w, channels])
    const delta = this.#lora.delta({ module, inFeatures: channels, outFeatures: outChannels }, tokens)
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
