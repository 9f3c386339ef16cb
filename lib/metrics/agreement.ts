// Do two readers of the same pictures agree? For checking the scene reader against labels made by eye.
import { fail } from '../base/errors.ts'
import { wilson } from './statistics.ts'

/** How far two raters agree. */
export interface Agreement {
  /** Share of equal labels, with a Wilson 95% interval. */
  rate: number
  low: number
  high: number
  /** Cohen's kappa: agreement beyond chance, 1 is perfect, 0 chance. NaN when both gave one label throughout. */
  kappa: number
  n: number
}

/** Agreement and Cohen's kappa (unweighted) of two lists of labels about the same things. */
export function agreement(a: readonly string[], b: readonly string[]): Agreement {
  if (a.length !== b.length) fail('mismatch', `${a.length} labels do not pair with ${b.length}`)
  if (a.length === 0) fail('bad-input', 'there are no labels to compare')
  const n = a.length
  const rate = a.filter((label, i) => label === b[i]).length / n
  const share = (labels: readonly string[], label: string) =>
    labels.filter((each) => each === label).length / n
  const chance = [...new Set(a)].reduce((sum, label) => sum + share(a, label) * share(b, label), 0)
  return { rate, ...wilson(rate, n), kappa: (rate - chance) / (1 - chance), n }
}

/**
 * Fleiss' kappa (Fleiss 1971, "Measuring nominal scale agreement among many raters"), for the same number of labels
 * about every thing.
 *
 * @param ratings one list a rater, all about the same things
 * @returns 1 is perfect, 0 chance; NaN when one label was given throughout
 * @throws SelmaError `bad-input` for fewer than two raters or nothing labelled, `mismatch` for other lengths
 */
export function fleissKappa(ratings: readonly (readonly string[])[]): number {
  const raters = ratings.length
  const n = ratings[0]?.length ?? 0
  if (raters < 2 || n === 0)
    fail('bad-input', `${raters} raters labelled ${n} things`, 'two raters and one thing at least')
  if (ratings.some((rater) => rater.length !== n)) fail('mismatch', 'the raters labelled different numbers')
  const totals = new Map<string, number>()
  let agreeing = 0
  for (let unit = 0; unit < n; unit++) {
    const counts = new Map<string, number>()
    for (const rater of ratings) counts.set(rater[unit], (counts.get(rater[unit]) ?? 0) + 1)
    for (const [label, count] of counts) {
      totals.set(label, (totals.get(label) ?? 0) + count)
      agreeing += (count * (count - 1)) / (raters * (raters - 1))
    }
  }
  let chance = 0
  for (const total of totals.values()) chance += (total / (n * raters)) ** 2
  return (agreeing / n - chance) / (1 - chance)
}

/**
 * Krippendorff's alpha for names, for any number of raters and with gaps.
 *
 * @param ratings one list a rater, all about the same things; `undefined` where a rater gave no label
 * @returns 1 is perfect, 0 chance; NaN when fewer than two different labels can be paired
 */
export function krippendorffAlpha(ratings: readonly (readonly (string | undefined)[])[]): number {
  const length = ratings[0]?.length ?? 0
  if (ratings.some((rater) => rater.length !== length))
    fail('mismatch', 'the raters labelled different numbers')
  const totals = new Map<string, number>()
  let disagreeing = 0
  let n = 0
  for (let unit = 0; unit < length; unit++) {
    const labels = ratings.map((rater) => rater[unit]).filter((label) => label !== undefined)
    if (labels.length < 2) continue
    n += labels.length
    for (const label of labels) {
      totals.set(label, (totals.get(label) ?? 0) + 1)
      disagreeing += labels.filter((other) => other !== label).length / (labels.length - 1)
    }
  }
  let expected = n * n
  for (const total of totals.values()) expected -= total * total
  return 1 - ((n - 1) * disagreeing) / expected
}
