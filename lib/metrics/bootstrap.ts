// Bootstrap intervals for means over prompts. The unit is the prompt: sampling seeds are averaged within it,
// prompts are resampled within skills, and training seeds are the upper level. Percentile intervals only.
import { fail } from '../base/errors.ts'
import { Random, type Seed } from '../base/random.ts'

/** A mean with its interval, in the units of the values. */
export interface Interval {
  mean: number
  /** NaN, as `high`, when there is one unit only: one prompt says nothing about others. */
  low: number
  high: number
  /** Prompts. */
  n: number
  level: number
  draws: number
  /** How the interval was made, for a caption. */
  method: string
}

/** A hierarchical interval also says what it is over. */
export interface HierarchicalInterval extends Interval {
  trainingSeeds: number
  /** Most sampling seeds of any prompt, averaged within it. */
  samplingSeeds: number
}

/** Settings of every bootstrap here. */
export interface BootstrapOptions {
  /** Default 10,000. */
  draws?: number
  /** Default .95. */
  level?: number
  /** Default 0. Same seed, same interval. */
  seed?: Seed
}

/** One measured value. Values of the same prompt and training seed are averaged. */
export interface Observation {
  itemId: string
  value: number
  /** Prompts are resampled within it. */
  skill?: string
  trainingSeed?: number
}

/** Prompts × training seeds, complete: `values[training seed][prompt]`. */
export interface Crossed {
  itemIds: string[]
  skills: (string | undefined)[]
  values: Float64Array[]
  samplingSeeds: number
}

/**
 * Mean of one value a prompt, with a percentile bootstrap interval.
 *
 * @param values one number a prompt
 * @param options strata: a group for each value; units are resampled within it, so that the shares of the
 *   groups stay. Groups of one unit are resampled together.
 * @throws SelmaError `bad-input` for no or non-finite values, other lengths, a level outside (0, 1)
 */
export function bootstrapMean(
  values: ArrayLike<number>,
  options: BootstrapOptions & { strata?: ArrayLike<string | number | undefined> } = {},
): Interval {
  const { strata } = options
  if (strata && strata.length !== values.length) {
    fail('bad-input', `there are ${values.length} values and ${strata.length} strata`)
  }
  const means = bootstrapDraws([Float64Array.from(values)], strata, options)
  return interval(means, [Float64Array.from(values)], options, 'bootstrap over prompts')
}

/**
 * Mean over prompts and training seeds with a hierarchical bootstrap interval (reference: the project's
 * evaluation protocol). All models answer the same prompts, so the levels are crossed: a draw takes prompts
 * within skills, once for all training seeds, and training seeds. Of T training seeds a draw takes T − 1
 * (Rao and Wu 1988), as taking T of so few would make the interval too narrow.
 *
 * @throws SelmaError `bad-input` as {@link bootstrapMean}; `mismatch` when a training seed lacks a prompt
 */
export function hierarchicalBootstrap(
  observations: readonly Observation[],
  options: BootstrapOptions = {},
): HierarchicalInterval {
  const { skills, values, samplingSeeds } = crossed(observations)
  const means = bootstrapDraws(values, skills, options)
  return {
    ...interval(means, values, options, describe(values.length)),
    trainingSeeds: values.length,
    samplingSeeds,
  }
}

/** What a hierarchical bootstrap over so many training seeds is called. */
export function describe(trainingSeeds: number): string {
  return trainingSeeds > 1
    ? `hierarchical bootstrap over prompts within skills and ${trainingSeeds} training seeds`
    : 'bootstrap over prompts within skills'
}

