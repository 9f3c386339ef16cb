// Measures on LoRAs as weight changes: norms, angles between experts, distance of two merges.
// All from the small factors: ⟨B₁A₁, B₂A₂⟩ = Σ (B₁ᵀB₂) ∘ (A₁A₂ᵀ), so ΔW is never formed.
import { type Lora, type LoraLayer, loraColumns, loraRank, loraScale } from '../formats/lora.ts'
import { checkExperts, merge } from './merge.ts'

/** Columns of B as rows, so that inner products run over contiguous numbers. */
function transposeUp({ up }: LoraLayer): Float32Array {
  const [rows, rank] = up.shape
  const out = new Float32Array(up.data.length)
  for (let i = 0; i < rows; i++) for (let r = 0; r < rank; r++) out[r * rows + i] = up.data[i * rank + r]
  return out
}

function dot(a: Float32Array, from: number, b: Float32Array, other: number, length: number): number {
  let sum = 0
  for (let i = 0; i < length; i++) sum += a[from + i] * b[other + i]
  return sum
}

/** Frobenius inner product of two layers' weight changes. */
function inner(a: LoraLayer, b: LoraLayer): number {
  const rows = a.up.shape[0]
  const columns = loraColumns(a)
  const upA = transposeUp(a)
  const upB = transposeUp(b)
  let sum = 0
  for (let i = 0; i < loraRank(a); i++)
    for (let j = 0; j < loraRank(b); j++)
      sum +=
        dot(upA, i * rows, upB, j * rows, rows) *
        dot(a.down.data, i * columns, b.down.data, j * columns, columns)
  return sum * loraScale(a) * loraScale(b)
}

const root = (square: number): number => Math.sqrt(Math.max(0, square))

/** One layer in numbers. */
export interface LayerStats {
  layer: string
  rank: number
  alpha: number
  /** size of the weight change: output, then input (and kernel) */
  shape: number[]
  /** Frobenius norm of the weight change (alpha / rank) · B A */
  norm: number
}

/** A LoRA in numbers: every layer, the norm of all weight changes together, and the count of its numbers. */
export function loraStats(lora: Lora): { layers: LayerStats[]; norm: number; parameters: number } {
  let square = 0
  let parameters = 0
  const layers = [...lora.layers].map(([name, layer]) => {
    const own = inner(layer, layer)
    square += own
    parameters += layer.down.data.length + layer.up.data.length
    const shape = [layer.up.shape[0], ...layer.down.shape.slice(1)]
    return { layer: name, rank: loraRank(layer), alpha: layer.alpha, shape, norm: root(own) }
  })
  return { layers, norm: root(square), parameters }
}

/**
 * Cosine of the angle between every two LoRAs, taken over all their weight changes as one long vector.
 * 1 on the diagonal; near 0 for experts that changed unrelated things. NaN beside a LoRA that changes nothing.
 *
 * @param options.layers which layers count; all by default
 * @returns one row a LoRA
 * @throws SelmaError `mismatch` when they adapt other modules
 */
export function pairwiseCosine(
  loras: readonly Lora[],
  options: { layers?: (name: string) => boolean } = {},
): number[][] {
  const { layers = () => true } = options
  if (loras.length === 0) return []
  checkExperts(loras)
  const names = [...loras[0].layers.keys()].filter(layers)
  const products = loras.map((a, i) =>
    loras
      .slice(0, i + 1)
      .map((b) => names.reduce((sum, name) => sum + inner(a.layers.get(name)!, b.layers.get(name)!), 0)),
  )
  return loras.map((_, i) =>
    loras.map((_, j) => {
      if (i === j && products[i][i] > 0) return 1
      const product = i > j ? products[i][j] : products[j][i]
      return product / (root(products[i][i]) * root(products[j][j]))
    }),
  )
}

/** Relative difference of weight changes: of each layer, and of all together. */
export interface LoraDifference {
  layers: { layer: string; difference: number }[]
  overall: number
}

/**
 * How far `lora` is from `reference`: ‖ΔW − ΔW_ref‖ / ‖ΔW_ref‖, Frobenius, to about 1e-7.
 * Where the reference changes nothing: 0 if the other does not either, else Infinity.
 */
export function loraDifference(lora: Lora, reference: Lora): LoraDifference {
  checkExperts([reference, lora])
  const relative = (square: number, own: number) =>
    own > 0 ? root(square) / root(own) : square > 0 ? Infinity : 0
  let squares = 0
  let owns = 0
  const layers = [...reference.layers].map(([name, b]) => {
    const a = lora.layers.get(name)!
    const own = inner(b, b)
    const square = Math.max(0, inner(a, a) - 2 * inner(a, b) + own)
    squares += square
    owns += own
    return { layer: name, difference: relative(square, own) }
  })
  return { layers, overall: relative(squares, owns) }
}

/**
 * How far the paper's formula (mean of A times mean of B, `average-factors`) is from what the released code does
 * (mean of the products, `average`), relative to the latter.
 *
 * @throws SelmaError `mismatch` when the experts' ranks or alphas differ, as `average-factors` needs them equal
 */
export function mergeDifference(experts: readonly Lora[]): LoraDifference {
  return loraDifference(merge(experts, { method: 'average-factors' }), merge(experts, { method: 'average' }))
}
