// Merges one layer of several experts, by the traits of the method. The loop over layers is merge.ts.
import { fail } from '../base/errors.ts'
import { Random } from '../base/random.ts'
import { deltaWeight, type LoraLayer, loraRank, loraScale } from '../formats/lora.ts'
import { electAndAverage, pruneByMagnitude, pruneByMask, weightedSum } from './combine.ts'
import { truncatedSvd, truncateProduct } from './low-rank.ts'
import { concatenate, layerFrom, toMatrix } from './matrices.ts'
import type { MaskSite, ResolvedOptions } from './options.ts'

/** A merged layer, and what cutting its rank lost (relative Frobenius error) if it was cut. */
export interface MergedLayer {
  layer: LoraLayer
  relativeError?: number
}

/** DARE's mask of a site: each number is kept with probability `density`, from a stream of its own. */
function drawMask({ layer, part, expert, length }: MaskSite, { seed, density }: ResolvedOptions): Uint8Array {
  const random = new Random(seed).derive('dare', layer, part, expert)
  return Uint8Array.from({ length }, () => (random.chance(density) ? 1 : 0))
}

/** Prune, elect, add up: the tensors of all experts at one place. */
function combine(
  tensors: Float32Array[],
  weights: readonly number[],
  options: ResolvedOptions,
  layer: string,
  part: MaskSite['part'],
): Float32Array {
  const { traits, density, majoritySign, keepMask } = options
  const pruned = tensors.map((data, expert) => {
    if (traits.prune === 'none' || tensors.length === 1 || density >= 1) return data
    if (traits.prune === 'magnitude') return pruneByMagnitude(data, density)
    const site: MaskSite = { layer, part, expert, length: data.length }
    return pruneByMask(data, keepMask ? keepMask(site) : drawMask(site, options), density)
  })
  return traits.elect && tensors.length > 1
    ? electAndAverage(pruned, weights, majoritySign)
    : weightedSum(pruned, weights)
}

function mergeFactors(name: string, layers: readonly LoraLayer[], options: ResolvedOptions): MergedLayer {
  const [first] = layers
  const ranks = layers.map(loraRank)
  if (ranks.some((rank) => rank !== ranks[0]))
    fail(
      'mismatch',
      `the experts have ranks ${ranks.join(', ')} at ${name}, but '${options.method}' adds factor to factor`,
      "use method: 'average', 'cat' or one of the _svd methods",
    )
  const paper = options.method === 'average-factors'
  if (paper && layers.some(({ alpha }) => alpha !== first.alpha))
    fail(
      'mismatch',
      `the experts have alphas ${layers.map((l) => l.alpha).join(', ')} at ${name}, but 'average-factors' needs one`,
      "use method: 'average', which scales each expert by its own alpha",
    )
  // The paper averages A and B as they are. peft splits weight × scale evenly between A and B, by square roots;
  // the sign of a negative one goes to A.
  const scaled = layers.map((layer, i) => options.weights[i] * loraScale(layer))
  const forB = paper ? options.weights : scaled.map((s) => Math.sqrt(Math.abs(s)))
  const forA = paper ? options.weights : scaled.map((s) => Math.sign(s) * Math.sqrt(Math.abs(s)))
  const down = combine(
    layers.map((l) => l.down.data),
    forA,
    options,
    name,
    'A',
  )
  const up = combine(
    layers.map((l) => l.up.data),
    forB,
    options,
    name,
    'B',
  )
  return {
    layer: {
      ...first,
      down: { shape: [...first.down.shape], data: down },
      up: { shape: [...first.up.shape], data: up },
      alpha: paper ? first.alpha : ranks[0],
    },
  }
}

function mergeProducts(layers: readonly LoraLayer[], options: ResolvedOptions): MergedLayer {
  const joined = concatenate(
    layers,
    layers.map((layer, i) => options.weights[i] * loraScale(layer)),
  )
  const target = options.rank ?? (options.method === 'svd' ? Math.max(...layers.map(loraRank)) : undefined)
  if (target === undefined || target >= loraRank(joined)) return { layer: joined }
  const up = toMatrix(joined.up).mul(loraScale(joined))
  const cut = truncateProduct(up, toMatrix(joined.down), target)
  return { layer: layerFrom(joined, cut), relativeError: cut.relativeError }
}

function mergeDeltas(name: string, layers: readonly LoraLayer[], options: ResolvedOptions): MergedLayer {
  const rank = options.rank ?? Math.max(...layers.map(loraRank))
  const deltas = layers.map((layer) => deltaWeight(layer))
  const data = combine(
    deltas.map((d) => d.data),
    options.weights,
    options,
    name,
    'delta',
  )
  const cut = truncatedSvd(toMatrix({ shape: deltas[0].shape, data }), rank)
  return { layer: layerFrom(layers[0], cut), relativeError: cut.relativeError }
}

/**
 * Merges one layer.
 *
 * @param name the module path, for messages and for the random stream
 * @param layers the experts' layers, of equal input and output sizes
 * @throws SelmaError `mismatch` when the method needs equal ranks or alphas
 */
export function mergeLayer(
  name: string,
  layers: readonly LoraLayer[],
  options: ResolvedOptions,
): MergedLayer {
  if (options.traits.on === 'factors') return mergeFactors(name, layers, options)
  // A single expert is never pruned (as in peft), so its product need not be formed.
  if (options.traits.on === 'products' || layers.length === 1) return mergeProducts(layers, options)
  return mergeDeltas(name, layers, options)
}
