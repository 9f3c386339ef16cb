import { describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { compare } from '../../lib/metrics/compare.ts'
import type { PictureRow } from '../../lib/metrics/rows.ts'
import { summarize, summarizeBySkill } from '../../lib/metrics/summary.ts'
import { pictureRow } from './sets.ts'

/** 30 prompts × 2 sampling seeds, scores about `level`, for each training seed given. */
function rows(
  model: string,
  level: number,
  trainingSeeds: (number | undefined)[] = [undefined],
): PictureRow[] {
  return trainingSeeds.flatMap((trainingSeed) =>
    [...Array(30).keys()].flatMap((prompt) =>
      [0, 1].map((seed) => {
        const random = new Random(`${model} ${trainingSeed} ${prompt} ${seed}`)
        const dsg = Math.max(0, Math.min(1, level + 0.3 * Math.sin(prompt) + 0.05 * random.normal()))
        const row = pictureRow(`p${prompt}`, dsg, { model, seed, skill: prompt < 10 ? 'a' : 'b' })
        return trainingSeed === undefined ? row : { ...row, trainingSeed }
      }),
    ),
  )
}

describe('compare', () => {
  const merged = rows('merged', 0.55)
  const base = rows('base', 0.5)

  it('pairs picture by picture, whatever the order, and gains from it', () => {
    const result = compare(merged, new Random(1).shuffle(base), { draws: 2000 })
    const mean = (all: PictureRow[]) => all.reduce((sum, { dsg }) => sum + dsg, 0) / all.length
    expect(result.mean).toBeCloseTo(mean(merged) - mean(base), 12)
    expect(result.low).toBeGreaterThan(0)
    expect(result.p).toBeLessThan(0.01)
    expect(result).toMatchObject({ n: 30, samplingSeeds: 2, trainingSeeds: 1, measure: 'dsg', judge: 'eye' })
    expect([result.a.model, result.b.model]).toEqual(['merged', 'base'])
    expect(result.high - result.low).toBeLessThan((result.a.high - result.a.low) / 2)
  })

  it('is turned around by exchanging the sides', () => {
    const there = compare(merged, base, { draws: 500 })
    const back = compare(base, merged, { draws: 500 })
    expect(back.mean).toBeCloseTo(-there.mean, 12)
    expect(back.p).toBe(there.p)
  })

  it('finds nothing between equals', () => {
    expect(compare(merged, merged, { draws: 100 })).toMatchObject({ mean: 0, low: 0, high: 0, p: 1 })
  })

  it('compares other measures', () => {
    const result = compare(merged, base, { measure: 'strict', draws: 100 })
    expect(result.measure).toBe('strict')
    const inverse = { name: 'one minus DSG', of: (row: PictureRow) => 1 - row.dsg }
    expect(compare(merged, base, { measure: inverse, draws: 100 }).mean).toBeCloseTo(
      -compare(merged, base, { draws: 100 }).mean,
      12,
    )
  })

  it('pairs training seeds with one another, or each with the untrained base', () => {
    const trained = rows('merged', 0.6, [1, 2, 3, 4, 5])
    const result = compare(trained, base, { draws: 1000 })
    expect(result).toMatchObject({ trainingSeeds: 5, n: 30, test: 'bootstrap (1000 draws)' })
    expect(result.p).toBeLessThan(0.01)
    const back = compare(base, trained, { draws: 1000 })
    expect(back.mean).toBeCloseTo(-result.mean, 12)
    const other = rows('mixed', 0.6, [1, 2, 3, 4, 5])
    expect(compare(trained, other, { draws: 100 }).trainingSeeds).toBe(5)
    expect(() => compare(trained, rows('mixed', 0.6, [1, 2, 3, 4]))).toThrow(
      /60 rows do not pair: merged: p0 \(seed 0, training seed 5\)/,
    )
  })

  it.each([
    ['a picture missing on one side', merged, base.slice(1), /1 rows do not pair: merged: p0 \(seed 0\)/],
    [
      'a picture missing on the other',
      merged.slice(2),
      base,
      /2 rows do not pair: base: p0 \(seed 0\), base: p0/,
    ],
    ['other seeds', merged, base.map((row) => ({ ...row, seed: row.seed + 7 })), /120 rows.*and 110 more/],
    ['other judges', merged, base.map((row) => ({ ...row, judge: 'ear' })), /more than one judge: eye, ear/],
    ['a row twice', [...merged, merged[0]], base, /two rows of merged about p0/],
    [
      'two models on a side',
      [...merged, { ...merged[0], model: 'x', itemId: 'q' }],
      [...base, { ...base[0], itemId: 'q' }],
      /more than one model: merged, x/,
    ],
    ['nothing', [], base, /no rows to compare/],
  ])('refuses %s', (_, a, b, message) => {
    expect(() => compare(a, b, { draws: 10 })).toThrow(message)
  })
})

describe('summarize', () => {
  it('sums up what the rows have, with diversity over sampling seeds', () => {
    const all = ['p', 'q'].flatMap((itemId) =>
      [0, 1].map((seed) =>
        pictureRow(itemId, seed, {
          seed,
          skill: itemId,
          objects: 3 + seed,
          objectsAsked: 3,
          unreadable: itemId === 'q',
          layout: itemId === 'p' ? 'same' : `layout ${seed}`,
        }),
      ),
    )
    const result = summarize(all, { draws: 100 })
    expect(result.dsg).toMatchObject({ mean: 0.5, n: 2, samplingSeeds: 2 })
    expect(result.strict.mean).toBe(0.5)
    expect(result.objects?.mean).toBe(3.5)
    expect(result.objectsAsked?.mean).toBe(3)
    expect(result.unreadable?.mean).toBe(0.5)
    expect(result.diversity).toMatchObject({ mean: 0.75, samplingSeeds: 2 })
    const skills = summarizeBySkill(all, { draws: 100 })
    expect([skills.p.diversity?.mean, skills.q.diversity?.mean]).toEqual([0.5, 1])
  })

  it('leaves out what some row lacks', () => {
    const result = summarize([pictureRow('p', 1, { objects: 2 }), pictureRow('q', 1)], { draws: 100 })
    expect([result.objects, result.diversity]).toEqual([undefined, undefined])
    expect(() => summarize([])).toThrow(/no rows/)
  })
})
