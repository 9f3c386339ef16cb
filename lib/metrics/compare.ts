// Is a better than b? Pairs two models' picture rows and compares them prompt by prompt. Rows that do not pair
// are refused with a list: a difference between different pictures would be no answer.
import { fail } from '../base/errors.ts'
import {
  type BootstrapOptions,
  bootstrapDraws,
  crossed,
  describe,
  type HierarchicalInterval,
  hierarchicalBootstrap,
  interval,
  type Observation,
} from './bootstrap.ts'
import { listSome, single } from './collect.ts'
import type { PictureRow } from './rows.ts'
import { type Difference, signFlipTest } from './statistics.ts'

/** What of a row is compared: a field, or a function with a name for the report. */
export type Measure = 'dsg' | 'strict' | { name: string; of: (row: PictureRow) => number }

/** One side of a comparison. */
export interface Side extends HierarchicalInterval {
  model: string
  guidance?: number
}

/** Model a against model b: `mean` is a − b. */
export interface Comparison extends Difference {
  measure: string
  judge: string
  a: Side
  b: Side
  trainingSeeds: number
  samplingSeeds: number
}

/** A row's value under a measure: a score, or 1 and 0. */
export function measured(row: PictureRow, measure: Measure): number {
  return typeof measure === 'string' ? Number(row[measure]) : measure.of(row)
}

/** The name of a measure. */
export const measureName = (measure: Measure): string =>
  typeof measure === 'string' ? measure : measure.name

/** Rows as observations of a measure. */
export function observe(rows: readonly PictureRow[], measure: Measure): Observation[] {
  return rows.map((row) => ({
    itemId: row.itemId,
    skill: row.skill,
    trainingSeed: row.trainingSeed,
    value: measured(row, measure),
  }))
}

/**
 * Compares two models' rows about the same prompts and sampling seeds, seen by the same judge.
 *
 * Differences are taken picture by picture, averaged over sampling seeds, and resampled as
 * {@link hierarchicalBootstrap} does. Guidance may differ: each model has its own best one. Where only one side
 * has training seeds (a trained model against its base), the other side is paired with each of them.
 * `p` is from a sign-flip permutation over prompts; with several training seeds, from the bootstrap.
 *
 * @param options measure: default `'dsg'`
 * @throws SelmaError `mismatch`: several models, judges or guidances on a side, different judges, rows twice,
 *   and rows without a partner (listed)
 */
export function compare(
  a: readonly PictureRow[],
  b: readonly PictureRow[],
  options: BootstrapOptions & { measure?: Measure } = {},
): Comparison {
  const { measure = 'dsg', ...settings } = options
  if (a.length === 0 || b.length === 0) fail('bad-input', 'there are no rows to compare')
  const judge = single([...a, ...b], 'judge')
  const pairs = pair(a, b)
  const differences = pairs.map(([left, right]) => ({
    itemId: left.itemId,
    skill: left.skill,
    trainingSeed: left.trainingSeed ?? right.trainingSeed,
    value: measured(left, measure) - measured(right, measure),
  }))
  const { values, skills, samplingSeeds } = crossed(differences)
  const draws = bootstrapDraws(values, skills, settings)
  const significance = values.length > 1 ? bootstrapP(draws) : signFlipTest(values[0], settings)
  return {
    ...interval(draws, values, settings, describe(values.length)),
    ...significance,
    measure: measureName(measure),
    judge,
    trainingSeeds: values.length,
    samplingSeeds,
    a: side(a, measure, settings),
    b: side(b, measure, settings),
  }
}

function side(rows: readonly PictureRow[], measure: Measure, settings: BootstrapOptions): Side {
  return {
    model: single(rows, 'model'),
    guidance: single(rows, 'guidance'),
    ...hierarchicalBootstrap(observe(rows, measure), settings),
  }
}

/** Two-sided p: how far into the draws 0 lies. */
function bootstrapP(sorted: Float64Array): { p: number; test: string } {
  const notAbove = sorted.filter((value) => value <= 0).length
  const notBelow = sorted.filter((value) => value >= 0).length
  const p = Math.min(1, (2 * (Math.min(notAbove, notBelow) + 1)) / (sorted.length + 1))
  return { p, test: `bootstrap (${sorted.length} draws)` }
}

function pair(a: readonly PictureRow[], b: readonly PictureRow[]): [PictureRow, PictureRow][] {
  const trained = (rows: readonly PictureRow[]) => rows.some((row) => row.trainingSeed !== undefined)
  const bySeed = trained(a) && trained(b)
  const swap = !trained(a) && trained(b)
  // The side with training seeds leads, as each row of the other may partner several of its rows.
  const [leading, other] = swap ? [b, a] : [a, b]
  const partners = indexRows(other, bySeed)
  const used = new Set<string>()
  const alone: string[] = []
  const pairs = [...indexRows(leading, trained(leading)).values()].map((row) => {
    const key = rowName(row, bySeed)
    const partner = partners.get(key)
    if (!partner) alone.push(`${row.model}: ${rowName(row, true)}`)
    used.add(key)
    return swap ? [partner, row] : [row, partner]
  })
  for (const [key, row] of partners) if (!used.has(key)) alone.push(`${row.model}: ${key}`)
  if (alone.length > 0) {
    const hint = 'compare pictures of the same prompts, sampling seeds and training seeds'
    fail('mismatch', `${alone.length} rows do not pair: ${listSome(alone)}`, hint)
  }
  return pairs as [PictureRow, PictureRow][]
}

function indexRows(rows: readonly PictureRow[], bySeed: boolean): Map<string, PictureRow> {
  const index = new Map<string, PictureRow>()
  for (const row of rows) {
    const name = rowName(row, bySeed)
    if (index.has(name)) fail('mismatch', `two rows of ${row.model} about ${name}`)
    index.set(name, row)
  }
  return index
}

function rowName({ itemId, seed, trainingSeed }: PictureRow, bySeed: boolean): string {
  const name = `${itemId} (seed ${seed}`
  return bySeed && trainingSeed !== undefined ? `${name}, training seed ${trainingSeed})` : `${name})`
}
