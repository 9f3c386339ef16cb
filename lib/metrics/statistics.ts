// Tests on paired values, one a prompt: difference with interval, sign-flip permutation, sign test, win rate,
// and Holm's correction. Pairing itself is compare.ts's business.
import { fail } from '../base/errors.ts'
import { Random, type Seed } from '../base/random.ts'
import { type BootstrapOptions, bootstrapMean, type Interval } from './bootstrap.ts'

/** A mean difference a − b with its interval and two-sided p value. */
export interface Difference extends Interval {
  p: number
  /** What `p` is from. */
  test: string
}

/** Mean of a − b over prompts, bootstrap interval, and p by a sign-flip permutation test. */
export function pairedDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: BootstrapOptions & { strata?: ArrayLike<string | number | undefined> } = {},
): Difference {
  const differences = subtract(a, b)
  return { ...bootstrapMean(differences, options), ...signFlipTest(differences, options) }
}

function subtract(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  if (a.length !== b.length) fail('mismatch', `${a.length} values do not pair with ${b.length}`)
  return Float64Array.from(a, (value, i) => value - b[i])
}

/**
 * Two-sided sign-flip permutation test that differences are symmetric about 0. Exact up to 16 differences that
 * are not 0 (all sign patterns), else by random patterns, counting the observed one: (k + 1) / (draws + 1).
 */
export function signFlipTest(
  differences: ArrayLike<number>,
  options: { draws?: number; seed?: Seed } = {},
): { p: number; test: string } {
  const { draws = 10_000, seed = 0 } = options
  const values = Array.from(differences).filter((value) => value !== 0)
  const n = values.length
  const observed = Math.abs(values.reduce((sum, value) => sum + value, 0))
  const least = observed - 1e-9 * values.reduce((sum, value) => sum + Math.abs(value), 0)
  if (n <= 16) {
    let extreme = 0
    for (let pattern = 0; pattern < 2 ** n; pattern++) {
      let sum = 0
      for (let i = 0; i < n; i++) sum += pattern & (1 << i) ? values[i] : -values[i]
      if (Math.abs(sum) >= least) extreme++
    }
    return { p: extreme / 2 ** n, test: 'sign-flip permutation (exact)' }
  }
  const random = new Random(seed).derive('sign-flip')
  let extreme = 1
  for (let draw = 0; draw < draws; draw++) {
    let sum = 0
    let bits = 0
    for (let i = 0; i < n; i++) {
      if (i % 32 === 0) bits = random.bits()
      sum += bits & (1 << (i % 32)) ? values[i] : -values[i]
    }
    if (Math.abs(sum) >= least) extreme++
  }
  return { p: extreme / (draws + 1), test: `sign-flip permutation (${draws} draws)` }
}

/** Share of prompts where a beats b, with a Wilson score interval. */
export interface WinRate {
  rate: number
  low: number
  high: number
  wins: number
  losses: number
  ties: number
  /** Prompts the rate is over. */
  n: number
  level: number
  /** What was done with equal prompts. */
  tiesWere: 'dropped' | 'halved'
}

/**
 * How often a is above b.
 *
 * @param options ties: `'drop'` (default, as in the paper's Figure 4) leaves equal prompts out, `'half'` counts
 *   each as half a win. level: default .95.
 */
export function winRate(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: { ties?: 'drop' | 'half'; level?: number } = {},
): WinRate {
  const { ties: policy = 'drop', level = 0.95 } = options
  const { wins, losses, ties } = countSigns(subtract(a, b))
  const n = policy === 'drop' ? wins + losses : wins + losses + ties
  const rate = (policy === 'drop' ? wins : wins + ties / 2) / n
  return {
    rate,
    ...wilson(rate, n, level),
    wins,
    losses,
    ties,
    n,
    level,
    tiesWere: policy === 'drop' ? 'dropped' : 'halved',
  }
}

/** Wilson score interval of a share of n; NaN of nothing. */
export function wilson(rate: number, n: number, level = 0.95): { low: number; high: number } {
  const z = normalQuantile(1 - (1 - level) / 2)
  const middle = rate + z ** 2 / (2 * n)
  const half = z * Math.sqrt((rate * (1 - rate)) / n + z ** 2 / (4 * n ** 2))
  return { low: (middle - half) / (1 + z ** 2 / n), high: (middle + half) / (1 + z ** 2 / n) }
}

/** Two-sided exact sign test: whether a is above b as often as below. Ties are dropped. */
export function signTest(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): { p: number; wins: number; losses: number; ties: number } {
  const { wins, losses, ties } = countSigns(subtract(a, b))
  const n = wins + losses
  let logTerm = -n * Math.LN2
  let tail = 0
  for (let k = 0; k <= Math.min(wins, losses); k++) {
    tail += Math.exp(logTerm)
    logTerm += Math.log(n - k) - Math.log(k + 1)
  }
  return { p: Math.min(1, 2 * tail), wins, losses, ties }
}

function countSigns(differences: Float64Array): { wins: number; losses: number; ties: number } {
  const wins = differences.filter((value) => value > 0).length
  const losses = differences.filter((value) => value < 0).length
  return { wins, losses, ties: differences.length - wins - losses }
}

/**
 * Holm's step-down correction: adjusted p values, in the order given. Compare them with the level as they are.
 *
 * @throws SelmaError `bad-input` for a p outside [0, 1]
 */
export function holm(pValues: readonly number[]): number[] {
  const bad = pValues.find((p) => !(p >= 0 && p <= 1))
  if (bad !== undefined) fail('bad-input', `${bad} is not a p value`, 'p values lie between 0 and 1')
  const order = pValues.map((_, index) => index).sort((a, b) => pValues[a] - pValues[b])
  const adjusted = new Array<number>(pValues.length)
  let most = 0
  order.forEach((index, rank) => {
    most = Math.max(most, Math.min(1, pValues[index] * (pValues.length - rank)))
    adjusted[index] = most
  })
  return adjusted
}

/** Standard normal quantile by Newton's method on the distribution function; error below 1e-12 for .5 to .9999. */
function normalQuantile(p: number): number {
  let z = 0
  for (let step = 0; step < 100; step++) {
    const change = (normalCumulative(z) - p) / (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI))
    z -= Math.max(-1, Math.min(1, change))
    if (Math.abs(change) < 1e-14) break
  }
  return z
}

/** Φ(z) by its Taylor series about 0, which converges for every z and is exact enough for |z| < 6. */
function normalCumulative(z: number): number {
  let term = z
  let sum = z
  for (let k = 1; k < 200; k++) {
    term *= (z * z) / (2 * k + 1)
    sum += term
    if (Math.abs(term) < 1e-17) break
  }
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI)
}
