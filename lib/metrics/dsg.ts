// The DSG score: a question counts when it is answered right and its parents are too. The two scorers in
// use differ in what a parent is and what is averaged; both are here, and a result says which was used.
import type { QuestionItem, QuestionSet } from '../data/question.ts'
import { expectedAnswer } from '../data/question.ts'
import { sameAnswer } from './choices.ts'
import { collectPictures, type Missing } from './collect.ts'
import type { AnswerRow } from './rows.ts'
import {
  type Average,
  averagePictures,
  byCategory,
  bySkill,
  type PictureScore,
  pictureScores,
  type Tally,
} from './tally.ts'

/**
 * What a parent must be for its child to count.
 *
 * - `direct`: answered right itself (official scorer: parents are read from the raw answers).
 * - `cascade`: counted itself (SELMA's scorer: zeroed in place in file order, so that a zeroed parent zeroes
 *   its children; a question that refers forward sees its parent's raw answer).
 */
export type Dependency = 'direct' | 'cascade'

/** A DSG score with everything that decides it. Scores are 0 to 1. */
export interface DsgScore {
  metric: 'DSG'
  /** The score's full name, for a table: metric, judge, average, dependency rule. */
  name: string
  /** Name of the question set. */
  set: string
  model: string
  judge: string
  guidance?: number
  average: Average
  dependency: Dependency
  score: number
  items: number
  pictures: number
  questions: number
  /** Over questions, after the dependency rule. */
  byCategory: Record<string, Tally>
  byCategoryDetailed: Record<string, Tally>
  bySkill: Record<string, Tally>
  pictureScores: PictureScore[]
  /** Pictures without answers, which are not in the score. */
  unanswered: string[]
}

/**
 * Scores one model's answers. Several seeds of a prompt are averaged within the prompt (macro).
 *
 * @param options average: default `'macro'`, the official scorer; SELMA's is `'micro'`.
 *   dependency: default `'direct'`, the official scorer; SELMA's is `'cascade'`.
 *   missing: default `'error'`; `'report'` scores without the pictures that nobody answered for, and lists them.
 * @throws SelmaError `mismatch` or `bad-input`, as {@link collectPictures}
 */
export function scoreDsg(
  rows: readonly AnswerRow[],
  set: QuestionSet,
  options: { average?: Average; dependency?: Dependency; missing?: Missing } = {},
): DsgScore {
  const { average = 'macro', dependency = 'direct', missing = 'error' } = options
  const { model, judge, guidance, pictures, unanswered } = collectPictures(rows, set, missing)
  const scored = pictures.map((picture) => ({
    ...picture,
    scores: questionScores(picture.item, picture.answers, dependency),
  }))
  return {
    metric: 'DSG',
    name: `DSG (${judge}; ${average}, ${dependency})`,
    set: set.name,
    model,
    judge,
    guidance,
    average,
    dependency,
    score: averagePictures(scored, average).score,
    items: new Set(scored.map(({ item }) => item.id)).size,
    pictures: scored.length,
    questions: scored.reduce((sum, { scores }) => sum + scores.length, 0),
    byCategory: byCategory(scored, 'category'),
    byCategoryDetailed: byCategory(scored, 'categoryDetailed'),
    bySkill: bySkill(scored, average),
    pictureScores: pictureScores(scored),
    unanswered,
  }
}

/**
 * The scores of one picture's questions, 1 or 0, in the item's order.
 *
 * @param answers the judge's words, in the item's order
 */
export function questionScores(
  item: QuestionItem,
  answers: readonly string[],
  dependency: Dependency = 'direct',
): number[] {
  const { questions } = item
  const place = new Map(questions.map(({ id }, at) => [id, at]))
  const raw = questions.map((question, at) => Number(sameAnswer(answers[at], expectedAnswer(question))))
  const scores = [...raw]
  const parents = dependency === 'cascade' ? scores : raw
  questions.forEach(({ dependencies }, at) => {
    if (dependencies.some((id) => parents[place.get(id) ?? -1] === 0)) scores[at] = 0
  })
  return scores
}
