// From pictures to rows: every picture is put to the judge with its item's questions. Pictures are handed in
// (making them is lib/index's business), one at a time, so that thousands need not be in memory.
import { dropUndefined } from '../base/drop-undefined.ts'
import { fail } from '../base/errors.ts'
import { expectedAnswer, type QuestionItem, type QuestionSet } from '../data/question.ts'
import type { Picture } from '../formats/picture.ts'
import { sameAnswer } from './choices.ts'
import { listSome, type Missing } from './collect.ts'
import { type Dependency, questionScores } from './dsg.ts'
import type { Inspection, Judge } from './judge.ts'
import type { AnswerRow, PictureRow } from './rows.ts'
import { meanOf } from './tally.ts'

/** A picture to be judged, and what it should show. */
export interface PictureToJudge {
  itemId: string
  /** Sampling seed. */
  seed: number
  picture: Picture
}

/** What to judge, and how. */
export interface EvaluateOptions {
  pictures: Iterable<PictureToJudge> | AsyncIterable<PictureToJudge>
  questions: QuestionSet
  judge: Judge
  /** Name of the model that made the pictures, for the rows. */
  model: string
  trainingSeed?: number
  guidance?: number
  /** Seeds that every item must have a picture of; default those that came. */
  seeds?: readonly number[]
  /** The rule for a picture's `dsg`; default `'direct'`. */
  dependency?: Dependency
  /** Counts objects and so on, where a reader can. */
  inspect?: (picture: Picture, item: QuestionItem) => Inspection | Promise<Inspection>
  /** Default `'error'`: pictures that did not come are an error at the end; `'report'` only lists them. */
  missing?: Missing
}

/** One judged picture. */
export interface Judged {
  picture: PictureRow
  answers: AnswerRow[]
}

/** All rows, and the pictures that did not come. */
export interface Evaluation {
  pictures: PictureRow[]
  answers: AnswerRow[]
  missing: { itemId: string; seed: number }[]
}

/**
 * Judges pictures one after another, as they come.
 *
 * @throws SelmaError `mismatch` for an unknown item, a picture twice, or a judge that does not answer every question
 */
export async function* judgePictures(options: EvaluateOptions): AsyncGenerator<Judged> {
  const { pictures, questions: set, judge, model, trainingSeed, guidance } = options
  const { dependency = 'direct', inspect } = options
  const items = new Map(set.items.map((item) => [item.id, item]))
  const seen = new Set<string>()
  for await (const { itemId, seed, picture } of pictures) {
    const item = items.get(itemId)
    if (!item) return fail('mismatch', `a picture is of ${itemId}, which is not in ${set.name}`)
    if (item.questions.length === 0) fail('bad-input', `${itemId} of ${set.name} has no questions`)
    if (seen.has(`${seed} ${itemId}`)) fail('mismatch', `two pictures of ${itemId} with seed ${seed}`)
    seen.add(`${seed} ${itemId}`)
    const key = [model, trainingSeed ?? '', guidance ?? '', itemId, seed].join('/')
    const answers = await judge.answer(picture, item.questions, key)
    if (answers.length !== item.questions.length) {
      const counts = `${answers.length} answers to ${item.questions.length} questions`
      fail('mismatch', `the judge ${judge.name} gave ${counts} about ${itemId}`)
    }
    const run = dropUndefined({
      model,
      judge: judge.name,
      seed,
      trainingSeed,
      guidance,
      itemId,
      skill: item.skill,
    })
    const right = item.questions.every((question, at) => sameAnswer(answers[at], expectedAnswer(question)))
    yield {
      picture: {
        ...run,
        dsg: meanOf(questionScores(item, answers, dependency)),
        strict: right,
        ...dropUndefined((await inspect?.(picture, item)) ?? {}),
      },
      answers: item.questions.map((question, at) => ({
        ...run,
        questionId: question.id,
        answer: answers[at],
        expected: expectedAnswer(question),
      })),
    }
  }
}

/**
 * Judges all pictures and gives their rows, in the order they came.
 *
 * @throws SelmaError as {@link judgePictures}; `mismatch` naming the pictures that did not come, unless reported
 */
export async function evaluatePictures(options: EvaluateOptions): Promise<Evaluation> {
  const { questions, missing: policy = 'error' } = options
  const pictures: PictureRow[] = []
  const answers: AnswerRow[] = []
  for await (const judged of judgePictures(options)) {
    pictures.push(judged.picture)
    answers.push(...judged.answers)
  }
  if (pictures.length === 0) fail('bad-input', 'there are no pictures to judge')
  const there = new Set(pictures.map(({ itemId, seed }) => `${seed} ${itemId}`))
  const seeds = [...(options.seeds ?? new Set(pictures.map(({ seed }) => seed)))]
  const missing = questions.items.flatMap(({ id }) =>
    seeds.filter((seed) => !there.has(`${seed} ${id}`)).map((seed) => ({ itemId: id, seed })),
  )
  if (missing.length > 0 && policy === 'error') {
    const names = missing.map(({ itemId, seed }) => `${itemId} (seed ${seed})`)
    const hint = "make them, or pass { missing: 'report' } to go on without and have them listed"
    fail('mismatch', `${missing.length} pictures are missing: ${listSome(names)}`, hint)
  }
  return { pictures, answers, missing }
}
