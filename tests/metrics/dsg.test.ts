import { describe, expect, it } from 'vitest'
import { questionScores, scoreDsg } from '../../lib/metrics/dsg.ts'
import { answers, chains, question } from './sets.ts'

const [a, b] = chains.items
const words = (letters: string) => [...letters].map((letter) => (letter === 'y' ? 'yes' : 'no'))

describe('the dependency rule', () => {
  it('direct: a child falls with its parent, a grandchild with its own parent only', () => {
    expect(questionScores(a, words('nyyy'), 'direct')).toEqual([0, 0, 1, 1])
    expect(questionScores(a, words('nyyy'))).toEqual([0, 0, 1, 1])
    expect(questionScores(a, words('ynyy'))).toEqual([1, 0, 0, 1])
  })

  it('cascade: what was zeroed zeroes its children in turn', () => {
    expect(questionScores(a, words('nyyy'), 'cascade')).toEqual([0, 0, 0, 1])
  })

  it('cascade goes in file order: a forward reference sees the raw answer', () => {
    expect(questionScores(b, words('yyn'), 'cascade')).toEqual([1, 0, 0])
    expect(questionScores(b, words('yny'), 'cascade')).toEqual([0, 0, 1])
  })

  it('takes a question for right by its own expected answer', () => {
    const item = {
      id: 'c',
      text: 'c',
      questions: [question('c', 1, [], { answer: 'no' }), question('c', 2, [1])],
    }
    expect(questionScores(item, ['no', 'yes'])).toEqual([1, 1])
    expect(questionScores(item, ['yes', 'yes'])).toEqual([0, 0])
    expect(questionScores(item, ['No.', ' Yes'])).toEqual([1, 1])
    expect(questionScores(item, ['no', 'yes it is'])).toEqual([1, 0])
  })
})

describe('the DSG score', () => {
  // a: 1 0 1 1 under direct, 1 0 0 1 would need its parent; b: all right.
  const rows = [...answers('a', 'nyyy'), ...answers('b', 'yyy')]

  it('is macro and direct by default, the official scorer, and says so', () => {
    const score = scoreDsg(rows, chains)
    expect(score.score).toBeCloseTo((2 / 4 + 1) / 2, 12)
    expect(score).toMatchObject({
      name: 'DSG (eye; macro, direct)',
      average: 'macro',
      dependency: 'direct',
      model: 'm',
      set: 'chains',
      items: 2,
      pictures: 2,
      questions: 7,
      unanswered: [],
    })
  })

  it.each([
    ['macro', 'cascade', (1 / 4 + 1) / 2],
    ['micro', 'direct', 5 / 7],
    ['micro', 'cascade', 4 / 7],
  ] as const)('%s, %s', (average, dependency, expected) => {
    const score = scoreDsg(rows, chains, { average, dependency })
    expect(score.score).toBeCloseTo(expected, 12)
    expect(score.name).toBe(`DSG (eye; ${average}, ${dependency})`)
  })

  it('gives categories over questions and skills as the whole is averaged', () => {
    const score = scoreDsg(rows, chains)
    expect(score.byCategory).toEqual({ entity: { score: 1 / 2, n: 2 }, attribute: { score: 4 / 5, n: 5 } })
    expect(Object.keys(score.byCategoryDetailed)).toEqual(['whole', 'color'])
    expect(score.bySkill).toEqual({ long: { score: 1 / 2, n: 1 }, short: { score: 1, n: 1 } })
    expect(scoreDsg(rows, chains, { average: 'micro' }).bySkill.long).toEqual({ score: 1 / 2, n: 4 })
  })

  it('averages sampling seeds within a prompt', () => {
    const more = answers('a', 'yyyy', { seed: 1 })
    const score = scoreDsg([...rows, ...more, ...answers('b', 'nnn', { seed: 1 })], chains)
    expect(score.score).toBeCloseTo(((2 / 4 + 1) / 2 + (1 + 0) / 2) / 2, 12)
    expect(score.pictureScores).toContainEqual({
      itemId: 'a',
      skill: 'long',
      seed: 1,
      trainingSeed: undefined,
      score: 1,
    })
  })
})

describe('answers that do not fit are never scored in silence', () => {
  const all = [...answers('a', 'yyyy'), ...answers('b', 'yyy')]
  it('refuses or reports pictures without answers', () => {
    expect(() => scoreDsg(answers('a', 'yyyy'), chains)).toThrow(/no answers for 1 of 2 pictures: b/)
    const score = scoreDsg(answers('a', 'yyyy'), chains, { missing: 'report' })
    expect([score.score, score.items, score.unanswered]).toEqual([1, 1, ['b']])
    const second = scoreDsg([...all, ...answers('a', 'yyyy', { seed: 4 })], chains, { missing: 'report' })
    expect(second.unanswered).toEqual(['b (seed 4)'])
  })

  it.each([
    ['nothing', [], /no answers/],
    ['half a picture', all.slice(1), /no answer to question 1 of a/],
    ['an answer twice', [...all, all[0]], /two answers to question 1 of a/],
    ['an unknown item', [...all, ...answers('z', 'y')], /about z, which is not in chains/],
    ['an unknown question', [...all, { ...all[0], questionId: 9 }], /a has no question 9/],
    [
      'two judges',
      [...all, ...answers('a', 'yyyy', { judge: 'ear', seed: 1 })],
      /more than one judge: eye, ear/,
    ],
    ['two models', [...all, ...answers('a', 'yyyy', { model: 'n', seed: 1 })], /more than one model/],
    [
      'another right answer',
      all.map((row) => ({ ...row, expected: 'no' })),
      /expecting "no", the set says "yes"/,
    ],
  ])('refuses %s', (_, rows, message) => {
    expect(() => scoreDsg(rows, chains)).toThrow(message)
    expect(() => scoreDsg(rows, chains, { missing: 'report' })).toThrow(message)
  })
})
