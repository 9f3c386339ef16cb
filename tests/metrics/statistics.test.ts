// Expected numbers marked "scipy" are from scipy 1.17.1 with the call beside them.
import { describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import {
  bootstrapMean,
  hierarchicalBootstrap,
  type Observation,
  quantile,
} from '../../lib/metrics/bootstrap.ts'
import {
  holm,
  pairedDifference,
  signFlipTest,
  signTest,
  wilson,
  winRate,
} from '../../lib/metrics/statistics.ts'

describe('bootstrapMean', () => {
  it('is the mean, with an interval that scipy agrees with', () => {
    // scipy: stats.bootstrap((np.arange(1, 31) ** 1.3,), np.mean, n_resamples=200000, method='percentile')
    const values = Array.from({ length: 30 }, (_, i) => (i + 1) ** 1.3)
    const result = bootstrapMean(values, { draws: 100_000 })
    expect(result.mean).toBeCloseTo(37.580766201607396, 10)
    expect(Math.abs(result.low - 28.687)).toBeLessThan(0.15)
    expect(Math.abs(result.high - 46.598)).toBeLessThan(0.15)
    expect(result).toMatchObject({ n: 30, level: 0.95, draws: 100_000 })
  })

  it('draws the same numbers from the same seed, and others from another', () => {
    const values = [0.1, 0.5, 0.2, 0.9, 0.4, 0.7]
    expect(bootstrapMean(values, { seed: 3 })).toEqual(bootstrapMean(values, { seed: 3 }))
    expect(bootstrapMean(values, { seed: 3, draws: 200 })).not.toEqual(
      bootstrapMean(values, { seed: 4, draws: 200 }),
    )
  })

  it('resamples within strata: what differs only between them has no spread', () => {
    const values = [0, 0, 0, 1, 1, 1]
    const strata = ['a', 'a', 'a', 'b', 'b', 'b']
    expect(bootstrapMean(values, { strata })).toMatchObject({ mean: 0.5, low: 0.5, high: 0.5 })
    expect(bootstrapMean(values).high).toBeGreaterThan(0.6)
  })

  it('resamples strata of one prompt together', () => {
    const result = bootstrapMean([0, 1, 0, 1], { strata: ['a', 'b', 'c', 'd'] })
    expect(result.high).toBeGreaterThan(result.low)
  })

  it('has no interval for one prompt, and a wider one for a higher level', () => {
    expect(bootstrapMean([0.4])).toMatchObject({ mean: 0.4, low: Number.NaN, high: Number.NaN, n: 1 })
    const values = [0.1, 0.5, 0.2, 0.9, 0.4, 0.7]
    expect(bootstrapMean(values, { level: 0.99 }).high).toBeGreaterThan(
      bootstrapMean(values, { level: 0.8 }).high,
    )
  })

  it('refuses what cannot be averaged', () => {
    expect(() => bootstrapMean([])).toThrow(/no values/)
    expect(() => bootstrapMean([1, Number.NaN])).toThrow(/value 2 is NaN/)
    expect(() => bootstrapMean([1, 2], { strata: ['a'] })).toThrow(/2 values and 1 strata/)
    expect(() => bootstrapMean([1, 2], { level: 95 })).toThrow(/level is 95/)
    expect(() => bootstrapMean([1, 2], { draws: 0 })).toThrow(/draws is 0/)
  })

  it('covers the true mean about as often as it says', () => {
    const random = new Random('coverage')
    let covered = 0
    for (let set = 0; set < 300; set++) {
      const values = Array.from({ length: 60 }, () => Number(random.chance(0.6)))
      const { low, high } = bootstrapMean(values, { draws: 1000, seed: set })
      if (low <= 0.6 && 0.6 <= high) covered++
    }
    expect(covered / 300).toBeGreaterThan(0.9)
    expect(covered / 300).toBeLessThan(0.99)
  })
})

describe('hierarchicalBootstrap', () => {
  const grid = (
    of: (prompt: number, training: number, seed: number) => number,
    training = 5,
  ): Observation[] =>
    [...Array(40).keys()].flatMap((prompt) =>
      [...Array(training).keys()].flatMap((trainingSeed) =>
        [0, 1].map((seed) => ({
          itemId: `p${prompt}`,
          skill: prompt % 2 ? 'odd' : 'even',
          trainingSeed,
          value: of(prompt, trainingSeed, seed),
        })),
      ),
    )

  it('averages sampling seeds first: what differs only between them has no spread', () => {
    const result = hierarchicalBootstrap(grid((_, __, seed) => seed))
    expect(result).toMatchObject({
      mean: 0.5,
      low: 0.5,
      high: 0.5,
      n: 40,
      trainingSeeds: 5,
      samplingSeeds: 2,
    })
  })

  it('resamples within skills', () => {
    expect(hierarchicalBootstrap(grid((prompt) => prompt % 2))).toMatchObject({
      mean: 0.5,
      low: 0.5,
      high: 0.5,
    })
  })

  it('spreads over training seeds as their standard error says', () => {
    const values = [0.2, 0.4, 0.5, 0.6, 0.8]
    const { low, high, mean, method } = hierarchicalBootstrap(grid((_, training) => values[training]))
    const error = Math.sqrt(0.05 / 5)
    expect(mean).toBeCloseTo(0.5, 12)
    expect((high - low) / (2 * 1.96 * error)).toBeGreaterThan(0.85)
    expect((high - low) / (2 * 1.96 * error)).toBeLessThan(1.15)
    expect(method).toContain('5 training seeds')
  })

  it('is bootstrapMean when there is one row a prompt', () => {
    const values = [0.1, 0.5, 0.2, 0.9, 0.4, 0.7]
    const rows = values.map((value, i) => ({ itemId: `p${i}`, value }))
    const { low, high } = hierarchicalBootstrap(rows, { seed: 5 })
    expect(bootstrapMean(values, { seed: 5 })).toMatchObject({ low, high })
  })

  it('refuses a training seed without some prompt, and a prompt in two skills', () => {
    expect(() => hierarchicalBootstrap(grid((prompt) => prompt).slice(2))).toThrow(/training seed 0.*p0/)
    const two = [
      { itemId: 'p', value: 1, skill: 'a' },
      { itemId: 'p', value: 1, skill: 'b' },
    ]
    expect(() => hierarchicalBootstrap(two)).toThrow(/two skills: a and b/)
  })

  it('covers the true mean about as often as it says, with prompts and training seeds that vary', () => {
    const random = new Random('hierarchical coverage')
    let covered = 0
    for (let set = 0; set < 300; set++) {
      const prompts = random.normals(40)
      const runs = random.normals(5)
      const rows = grid(
        (prompt, training) => 0.3 * prompts[prompt] + 0.03 * runs[training] + 0.2 * random.normal(),
      )
      const { low, high } = hierarchicalBootstrap(
        rows.map((row) => ({ ...row, skill: undefined })),
        { draws: 500, seed: set },
      )
      if (low <= 0 && 0 <= high) covered++
    }
    expect(covered / 300).toBeGreaterThan(0.9)
    expect(covered / 300).toBeLessThan(0.99)
  })

  it('does 10,000 draws of 500 prompts with 5 training seeds', () => {
    const rows = [...Array(500).keys()].flatMap((prompt) =>
      [...Array(5).keys()].map((trainingSeed) => ({ itemId: `p${prompt}`, trainingSeed, value: prompt % 7 })),
    )
    expect(hierarchicalBootstrap(rows).draws).toBe(10_000)
  })
})

describe('paired tests', () => {
  const d = [0.3, -0.1, 0.4, 0.2, 0.15, -0.05, 0.6, 0.1]
  const zeros = d.map(() => 0)

  it('sign-flip is exact for few differences', () => {
    // scipy: stats.permutation_test((d,), np.mean, permutation_type='samples', n_resamples=np.inf)
    expect(signFlipTest(d).p).toBeCloseTo(0.0546875, 12)
    expect(signFlipTest([...d, 0, 0]).p).toBeCloseTo(0.0546875, 12)
    expect(signFlipTest([0, 0]).p).toBe(1)
    expect(signFlipTest(Array(10).fill(1)).p).toBeCloseTo(2 / 1024, 12)
  })

  it('sign-flip by draws is near the normal approximation for many', () => {
    const random = new Random('flip')
    const values = Array.from({ length: 200 }, () => random.normal() + 0.12)
    const z = values.reduce((a, b) => a + b, 0) / Math.sqrt(values.reduce((a, b) => a + b * b, 0))
    // Two-sided normal tail by numerical integration.
    let tail = 0
    for (let x = Math.abs(z); x < 9; x += 1e-4) tail += Math.exp((-x * x) / 2) * 1e-4
    expect(Math.abs(signFlipTest(values).p - (2 * tail) / Math.sqrt(2 * Math.PI))).toBeLessThan(0.015)
  })

  it('a paired difference has mean, interval and p together', () => {
    const result = pairedDifference(d, zeros)
    expect(result.mean).toBeCloseTo(0.2, 12)
    expect(result.low).toBeLessThan(0.2)
    expect(result.high).toBeGreaterThan(0.2)
    expect(result).toMatchObject({ n: 8, test: 'sign-flip permutation (exact)' })
    expect(pairedDifference(zeros, d).mean).toBeCloseTo(-0.2, 12)
    expect(() => pairedDifference(d, [1])).toThrow(/8 values do not pair with 1/)
  })

  it('rejects a true null hypothesis about as often as it says', () => {
    const random = new Random('null')
    let rejected = 0
    for (let set = 0; set < 300; set++) {
      if (signFlipTest(random.normals(12), { seed: set }).p <= 0.05) rejected++
    }
    expect(rejected / 300).toBeLessThan(0.09)
    expect(rejected / 300).toBeGreaterThan(0.015)
  })

  it('sign test and win rate', () => {
    const a = [...Array(12).fill(1), ...Array(5).fill(-1), 0, 0]
    const b = a.map(() => 0)
    // scipy: stats.binomtest(12, 17).pvalue
    expect(signTest(a, b)).toMatchObject({ wins: 12, losses: 5, ties: 2 })
    expect(signTest(a, b).p).toBeCloseTo(0.143463134765625, 10)
    expect(winRate(a, b)).toMatchObject({ rate: 12 / 17, n: 17, ties: 2, tiesWere: 'dropped' })
    expect(winRate(a, b, { ties: 'half' })).toMatchObject({ rate: 13 / 19, n: 19, tiesWere: 'halved' })
    expect(winRate([0], [0]).rate).toBeNaN()
    expect(signTest([0], [0]).p).toBe(1)
  })

  it('Wilson interval', () => {
    // scipy: stats.binomtest(241, 355).proportion_ci(method='wilson')
    const { low, high } = wilson(241 / 355, 355)
    expect(low).toBeCloseTo(0.6286112873091014, 10)
    expect(high).toBeCloseTo(0.7253054546899309, 10)
  })

  it("Holm's correction keeps the order given and never falls", () => {
    // Holm 1979: sorted p times 4, 3, 2, 1, running maximum.
    const adjusted = holm([0.01, 0.04, 0.03, 0.005])
    for (const [i, p] of [0.03, 0.06, 0.06, 0.02].entries()) expect(adjusted[i]).toBeCloseTo(p, 12)
    expect(holm([0.9, 0.8])).toEqual([1, 1])
    expect(holm([])).toEqual([])
    expect(() => holm([0.1, Number.NaN])).toThrow(/NaN is not a p value/)
  })

  it('quantiles are linear between neighbours', () => {
    expect(quantile([1, 2, 4], 0.25)).toBe(1.5)
    expect(quantile([1, 2, 4], 1)).toBe(4)
  })
})
