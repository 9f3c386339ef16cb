// A LoRA in memory: per adapted module a down matrix A, an up matrix B and a scale, so that the module's
// weight becomes W + (alpha / rank) · B A. Hu et al. 2021, arXiv 2106.09685.
// Not a file format: lora-diffusers.ts, lora-peft.ts and lora-kohya.ts know the key names.
import { fail } from '../base/errors.ts'

/** A row-major float32 matrix (four axes for the down matrix of a convolution). */
export interface LoraMatrix {
  shape: number[]
  data: Float32Array
}

/** The adapter of one linear or convolution layer. */
export interface LoraLayer {
  /** A: `[rank, in]`, or `[rank, in, kh, kw]` for a convolution */
  down: LoraMatrix
  /** B: `[out, rank]` (for a convolution the 1×1 kernel axes are left off) */
  up: LoraMatrix
  /** the weight change is (alpha / rank) · B A */
  alpha: number
  /** kernel size of an adapted convolution; absent for a linear layer */
  kernel?: [number, number]
  /** DoRA's m `[out]`: the weight becomes m · (W + ΔW) / ‖W + ΔW‖, the norm by output row (Liu et al. 2024) */
  magnitude?: Float32Array
}

/** A LoRA: layers by module path, and free-form notes that travel in the file. */
export interface Lora {
  /**
   * By module path in diffusers naming, the component first:
   * `unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q`, `text_encoder.text_model…`.
   */
  layers: Map<string, LoraLayer>
  metadata: Record<string, string>
}

/** The model parts whose names open a module path. */
export const loraComponents = ['unet', 'text_encoder', 'text_encoder_2', 'transformer'] as const

/** Rank of a layer: rows of A. */
export const loraRank = (layer: LoraLayer): number => layer.down.shape[0]

/** What B A is multiplied by: alpha / rank. */
export const loraScale = (layer: LoraLayer): number => layer.alpha / loraRank(layer)

/** Columns of A once the kernel axes are flattened into the input axis. */
export const loraColumns = (layer: LoraLayer): number => layer.down.shape.slice(1).reduce((n, d) => n * d, 1)

/** Splits `unet.a.b` into component and module; undefined component if none is named. */
export function splitComponent(path: string): { component?: string; module: string } {
  const dot = path.indexOf('.')
  const first = path.slice(0, dot)
  if (dot > 0 && (loraComponents as readonly string[]).includes(first))
    return { component: first, module: path.slice(dot + 1) }
  return { module: path }
}

/**
 * A layer's path as LoRA files have had it since the beginning: CLIP's modules open with `text_model.`, which
 * transformers 5 has taken out of CLIPTextModel, and with it out of the files that are made with it.
 */
export function publishedPath(path: string): string {
  return path.replace(
    /^(text_encoder(?:_2)?)\.(?=(?:embeddings|encoder|final_layer_norm)\.)/,
    '$1.text_model.',
  )
}

/**
 * The weight change (alpha / rank) · B A of a layer, float32, summed in float64. With a DoRA magnitude, the change
 * that it makes of a base weight: m · (W + w·ΔW) / ‖W + w·ΔW‖ − W, as PEFT does with an adapter of weight w.
 *
 * @param base the adapted weight, row-major; only a DoRA needs it
 * @param weight what B A is multiplied by besides. Default 1
 * @returns shape `[out, in]`, or `[out, in, kh, kw]` for a convolution
 * @throws SelmaError `unsupported` for a DoRA layer without its base weight
 */
export function deltaWeight(layer: LoraLayer, base?: Float32Array, weight = 1): LoraMatrix {
  const rank = loraRank(layer)
  const rows = layer.up.shape[0]
  const columns = loraColumns(layer)
  const scale = loraScale(layer) * weight
  const { magnitude } = layer
  if (magnitude && !base)
    fail(
      'unsupported',
      'the weight change of a DoRA depends on the weight that it changes',
      'draw with it, or fuse it into its base model; merging takes plain LoRAs',
    )
  const data = new Float32Array(rows * columns)
  const sum = new Float64Array(columns)
  for (let i = 0; i < rows; i++) {
    sum.fill(0)
    for (let r = 0; r < rank; r++) {
      const b = layer.up.data[i * rank + r] * scale
      const from = r * columns
      if (b !== 0) for (let j = 0; j < columns; j++) sum[j] += b * layer.down.data[from + j]
    }
    if (magnitude && base) {
      let square = 0
      for (let j = 0; j < columns; j++) square += (base[i * columns + j] + sum[j]) ** 2
      const factor = magnitude[i] / Math.sqrt(square)
      for (let j = 0; j < columns; j++) {
        const own = base[i * columns + j]
        sum[j] = factor * (own + sum[j]) - own
      }
    }
    data.set(sum, i * columns)
  }
  return { shape: [rows, ...layer.down.shape.slice(1)], data }
}

/**
 * Checks that every layer's shapes, kernel and numbers fit together.
 *
 * @param what how the LoRA is called in the message, e.g. its path
 * @throws SelmaError `mismatch` naming the layer
 */
export function checkLora(lora: Lora, what = 'the LoRA'): void {
  if (lora.layers.size === 0) fail('bad-input', `${what} has no layers`)
  for (const [name, { down, up, alpha, kernel, magnitude }] of lora.layers) {
    const bad = (why: string): never => fail('mismatch', `${what}: layer ${name} ${why}`)
    const axes = kernel ? 4 : 2
    if (down.shape.length !== axes) bad(`has a down matrix of shape [${down.shape}]; ${axes} axes are needed`)
    if (up.shape.length !== 2) bad(`has an up matrix of shape [${up.shape}]; [out, rank] is needed`)
    if (down.shape[0] < 1) bad('has rank 0')
    if (up.shape[1] !== down.shape[0])
      bad(`has an up matrix of rank ${up.shape[1]} but a down matrix of rank ${down.shape[0]}`)
    if (kernel && (kernel[0] !== down.shape[2] || kernel[1] !== down.shape[3]))
      bad(`has kernel [${kernel}] but a down matrix of shape [${down.shape}]`)
    for (const { shape, data } of [down, up])
      if (shape.reduce((n, d) => n * d, 1) !== data.length)
        bad(`has shape [${shape}] but ${data.length} numbers`)
    if (!Number.isFinite(alpha)) bad(`has alpha ${alpha}`)
    if (magnitude && magnitude.length !== up.shape[0])
      bad(`has a DoRA magnitude of ${magnitude.length} numbers for ${up.shape[0]} rows`)
  }
}
