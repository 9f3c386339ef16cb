// The merge mixer's settings: what each method takes, what it is for, and how settings become those of a merge. Not
// the merging (lib/merging).
import { setImmediate } from 'node:timers/promises'
import { fail } from '../../../lib/base/errors.ts'
import { sha256 } from '../../../lib/base/files.ts'
import { type Lora, loraRank } from '../../../lib/formats/lora.ts'
import { type MergeMethod, type MergeOptions, merge, mergeMethods } from '../../../lib/merging/index.ts'
import { resolveOptions } from '../../../lib/merging/options.ts'
import { type MixMethod, type MixSettings, mixSettings } from '../../../lib/messages/views/merge-mixer.ts'

const about: Record<MergeMethod, string> = {
  average: 'Weighted sum of the weight changes, exact; ranks add up. What the released SELMA code does.',
  weighted: 'As average, with weights that must be given.',
  cat: 'As average: factors side by side, ranks add up.',
  svd: 'As average, cut back to a smaller rank.',
  'average-factors': 'Weighted sums of A and of B, each by itself: the formula of the SELMA paper.',
  linear: 'Sums A and B, each with the square root of the weight, cross terms included (peft).',
  ties: 'Keeps the largest numbers, elects a sign for each, averages those that agree.',
  dare_linear: 'Drops numbers at random, scales up the rest, then sums as linear.',
  dare_ties: 'Drops numbers at random, scales up the rest, then elects signs as ties.',
  magnitude_prune: 'Keeps the largest numbers, then sums as linear.',
  ties_svd: 'Ties on the whole weight change, then the best factors of the rank. Slow.',
  dare_linear_svd: 'Dare on the whole weight change, then the best factors of the rank. Slow.',
  dare_ties_svd: 'Dare and ties on the whole weight change, then the best factors of the rank. Slow.',
  magnitude_prune_svd: 'Pruned on the whole weight change, then the best factors of the rank. Slow.',
}

/** All methods, with what they take, for so many experts. */
export function mixMethods(experts: number): MixMethod[] {
  return mergeMethods.map((name) => {
    const { traits } = resolveOptions({ method: name, weights: Array(experts).fill(1) }, experts)
    return {
      name,
      about: about[name],
      density: traits.prune !== 'none',
      majoritySign: traits.elect,
      seed: traits.prune === 'random',
      rank: traits.on !== 'factors',
      // As lib/merging has it: what elects signs is a mean already.
      equal: traits.elect ? 1 : 1 / experts,
    }
  })
}

/** The most that a merged layer's rank can be: all ranks of its least layer. */
export const largestRank = (experts: readonly Lora[]): number =>
  Math.min(
    ...[...experts[0].layers.keys()].map((name) =>
      experts.reduce((sum, { layers }) => sum + loraRank(layers.get(name)!), 0),
    ),
  )

/** What the merge is given: only what the method takes. */
export function mergeOptions(settings: MixSettings): MergeOptions & { method: MergeMethod } {
  const { method, weights, density, majoritySign, seed, rank } = settings
  const traits = mixMethods(weights.length).find(({ name }) => name === method)
  if (!traits) fail('bad-input', `unknown merge method: ${method}`, `choose ${mergeMethods.join(', ')}`)
  return {
    method: method as MergeMethod,
    weights,
    ...(traits.density && { density }),
    ...(traits.majoritySign && { majoritySign }),
    ...(traits.seed && { seed }),
    ...(traits.rank && rank !== null && { rank }),
  }
}

/**
 * Checks settings that somebody gave.
 *
 * @throws SelmaError `bad-input` naming the setting and its value
 */
export function checkedSettings(given: unknown, experts: number, largest: number): MixSettings {
  const parsed = mixSettings.safeParse(given)
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues
    return fail('bad-input', `the settings of the mix are wrong at ${path.join('.')}: ${message}`)
  }
  const { rank } = parsed.data
  resolveOptions(mergeOptions(parsed.data), experts)
  if (rank !== null && rank > largest)
    fail('bad-input', `rank is ${rank}`, `the experts together have rank ${largest}`)
  return parsed.data
}

/** Names the settings: the same for two that give the same merge. */
export const mixName = (settings: MixSettings): string =>
  sha256(JSON.stringify(mergeOptions(settings))).slice(0, 16)

/**
 * As `merge`, layer by layer, so that the process has time for other things.
 *
 * @throws as `merge`, and the signal's reason when it aborts
 */
export async function mergeGently(
  experts: readonly Lora[],
  options: MergeOptions,
  signal: AbortSignal,
): Promise<Lora> {
  const layers: Lora['layers'] = new Map()
  let last = performance.now()
  for (const name of experts[0].layers.keys()) {
    const parts = experts.map((expert) => ({
      layers: new Map([[name, expert.layers.get(name)!]]),
      metadata: {},
    }))
    layers.set(name, merge(parts, options).layers.get(name)!)
    if (performance.now() - last > 15) {
      await setImmediate()
      signal.throwIfAborted()
      last = performance.now()
    }
  }
  return { layers, metadata: {} }
}
