// A small question set and its rows, for the tests of this folder.
import type { Question, QuestionSet } from '../../lib/data/question.ts'
import type { AnswerRow, PictureRow } from '../../lib/metrics/rows.ts'

export function question(itemId: string, id: number, dependencies: number[] = [], more = {}): Question {
  return {
    itemId,
    id,
    question: `question ${id}?`,
    dependencies,
    category: id === 1 ? 'entity' : 'attribute',
    categoryDetailed: id === 1 ? 'whole' : 'color',
    tuple: `entity - whole (${id})`,
    ...more,
  }
}

/** Item a: a chain 1 → 2 → 3, and 4 alone. Item b: question 1 has question 2, which follows it, for a parent. */
export const chains: QuestionSet = {
  name: 'chains',
  items: [
    {
      id: 'a',
      text: 'a chain',
      skill: 'long',
      questions: [question('a', 1), question('a', 2, [1]), question('a', 3, [2]), question('a', 4)],
    },
    {
      id: 'b',
      text: 'a loop forward',
      skill: 'short',
      questions: [question('b', 1, [2]), question('b', 2, [3]), question('b', 3)],
    },
  ],
  repairs: [],
}

/** Rows of one picture, one letter an answer: `y` or `n`. */
export function answers(itemId: string, letters: string, more: Partial<AnswerRow> = {}): AnswerRow[] {
  return [...letters].map((letter, at) => ({
    model: 'm',
    judge: 'eye',
    seed: 0,
    itemId,
    questionId: at + 1,
    answer: letter === 'y' ? 'yes' : 'no',
    expected: 'yes',
    ...more,
  }))
}

export function pictureRow(itemId: string, dsg: number, more: Partial<PictureRow> = {}): PictureRow {
  return { model: 'm', judge: 'eye', seed: 0, itemId, dsg, strict: dsg === 1, ...more }
}