/** Averages sampling seeds within prompts and lays prompts against training seeds. */
export function crossed(observations: readonly Observation[]): Crossed {
  const runs = new Map<number | undefined, Map<string, { sum: number; n: number }>>()
  const skills = new Map<string, string | undefined>()
  for (const { itemId, value, skill, trainingSeed } of observations) {
    if (!skills.has(itemId)) skills.set(itemId, skill)
    if (skills.get(itemId) !== skill) {
      fail('mismatch', `the prompt ${itemId} is in two skills: ${skills.get(itemId)} and ${skill}`)
    }
    const run = runs.get(trainingSeed) ?? new Map<string, { sum: number; n: number }>()
    runs.set(trainingSeed, run)
    const cell = run.get(itemId) ?? { sum: 0, n: 0 }
    run.set(itemId, { sum: cell.sum + value, n: cell.n + 1 })
  }
  const itemIds = [...skills.keys()]
  let samplingSeeds = 0
  const values = [...runs].map(([trainingSeed, run]) =>
    Float64Array.from(itemIds, (itemId) => {
      const cell = run.get(itemId)
      if (!cell)
        return fail('mismatch', `training seed ${trainingSeed} has no value for the prompt ${itemId}`)
      samplingSeeds = Math.max(samplingSeeds, cell.n)
      return cell.sum / cell.n
    }),
  )
  return { itemIds, skills: [...skills.values()], values, samplingSeeds }
}

/** The bootstrapped means, sorted. */
export function bootstrapDraws(
  values: readonly Float64Array[],
  strata: ArrayLike<string | number | undefined> | undefined,
  { draws = 10_000, seed = 0 }: BootstrapOptions,
): Float64Array {
  const size = values[0]?.length ?? 0
  if (size === 0) fail('bad-input', 'there are no values to average')
  for (const row of values) {
    const bad = row.findIndex((value) => !Number.isFinite(value))
    if (bad >= 0) fail('bad-input', `value ${bad + 1} is ${row[bad]}, which is not a number to average`)
  }
  if (!Number.isSafeInteger(draws) || draws < 1) fail('bad-input', `draws is ${draws}`, 'take 10000')
  const groups = stratify(size, strata)
  const random = new Random(seed).derive('bootstrap')
  const runs = values.length
  const means = new Float64Array(draws)
  const row = new Float64Array(size)
  for (let draw = 0; draw < draws; draw++) {
    if (runs > 1) {
      row.fill(0)
      for (let taken = 1; taken < runs; taken++) {
        const run = values[below(random, runs)]
        for (let i = 0; i < size; i++) row[i] += run[i]
      }
    } else if (draw === 0) row.set(values[0])
    let sum = 0
    for (const group of groups) {
      const count = group.length
      for (let i = 0; i < count; i++) sum += row[group[below(random, count)]]
    }
    means[draw] = sum / (size * Math.max(1, runs - 1))
  }
  return means.sort()
}

/** Uniform below `count`; 32 random bits are plenty for prompts and seeds. */
function below(random: Random, count: number): number {
  return Math.floor((random.bits() * count) / 4_294_967_296)
}

function stratify(size: number, strata?: ArrayLike<string | number | undefined>): Int32Array[] {
  const groups = new Map<string | number | undefined, number[]>()
  for (let i = 0; i < size; i++) {
    const group = groups.get(strata?.[i])
    if (group) group.push(i)
    else groups.set(strata?.[i], [i])
  }
  const all = [...groups.values()]
  const lone = all.filter((group) => group.length === 1).flat()
  const rest = all.filter((group) => group.length > 1)
  return (lone.length > 0 ? [...rest, lone] : rest).map((group) => Int32Array.from(group))
}

/** The interval that sorted bootstrap means give. */
export function interval(
  means: Float64Array,
  values: readonly Float64Array[],
  { level = 0.95 }: BootstrapOptions,
  method: string,
): Interval {
  if (!(level > 0 && level < 1))
    fail('bad-input', `level is ${level}`, 'it lies between 0 and 1, such as .95')
  const n = values[0].length
  let sum = 0
  for (const row of values) for (const value of row) sum += value
  const tail = (1 - level) / 2
  return {
    mean: sum / (n * values.length),
    low: n > 1 ? quantile(means, tail) : Number.NaN,
    high: n > 1 ? quantile(means, 1 - tail) : Number.NaN,
    n,
    level,
    draws: means.length,
    method,
  }
}

/** Quantile of sorted values, linear between neighbours (R type 7, numpy's default). */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const at = p * (sorted.length - 1)
  const below = Math.floor(at)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below] + (at - below) * (sorted[above] - sorted[below])
}
