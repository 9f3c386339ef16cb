// The settings of a merge: methods, weights, and which setting belongs to which method.
// Not the merging itself.
import { fail } from '../base/errors.ts'
import type { Seed } from '../base/random.ts'

/** What each method does and which settings it takes. */
const table = {
  // on the products B A; exact, of the summed rank, or cut back to `rank`
  average: { on: 'products', prune: 'none', elect: false },
  weighted: { on: 'products', prune: 'none', elect: false },
  cat: { on: 'products', prune: 'none', elect: false },
  svd: { on: 'products', prune: 'none', elect: false },
  // on A and on B, each by itself, rank unchanged
  'average-factors': { on: 'factors', prune: 'none', elect: false },
  linear: { on: 'factors', prune: 'none', elect: false },
  ties: { on: 'factors', prune: 'magnitude', elect: true },
  dare_linear: { on: 'factors', prune: 'random', elect: false },
  dare_ties: { on: 'factors', prune: 'random', elect: true },
  magnitude_prune: { on: 'factors', prune: 'magnitude', elect: false },
  // on the full weight change, then the best approximation of rank `rank`
  ties_svd: { on: 'deltas', prune: 'magnitude', elect: true },
  dare_linear_svd: { on: 'deltas', prune: 'random', elect: false },
  dare_ties_svd: { on: 'deltas', prune: 'random', elect: true },
  magnitude_prune_svd: { on: 'deltas', prune: 'magnitude', elect: false },
} as const

/** A merge method; names with `_` are peft's `combination_type`s. */
export type MergeMethod = keyof typeof table
export const mergeMethods = Object.keys(table) as MergeMethod[]

/** How a method works: on which matrices, how it prunes, and whether it elects signs. */
export interface MethodTraits {
  on: 'products' | 'factors' | 'deltas'
  prune: 'none' | 'magnitude' | 'random'
  elect: boolean
}

/** Where a random mask (DARE) is needed: a factor, or the whole weight change, of one expert's layer. */
export interface MaskSite {
  layer: string
  part: 'A' | 'B' | 'delta'
  /** position of the expert in the list */
  expert: number
  /** numbers to decide on, row-major */
  length: number
}

export interface MergeOptions {
  /**
   * Default `average`.
   * - `average`: the weighted sum of the products, Σ wᵢ (αᵢ/rᵢ) Bᵢ Aᵢ, as the released SELMA code (diffusers
   *   `set_adapters`) has it. Exact, with the ranks added up, unless `rank` cuts it.
   * - `average-factors`: A = Σ wᵢ Aᵢ and B = Σ wᵢ Bᵢ, the paper's formula. Ranks and alphas must agree.
   * - `weighted`: `average` with weights that must be given.
   * - `cat`, `svd`, `linear`, `ties`, `dare_linear`, `dare_ties`, `magnitude_prune` and their `_svd` forms: as in
   *   peft's `add_weighted_adapter`. With a single expert peft prunes nothing, and neither does this.
   *   `linear`, `dare_linear` and `magnitude_prune` give A and B the square root of a weight each and add them
   *   separately, cross terms included: with weights 1/N, N equal experts become N times the expert.
   */
  method?: MergeMethod
  /**
   * One number an expert (any sign, not normalised); `average`: 1/N each; `released`: `releasedWeight` of each id.
   * Default `average`, but 1 each for the methods that elect signs (`ties`, `dare_ties`), whose sum is a mean already.
   */
  weights?: readonly number[] | 'average' | 'released'
  /** Names of the experts, recorded; needed for `weights: 'released'`. */
  ids?: readonly string[]
  /** Share of the numbers kept by a pruning method, in (0, 1]; default 0.5. */
  density?: number
  /** How `ties` and `dare_ties` elect a sign: by the sum (`total`, default) or by the count of signs. */
  majoritySign?: 'total' | 'frequency'
  /**
   * Rank of the result, where it can be chosen. Default: summed ranks (`average`, `weighted`, `cat`), else the largest.
   * A cut, and every `_svd` method, costs seconds for each layer 1280 wide; small models take no time.
   */
  rank?: number
  /** Seed of DARE's random masks; default 0. */
  seed?: Seed
  /** DARE's masks (1 = kept) from elsewhere, instead of `seed`. */
  keepMask?: (site: MaskSite) => Uint8Array
}

