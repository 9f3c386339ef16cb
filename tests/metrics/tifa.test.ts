import { describe, expect, it } from 'vitest'
import type { QuestionSet } from '../../lib/data/question.ts'
import { chooseAnswer, sameAnswer, wordOverlap } from '../../lib/metrics/choices.ts'
import { scoreTifa, tifaResult } from '../../lib/metrics/tifa.ts'
import { answers, question } from './sets.ts'

const colors = ['red', 'blue', 'light blue']
const set: QuestionSet = {
  name: 'own',
  items: [
    {
      id: 'x_1',
      text: 'a light blue ball',
      skill: 'x',
      questions: [
        question('x_1', 1, [], { choices: ['yes', 'no'], answer: 'yes', question: 'is there a ball?' }),
        question('x_1', 2, [], { choices: colors, answer: 'light blue', question: 'what color is it?' }),
      ],
    },
    {
      id: 'y_1',
      text: 'two dogs',
      skill: 'y',
      questions: [question('y_1', 1, [], { choices: ['1', '2', '3'], answer: '2' })],
    },
  ],
  repairs: [],
}
const said = (...texts: [string, string, string]) => {
  const rows = [...answers('x_1', 'yy'), ...answers('y_1', 'y')]
  return rows.map((row, at) => ({ ...row, answer: texts[at], expected: ['yes', 'light blue', '2'][at] }))
}

describe('from free answers to choices', () => {
  it.each([
    ['Yes, there is.', ['yes', 'no'], 'yes'],
    ['two', ['1', '2', '3'], '2'],
    ['The red one', colors, 'red'],
    ['light blue', colors, 'light blue'],
    ['a light-blue ball', colors, 'light blue'],
    ['green', colors, undefined],
    ['dog', ['big dog', 'small dog'], undefined],
    ['', colors, undefined],
    ['a', ['a', 'b'], 'a'],
  ])('%s of %j is %s', async (answer, choices, expected) => {
    expect(await chooseAnswer(answer, choices, '?')).toBe(expected)
  })

  it('sees the same answer behind case, articles and number words', () => {
    expect(sameAnswer('Three', '3')).toBe(true)
    expect(sameAnswer('no bus', 'no')).toBe(false)
    expect(sameAnswer('', '.')).toBe(false)
  })
})

describe('the TIFA score', () => {
  it('is the mean over prompts of the mean over their questions', async () => {
    const score = await scoreTifa(said('yes', 'blue', '2'), set)
    expect(score.score).toBeCloseTo((1 / 2 + 1) / 2, 12)
    expect(score.stdev).toBeCloseTo(Math.sqrt(0.125), 12)
    expect(score.byType).toEqual({ entity: { score: 1, n: 2 }, attribute: { score: 0, n: 1 } })
    expect(score.bySkill.x).toEqual({ score: 1 / 2, n: 1 })
    expect(score.name).toBe('TIFA (eye; word overlap)')
  })

  it('counts answers that fit no choice as wrong, and says how many', async () => {
    const score = await scoreTifa(said('yes', 'green', 'a pair'), set)
    expect([score.unmatched, score.score]).toEqual([2, 1 / 4])
  })

  it('asks the snapper it is given, by name, only for what is not a choice already', async () => {
    const asked: string[] = []
    const snapper = {
      name: 'embeddings of someone',
      snap: async (answer: string, choices: readonly string[]) => {
        asked.push(answer)
        return choices.indexOf('light blue')
      },
    }
    const score = await scoreTifa(said('yes', 'azure', 'two'), set, { snapper })
    expect([score.score, score.snapper, asked]).toEqual([1, 'embeddings of someone', ['azure']])
    expect(wordOverlap.snap('azure', colors, '?')).toBe(-1)
  })

  it('refuses or reports missing pictures', async () => {
    const rows = said('yes', 'blue', '2').slice(0, 2)
    await expect(scoreTifa(rows, set)).rejects.toThrow(/no answers for 1 of 2 pictures: y_1/)
    const score = await scoreTifa(rows, set, { missing: 'report' })
    expect([score.items, score.unanswered]).toEqual([1, ['y_1']])
  })

  it("makes a result file like the authors', one picture a prompt", async () => {
    const score = await scoreTifa(said('yes', 'red thing', '2'), set)
    const result = tifaResult(score, set)
    expect(result.tifa_average).toBe(0.75)
    expect(result.caption_scores).toEqual({ x_1: 0.5, y_1: 1 })
    expect(result.question_details.x_1['what color is it?']).toEqual({
      id: 'x_1',
      caption: 'a light blue ball',
      question: 'what color is it?',
      choices: colors,
      answer: 'light blue',
      element_type: 'attribute',
      element: 'entity - whole (2)',
      free_form_vqa: 'red thing',
      multiple_choice_vqa: 'red',
      scores: 0,
    })
    const twice = [...said('yes', 'red', '2'), ...said('yes', 'red', '2').map((row) => ({ ...row, seed: 1 }))]
    const two = await scoreTifa(twice, set)
    expect(() => tifaResult(two, set)).toThrow(/one picture a prompt, not 2/)
  })
})
