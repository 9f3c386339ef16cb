// What votes add up to. The Wilson interval was computed in Python from its formula (z = 1.959964).
import { describe, expect, it } from 'vitest'
import { agreement } from '../../lib/metrics/agreement.ts'
import { summarizeVotes, type Vote } from '../../lib/metrics/votes.ts'

const votes = (rater: string, winners: string, from = 0): Vote[] =>
  [...winners].map((one, at) => ({
    rater,
    item: `prompt ${Math.floor((at + from) / 2)}`,
    pair: `${at + from}`,
    winner: one === '=' ? 'tie' : (one as 'a' | 'b'),
  }))

describe('votes', () => {
  it('give a win rate without ties, with its interval', () => {
    const { wins, votes: n, raters } = summarizeVotes(votes('Ada', 'aaaaaaab=='))
    expect(wins).toMatchObject({ wins: 7, losses: 1, ties: 2, n: 8, rate: 7 / 8 })
    expect(wins.low).toBeCloseTo(0.5291, 4)
    expect(wins.high).toBeCloseTo(0.9776, 4)
    expect([n, raters]).toEqual([10, ['Ada']])
  })

  it('are averaged within prompts first', () => {
    const { byPrompt } = summarizeVotes(votes('Ada', 'aa=bbb'))
    expect(byPrompt).toMatchObject({ n: 3, mean: (1 + 0.25 + 0) / 3 })
    expect(byPrompt.low).toBe(0)
    expect(byPrompt.high).toBe(1)
    expect(summarizeVotes(votes('Ada', 'a')).byPrompt.low).toBeNaN()
    expect(() => summarizeVotes([])).toThrow(/no values/)
  })

  it("say how two raters agree, by Cohen's kappa over what both judged", () => {
    const both = [...votes('Ada', 'aabb=a'), ...votes('Grace', 'abbb=', 0)]
    expect(summarizeVotes(both).agreement).toEqual({
      measure: "Cohen's kappa",
      kappa: agreement([...'aabb='], [...'abbb=']).kappa,
      raters: 2,
      n: 5,
    })
    expect(summarizeVotes(votes('Ada', 'ab')).agreement).toBeUndefined()
    expect(summarizeVotes([...votes('Ada', 'ab'), ...votes('Grace', 'ab', 2)]).agreement).toBeUndefined()
  })

  it("say how more raters agree, by Fleiss' kappa", () => {
    const three = ['Ada', 'Grace', 'Edith'].flatMap((name) => votes(name, 'aabb'))
    expect(summarizeVotes(three).agreement).toEqual({ measure: "Fleiss' kappa", kappa: 1, raters: 3, n: 4 })
  })
})