/** The settings with every default filled in. */
export interface ResolvedOptions {
  method: MergeMethod
  traits: MethodTraits
  weights: number[]
  ids?: readonly string[]
  density: number
  majoritySign: 'total' | 'frequency'
  rank?: number
  seed: Seed
  keepMask?: MergeOptions['keepMask']
}

/**
 * The weight that the released SELMA merging script gives an expert: 1 / length of its model id, a slip that
 * should have been 1 / number of experts (1/28 to 1/40 for the authors' ids).
 */
export function releasedWeight(id: string): number {
  const length = [...id].length
  if (length === 0) fail('bad-input', 'an expert id is empty', 'the released weight is 1 / length of the id')
  return 1 / length
}

function resolveWeights({ weights, ids, method }: MergeOptions, count: number, elect: boolean): number[] {
  if (ids !== undefined && ids.length !== count) fail('bad-input', `${ids.length} ids for ${count} experts`)
  if (method === 'weighted' && weights === undefined)
    fail(
      'bad-input',
      "the method 'weighted' needs weights",
      "give one number an expert, or use method: 'average'",
    )
  if (weights === 'average' || (weights === undefined && !elect)) return Array(count).fill(1 / count)
  if (weights === undefined) return Array(count).fill(1)
  if (weights === 'released') {
    if (!ids)
      return fail('bad-input', "weights: 'released' needs the experts' ids", "give ids: ['owner/name', …]")
    return ids.map(releasedWeight)
  }
  if (!Array.isArray(weights))
    fail('bad-input', `unknown weights: ${weights}`, "give numbers, 'average' or 'released'")
  if (weights.length !== count)
    fail('bad-input', `${weights.length} weights for ${count} experts`, 'give one number an expert')
  for (const weight of weights)
    if (!Number.isFinite(weight)) fail('bad-input', `a weight is ${weight}`, 'give finite numbers')
  return [...weights]
}

/**
 * Checks the settings and fills in the defaults.
 *
 * @throws SelmaError `bad-input` naming the setting, its value and the valid choices
 */
export function resolveOptions(options: MergeOptions, count: number): ResolvedOptions {
  const { method = 'average', density, majoritySign, rank, seed = 0, ids, keepMask } = options
  if (count === 0) fail('bad-input', 'there are no experts to merge', 'give at least one LoRA')
  if (!Object.hasOwn(table, method))
    fail('bad-input', `unknown merge method: ${method}`, `choose ${mergeMethods.join(', ')}`)
  const traits: MethodTraits = table[method]
  const unused = (name: string): never =>
    fail(
      'bad-input',
      `${name} has no meaning for the method '${method}'`,
      'leave it out or choose another method',
    )
  if (density !== undefined) {
    if (!(density > 0 && density <= 1))
      fail('bad-input', `density is ${density}`, 'give the share to keep, above 0 and at most 1')
    if (traits.prune === 'none') unused('density')
  }
  if (majoritySign !== undefined) {
    if (majoritySign !== 'total' && majoritySign !== 'frequency')
      fail('bad-input', `unknown majoritySign: ${majoritySign}`, "choose 'total' or 'frequency'")
    if (!traits.elect) unused('majoritySign')
  }
  if (rank !== undefined) {
    if (!Number.isInteger(rank) || rank < 1)
      fail('bad-input', `rank is ${rank}`, 'give a whole number of at least 1')
    if (traits.on === 'factors') unused('rank')
  }
  if (keepMask !== undefined && traits.prune !== 'random') unused('keepMask')
  return {
    method,
    traits,
    weights: resolveWeights(options, count, traits.elect),
    ids,
    density: density ?? 0.5,
    majoritySign: majoritySign ?? 'total',
    rank,
    seed,
    keepMask,
  }
}
