// LoRA whose factors are trained: slices of the flat parameter vector, with what PEFT offers beside the plain form
// (dropout on the input, weight decomposition, convolutions). Not the loss, and not the files.
// Sources: Hu et al. 2021; Liu et al. 2024 (DoRA), section 4.3; peft 0.21, tuners/lora/layer.py and dora.py.
import {
  add,
  conv2d,
  div,
  dropout,
  linear,
  lowRankSum,
  matmul,
  mul,
  type ParameterLayout,
  reshape,
  sqrt,
  square,
  sub,
  sum,
  sumIsCheaper,
  type Tensor,
} from '../runtime/index.ts'
import type { LoraBranch, LoraTarget } from './builder.ts'

/** Names of a layer's factors in a parameter layout. */
export const factorNames = (module: string): [down: string, up: string] => [
  `${module}.lora_A.weight`,
  `${module}.lora_B.weight`,
]

/** Name of a layer's DoRA magnitude in a parameter layout, as PEFT's files have it. */
export const magnitudeName = (module: string): string => `${module}.lora_magnitude_vector`

/**
 * Declares the factors of every target layer: A [rank, in] (of a convolution [rank, in, kh, kw]), B [out, rank],
 * and with `dora` the magnitude [out].
 */
export function declareFactors(
  layout: ParameterLayout,
  targets: readonly LoraTarget[],
  rank: number,
  { dora = false, prefix = '' }: { dora?: boolean; prefix?: string } = {},
): void {
  for (const target of targets) {
    const { inFeatures, outFeatures, kernel } = target
    const module = prefix + target.module
    const [down, up] = factorNames(module)
    layout.declare(down, kernel ? [rank, inFeatures, ...kernel] : [rank, inFeatures])
    layout.declare(up, [outFeatures, rank])
    if (dora) layout.declare(magnitudeName(module), [outFeatures])
  }
}

/** Dropout on the input of the factors; branches of one graph share it, so that no two layers have the same mask. */
export interface LoraDropout {
  /** Share of the input's numbers that the factors do not see. */
  share: number
  /** The step's seed, int64 scalar. */
  seed: Tensor
  /** By layer, which of the seed's masks it has: filled while layers are built, and built again in a backward pass. */
  streams: Map<string, number>
}

export interface TrainableOptions {
  /** Names in the layout open with this: `text_encoder.` for the text encoder's. */
  prefix?: string
  /** None by default. */
  dropout?: LoraDropout
  /** Whether a layer's weight and factors are summed before they meet the input. Default `sumIsCheaper`. */
  sumFirst?: typeof sumIsCheaper
}

/** A layer that is built again, in a checkpoint's backward pass, keeps its mask. */
function streamOf({ streams }: LoraDropout, layer: string): number {
  const stream = streams.get(layer) ?? streams.size
  streams.set(layer, stream)
  return stream
}

/** m / ‖W + scale·BA‖ by output row, [out, 1…]; the norm counts as a constant in the backward pass. */
function magnitudeScale(magnitude: Tensor, weight: Tensor, down: Tensor, up: Tensor, scale: number): Tensor {
  const [rank] = down.shape
  const [out] = weight.shape
  const columns = weight.shape.slice(1).reduce((product, size) => product * size, 1)
  const { value: norm } = weight.graph.withTape(() => {
    const delta = mul(matmul(up, reshape(down, [rank, columns])), scale)
    return sqrt(sum(square(add(reshape(weight, [out, columns]), delta)), [1]))
  })
  return div(magnitude, norm)
}

/**
 * scale · B(A x) with factors that are parameters of the graph; with a magnitude among them, DoRA's
 * (m/‖W + scale·BA‖ − 1)·W x + m/‖W + scale·BA‖ · scale · B(A x).
 *
 * @param scale alpha / rank, or alpha / √rank; of every layer, or by module path
 */
export function trainableLora(
  parameters: ReadonlyMap<string, Tensor>,
  scale: number | ((module: string) => number),
  { prefix = '', dropout: drop, sumFirst = sumIsCheaper }: TrainableOptions = {},
): LoraBranch {
  const found = ({ module }: LoraTarget) => {
    const layer = prefix + module
    const [down, up] = factorNames(layer).map((name) => parameters.get(name))
    if (!down || !up) return undefined
    const factor = typeof scale === 'number' ? scale : scale(module)
    return { layer, down, up, factor, magnitude: parameters.get(magnitudeName(layer)) }
  }
  return {
    merged(target, rows, weight) {
      const { inFeatures, outFeatures } = target
      const own = found(target)
      // What dropout hides from the factors the frozen weight sees, and a DoRA scales the two apart.
      if (!own || drop || own.magnitude) return undefined
      const { down, up, factor } = own
      const [rank] = down.shape
      if (!sumFirst(rows, inFeatures, outFeatures, rank)) return undefined
      return lowRankSum(weight, up, reshape(down, [rank, inFeatures]), factor)
    },
    delta(target, x, base) {
      const factors = found(target)
      if (!factors) return undefined
      const { layer, down, up, factor, magnitude } = factors
      const seen = drop ? dropout(x, drop.share, drop.seed, streamOf(drop, layer)) : x
      const picture = down.shape.length === 4 && x.shape.length === 4
      const { stride, padding } = target
      const inner = picture
        ? conv2d(seen, down, undefined, { stride, padding })
        : linear(seen, reshape(down, [down.shape[0], target.inFeatures]))
      const own = picture ? conv2d(inner, reshape(up, [...up.shape, 1, 1])) : linear(inner, up)
      if (!magnitude) return mul(own, factor)
      const weight = base.weight()
      const ratio = magnitudeScale(magnitude, weight, down, up, factor)
      const spread = picture ? reshape(ratio, [1, target.outFeatures, 1, 1]) : ratio
      const plain = !drop
        ? base.output()
        : picture
          ? conv2d(seen, weight, undefined, { stride, padding })
          : linear(seen, weight)
      return add(mul(plain, sub(spread, 1)), mul(mul(own, spread), factor))
    },
  }
}
