// How often two experts want to change a weight in opposite directions, which is what TIES and DARE-TIES resolve
// (Yadav et al. 2023, arXiv 2306.01708, section 3). Not a cosine: sizes do not count.
import { setImmediate } from 'node:timers/promises'
import { deltaWeight, type Lora, type LoraLayer } from '../formats/lora.ts'
import { checkExperts } from './merge.ts'

/** The layer with at most `rows` of its outputs, evenly spaced. */
function thinned(layer: LoraLayer, rows: number): LoraLayer {
  const [all, rank] = layer.up.shape
  if (all <= rows) return layer
  const data = new Float32Array(rows * rank)
  for (let i = 0; i < rows; i++) {
    const from = Math.floor((i * all) / rows) * rank
    data.set(layer.up.data.subarray(from, from + rank), i * rank)
  }
  return { ...layer, up: { shape: [rows, rank], data } }
}

/**
 * Share of the weights changed by both of two LoRAs whose changes have opposite signs: 0 for the same expert, about
 * 0.5 for unrelated ones, 1 for opposite ones. NaN where no weight is changed by both. Gives way to other work
 * between layers.
 *
 * @param options.rows at most so many outputs of each layer are looked at, evenly spaced; default 256
 * @returns one row a LoRA, symmetric
 * @throws SelmaError `mismatch` when they adapt other modules
 */
export async function signConflict(
  loras: readonly Lora[],
  options: { rows?: number; signal?: AbortSignal } = {},
): Promise<number[][]> {
  const { rows = 256, signal } = options
  if (loras.length === 0) return []
  checkExperts(loras)
  const both = loras.map(() => loras.map(() => 0))
  const opposite = loras.map(() => loras.map(() => 0))
  for (const name of loras[0].layers.keys()) {
    await setImmediate()
    signal?.throwIfAborted()
    const deltas = loras.map(({ layers }) => deltaWeight(thinned(layers.get(name)!, rows)).data)
    for (let i = 0; i < deltas.length; i++)
      for (let j = 0; j <= i; j++) {
        const [a, b] = [deltas[i], deltas[j]]
        let met = 0
        let against = 0
        for (let k = 0; k < a.length; k++) {
          if (a[k] === 0 || b[k] === 0) continue
          met++
          if (a[k] > 0 !== b[k] > 0) against++
        }
        both[i][j] += met
        opposite[i][j] += against
      }
  }
  return loras.map((_, i) =>
    loras.map((_, j) => opposite[Math.max(i, j)][Math.min(i, j)] / both[Math.max(i, j)][Math.min(i, j)]),
  )
}
