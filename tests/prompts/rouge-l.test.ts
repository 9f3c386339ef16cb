import { readFileSync } from 'node:fs'
import { l as jsRouge } from 'js-rouge'
import { describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { RougePool, rougeL, rougeTokens } from '../../lib/prompts/rouge-l.ts'

type Golden = {
  pairs: { rows: [string, string, number, number, number][] }
  pool: { threshold: number; rows: [string, number, number, boolean][] }
}
const golden: Golden = JSON.parse(
  readFileSync(new URL('../golden/data/prompts/rouge-l.json', import.meta.url), 'utf8'),
)

/** The textbook table, for lengths the golden file has not. */
function table(a: string[], b: string[]): number {
  let row = new Array<number>(b.length + 1).fill(0)
  for (const token of a) {
    const next = [0]
    for (let j = 0; j < b.length; j++) {
      next.push(token === b[j] ? row[j] + 1 : Math.max(row[j + 1], next[j]))
    }
    row = next
  }
  return row[b.length]
}

describe('rougeL', () => {
  it('equals rouge_score 0.1.2 to the last bit', () => {
    expect(golden.pairs.rows.length).toBeGreaterThan(200)
    for (const [target, prediction, precision, recall, fmeasure] of golden.pairs.rows) {
      expect([target, prediction, rougeL(target, prediction)]).toEqual([
        target,
        prediction,
        { precision, recall, fmeasure },
      ])
    }
  })

  it('has the same F-measure both ways round', () => {
    for (const [a, b] of golden.pairs.rows) expect(rougeL(a, b).fmeasure).toBe(rougeL(b, a).fmeasure)
  })

  it('agrees with js-rouge on the same tokens', () => {
    const options = { tokenizer: rougeTokens, segmenter: (text: string) => [text], caseSensitive: false }
    let compared = 0
    for (const [a, b] of golden.pairs.rows) {
      if (rougeTokens(a).length === 0 || rougeTokens(b).length === 0) continue
      expect(rougeL(a, b).fmeasure).toBeCloseTo(jsRouge(b, a, options), 12)
      compared++
    }
    expect(compared).toBeGreaterThan(200)
  })

  it('is right at every length around the 32-token words', () => {
    const random = new Random('lengths')
    for (let length = 1; length <= 130; length++) {
      const text = (size: number) => Array.from({ length: size }, () => random.pick(['a', 'b', 'c', 'd']))
      const a = text(length)
      const b = text(random.int(1, 130))
      const { recall } = rougeL(a.join(' '), b.join(' '))
      expect(Math.round(recall * a.length)).toBe(table(a, b))
    }
  })

  it('keeps runs of a-z and 0-9 as tokens', () => {
    expect(rougeTokens("The cat's 35mm, SNAKE_case photo\u00a0!")).toEqual([
      'the',
      'cat',
      's',
      '35mm',
      'snake',
      'case',
      'photo',
    ])
    expect(rougeTokens('猫')).toEqual([])
  })
})

describe('RougePool', () => {
  it('takes the decisions of rouge_score at 0.8', () => {
    const pool = new RougePool()
    const decisions = golden.pool.rows.map(([text, best, index]) => {
      const nearest = pool.nearest(text)
      if (pool.size > 0) expect([nearest?.score, nearest?.index]).toEqual([best, index])
      const accepted = !((nearest?.score ?? 0) > golden.pool.threshold)
      if (accepted) pool.add(text)
      return accepted
    })
    expect(decisions).toEqual(golden.pool.rows.map(([, , , accepted]) => accepted))
    expect(decisions).toContain(false)
  })

  it('counts 4 of 5 words as above 0.8, as the reference does', () => {
    expect(rougeL('a b c d e', 'a b c d x').fmeasure).toBe(0.8000000000000002)
    expect(new RougePool(['a b c d e']).nearest('a b c d x', 0.8)?.text).toBe('a b c d e')
  })

  it('finds what comparing with everything finds, for a thousand texts', () => {
    const random = new Random('pool')
    const words = Array.from({ length: 40 }, (_, index) => `w${index}`)
    const text = () => Array.from({ length: random.int(3, 50) }, () => random.pick(words)).join(' ')
    const texts = Array.from({ length: 1000 }, text)
    const pool = new RougePool(texts)
    for (let query = 0; query < 20; query++) {
      const wanted = text()
      let best = { score: -1, text: '', index: -1 }
      texts.forEach((known, index) => {
        const score = rougeL(known, wanted).fmeasure
        if (score > best.score) best = { score, text: known, index }
      })
      expect(pool.nearest(wanted)).toEqual(best)
      expect(pool.nearest(wanted, best.score)).toBeUndefined()
      expect(pool.nearest(wanted, best.score - 1e-9)).toEqual(best)
    }
  })

  it('knows nothing near in an empty pool, and a zero for strange words', () => {
    const pool = new RougePool()
    expect(pool.nearest('a cat')).toBeUndefined()
    pool.add('a cat')
    expect(pool.nearest('zebras!')).toEqual({ score: 0, text: 'a cat', index: 0 })
    expect(pool.nearest('')).toEqual({ score: 0, text: 'a cat', index: 0 })
    expect(pool.nearest('zebras', 0)).toBeUndefined()
  })
})
