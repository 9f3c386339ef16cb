// Expected numbers are from scikit-learn 1.9.1 (cohen_kappa_score) and krippendorff (alpha, nominal).
import { describe, expect, it } from 'vitest'
import { agreement, krippendorffAlpha } from '../../lib/metrics/agreement.ts'

describe('agreement', () => {
  it("is the share of equal labels and Cohen's kappa", () => {
    const result = agreement([...'yynnynyyymn'], [...'ynnnynyynmy'])
    expect(result.rate).toBeCloseTo(8 / 11, 12)
    expect(result.kappa).toBeCloseTo(0.5285714285714285, 12)
    expect(result.low).toBeLessThan(8 / 11)
    expect(agreement(['a', 'b'], ['a', 'b']).kappa).toBe(1)
    expect(agreement(['a'], ['a']).kappa).toBeNaN()
    expect(() => agreement(['a'], [])).toThrow(/1 labels do not pair with 0/)
    expect(() => agreement([], [])).toThrow(/no labels/)
  })

  it("is Krippendorff's alpha for several raters with gaps", () => {
    const ratings = [
      ['1', '1', '2', '2', '3', undefined],
      ['1', '2', '2', '2', '3', '1'],
      ['1', '1', '2', '3', '3', '1'],
    ]
    expect(krippendorffAlpha(ratings)).toBeCloseTo(0.6595744680851063, 12)
    expect(krippendorffAlpha([['a'], ['a']])).toBeNaN()
    expect(() => krippendorffAlpha([['a'], []])).toThrow(/different numbers/)
  })
})
