// From the answers that the DSG authors released to this project's rows, so that published and own pictures
// are scored by the same code.
import { fail } from '../base/errors.ts'
import type { ReleasedAnswer } from '../data/dsg-answers.ts'
import { expectedAnswer, type QuestionSet } from '../data/question.ts'
import type { AnswerRow } from './rows.ts'

/**
 * The rows of one image model's released answers.
 *
 * @param options judge: who answered, as the file does not say, such as `'mPLUG'`. model: `t2i_model`, such as
 *   `'sd2dot1'`. seed: default 0; the authors give none.
 * @throws SelmaError `not-found` for a model the file does not have, `mismatch` for a question the set lacks
 */
export function releasedRows(
  answers: readonly ReleasedAnswer[],
  set: QuestionSet,
  options: { judge: string; model: string; seed?: number },
): AnswerRow[] {
  const { judge, model, seed = 0 } = options
  const questions = new Map(
    set.items.flatMap((item) => item.questions.map((question) => [`${item.id} ${question.id}`, question])),
  )
  const skills = new Map(set.items.map(({ id, skill }) => [id, skill]))
  const mine = answers.filter(({ imageModel }) => imageModel === model)
  if (mine.length === 0) {
    const known = [...new Set(answers.map(({ imageModel }) => imageModel))].join(', ')
    fail('not-found', `no released answers for the model ${model}`, `there are answers for ${known}`)
  }
  return mine.map(({ itemId, questionId, answer }) => {
    const question = questions.get(`${itemId} ${questionId}`)
    if (!question) return fail('mismatch', `${set.name} has no question ${questionId} of ${itemId}`)
    const skill = skills.get(itemId)
    const row = { model, judge, seed, itemId, questionId, answer, expected: expectedAnswer(question) }
    return skill === undefined ? row : { ...row, skill }
  })
}
