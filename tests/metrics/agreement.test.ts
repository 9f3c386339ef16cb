// Expected numbers are from scikit-learn 1.9.1 (cohen_kappa_score) and krippendorff (alpha, nominal).
import { describe, expect, it } from 'vitest'
import { agreement, fleissKappa, krippendorffAlpha } from '../../lib/metrics/agreement.ts'

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

  it("is Fleiss' kappa for several raters", () => {
    // The worked example of Fleiss (1971) as Wikipedia gives it: 10 things, 14 raters, 5 categories, kappa 0.210.
    const counts = [
      [0, 0, 0, 0, 14],
      [0, 2, 6, 4, 2],
      [0, 0, 3, 5, 6],
      [0, 3, 9, 2, 0],
      [2, 2, 8, 1, 1],
      [7, 7, 0, 0, 0],
      [3, 2, 6, 3, 0],
      [2, 5, 3, 2, 2],
      [6, 5, 2, 1, 0],
      [0, 2, 2, 3, 7],
    ]
    const labels = counts.map((row) => row.flatMap((n, label) => Array<string>(n).fill(String(label))))
    const ratings = Array.from({ length: 14 }, (_, rater) => labels.map((unit) => unit[rater]))
    expect(fleissKappa(ratings)).toBeCloseTo(0.20993070442195522, 12)
    expect(fleissKappa([[...'abc'], [...'abc'], [...'abc']])).toBe(1)
    expect(fleissKappa([['a'], ['a']])).toBeNaN()
    expect(() => fleissKappa([['a', 'b'], ['a']])).toThrow(/different numbers/)
    expect(() => fleissKappa([['a']])).toThrow(/1 raters/)
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
