// The TIFA score: multiple-choice accuracy, averaged over a prompt's questions and then over prompts; by
// element type over questions. Questions have no parents here; for those see dsg.ts.
import { fail } from '../base/errors.ts'
import { expectedAnswer, type QuestionSet } from '../data/question.ts'
import { type TifaResult, tifaEntry } from '../data/tifa.ts'
import { chooseAnswer, type Snapper, sameAnswer, wordOverlap } from './choices.ts'
import { collectPictures, type Missing } from './collect.ts'
import type { AnswerRow } from './rows.ts'
import {
  averagePictures,
  byCategory,
  bySkill,
  meanOf,
  type PictureScore,
  pictureScores,
  type Tally,
} from './tally.ts'

/** What became of one answer. */
export interface TifaAnswer {
  itemId: string
  seed: number
  trainingSeed?: number
  questionId: number
  answer: string
  /** The choice it was taken for; absent when no choice fits, which counts as wrong. */
  choice?: string
  right: boolean
}

/** A TIFA score with everything that decides it. Scores are 0 to 1. */
export interface TifaScore {
  metric: 'TIFA'
  /** The score's full name, for a table: metric, judge, snapper. */
  name: string
  set: string
  model: string
  judge: string
  guidance?: number
  /** How free answers became choices; the paper uses sentence embeddings. */
  snapper: string
  score: number
  /** Sample standard deviation of the prompts' scores; 0 for one prompt. */
  stdev: number
  items: number
  pictures: number
  questions: number
  /** By element type, over questions. */
  byType: Record<string, Tally>
  bySkill: Record<string, Tally>
  /** Answers that fit no choice and so count as wrong. */
  unmatched: number
  pictureScores: PictureScore[]
  answers: TifaAnswer[]
  /** Pictures without answers, which are not in the score. */
  unanswered: string[]
}

/**
 * Scores one model's answers. A question without choices is scored by its expected answer alone.
 *
 * @param options snapper: what takes a free answer for a choice, default {@link wordOverlap}.
 *   missing: default `'error'`; `'report'` scores without the pictures that nobody answered for, and lists them.
 * @throws SelmaError `mismatch` or `bad-input`, as {@link collectPictures}
 */
export async function scoreTifa(
  rows: readonly AnswerRow[],
  set: QuestionSet,
  options: { snapper?: Snapper; missing?: Missing } = {},
): Promise<TifaScore> {
  const { snapper = wordOverlap, missing = 'error' } = options
  const { model, judge, guidance, pictures, unanswered } = collectPictures(rows, set, missing)
  const answers: TifaAnswer[] = []
  const scored = []
  for (const picture of pictures) {
    const scores: number[] = []
    for (const [at, question] of picture.item.questions.entries()) {
      const answer = picture.answers[at]
      const { choices } = question
      const choice = choices ? await chooseAnswer(answer, choices, question.question, snapper) : answer
      const right = choice !== undefined && sameAnswer(choice, expectedAnswer(question))
      const { seed, trainingSeed } = picture
      answers.push({
        itemId: picture.item.id,
        seed,
        trainingSeed,
        questionId: question.id,
        answer,
        choice,
        right,
      })
      scores.push(Number(right))
    }
    scored.push({ ...picture, scores })
  }
  const prompts = new Map<string, number[]>()
  for (const { item, scores } of scored) {
    prompts.set(item.id, [...(prompts.get(item.id) ?? []), meanOf(scores)])
  }
  return {
    metric: 'TIFA',
    name: `TIFA (${judge}; ${snapper.name})`,
    set: set.name,
    model,
    judge,
    guidance,
    snapper: snapper.name,
    score: averagePictures(scored, 'macro').score,
    stdev: sampleDeviation([...prompts.values()].map(meanOf)),
    items: prompts.size,
    pictures: scored.length,
    questions: answers.length,
    byType: byCategory(scored, 'category'),
    bySkill: bySkill(scored, 'macro'),
    unmatched: answers.filter(({ choice }) => choice === undefined).length,
    pictureScores: pictureScores(scored),
    answers,
    unanswered,
  }
}

function sampleDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0
  const mean = meanOf(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}

/**
 * A score as a result file of the authors' (write it with `writeTifaResult`).
 *
 * @throws SelmaError `unsupported` when a prompt has several pictures or one question twice: the file cannot
 * say either
 */
export function tifaResult(score: TifaScore, set: QuestionSet): TifaResult {
  if (score.pictures !== score.items) {
    const hint = 'score one seed at a time'
    fail('unsupported', `a TIFA result has one picture a prompt, not ${score.pictures / score.items}`, hint)
  }
  const answers = new Map(score.answers.map((answer) => [`${answer.itemId} ${answer.questionId}`, answer]))
  const details = set.items.flatMap((item) => {
    const entries = item.questions.flatMap((question) => {
      const found = answers.get(`${item.id} ${question.id}`)
      if (!found) return []
      const { answer, choice = '', right } = found
      const entry = { free_form_vqa: answer, multiple_choice_vqa: choice, scores: Number(right) }
      return [[question.question, { ...tifaEntry(item, question), ...entry }] as const]
    })
    if (new Set(entries.map(([question]) => question)).size < entries.length) {
      fail('unsupported', `${item.id} asks one question twice; a TIFA result cannot say so`)
    }
    return entries.length > 0 ? [[item.id, Object.fromEntries(entries)] as const] : []
  })
  return {
    tifa_average: score.score,
    tifa_stdev: score.stdev,
    accuracy_by_type: Object.fromEntries(
      Object.entries(score.byType).map(([type, tally]) => [type, tally.score]),
    ),
    question_details: Object.fromEntries(details),
    caption_scores: Object.fromEntries(score.pictureScores.map((each) => [each.itemId, each.score])),
  }
}
