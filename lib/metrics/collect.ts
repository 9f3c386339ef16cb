// Puts answer rows together into pictures and checks that they belong to the question set: one model, one
// judge, every question answered once. Nothing is scored here, and nothing missing passes unnoticed.
import { fail } from '../base/errors.ts'
import { expectedAnswer, type QuestionItem, type QuestionSet } from '../data/question.ts'
import type { AnswerRow } from './rows.ts'

/** A picture and the answers about it, in the order of its item's questions. */
export interface AnsweredPicture {
  item: QuestionItem
  seed: number
  trainingSeed?: number
  answers: string[]
}

/** All pictures of one model as one judge saw them. */
export interface Answered {
  model: string
  judge: string
  guidance?: number
  pictures: AnsweredPicture[]
  /** Pictures that nobody answered for: `item` or `item (seed 1)`. */
  unanswered: string[]
}

/** `'error'` refuses a set with pictures missing; `'report'` leaves them out and lists them. */
export type Missing = 'error' | 'report'

/** The only value that `rows` have under `name`; several are an error, as scores must not mix them. */
export function single<R, K extends keyof R & string>(rows: readonly R[], name: K): R[K] {
  const values = [...new Set(rows.map((row) => row[name]))]
  if (values.length > 1) {
    const shown = values.slice(0, 5).map(String).join(', ')
    fail('mismatch', `the rows have more than one ${name}: ${shown}`, 'filter them and score each alone')
  }
  return values[0]
}

/** The first few of a list, and how many more. */
export function listSome(names: readonly string[], most = 10): string {
  const more = names.length - most
  return names.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

/**
 * Groups rows by picture, in the order of the set.
 *
 * @throws SelmaError `bad-input` without rows; `mismatch` for several models, judges or guidances, unknown
 * items or questions, repeated or missing answers, another expected answer, and (unless reported) pictures missing
 */
export function collectPictures(rows: readonly AnswerRow[], set: QuestionSet, missing: Missing): Answered {
  if (rows.length === 0) fail('bad-input', 'there are no answers to score')
  const model = single(rows, 'model')
  const judge = single(rows, 'judge')
  const guidance = single(rows, 'guidance')
  const runs = new Map<string, { seed: number; trainingSeed?: number }>()
  const byPicture = new Map<string, AnswerRow[]>()
  const items = new Map(set.items.map((item) => [item.id, item]))
  for (const row of rows) {
    if (!items.has(row.itemId)) {
      fail('mismatch', `the answers are about ${row.itemId}, which is not in ${set.name}`)
    }
    const key = runKey(row)
    runs.set(key, { seed: row.seed, trainingSeed: row.trainingSeed })
    const picture = `${key} ${row.itemId}`
    const answers = byPicture.get(picture)
    if (answers) answers.push(row)
    else byPicture.set(picture, [row])
  }

  const pictures: AnsweredPicture[] = []
  const unanswered: string[] = []
  for (const [key, { seed, trainingSeed }] of runs) {
    for (const item of set.items) {
      const found = byPicture.get(`${key} ${item.id}`)
      if (found) pictures.push({ item, seed, trainingSeed, answers: inOrder(found, item) })
      else unanswered.push(runs.size === 1 ? item.id : `${item.id} (${key})`)
    }
  }
  if (unanswered.length > 0 && missing === 'error') {
    const what = `no answers for ${unanswered.length} of ${unanswered.length + pictures.length} pictures`
    const hint = "make and judge them, or pass { missing: 'report' } to score the others and list these"
    fail('mismatch', `${what}: ${listSome(unanswered)}`, hint)
  }
  return { model, judge, guidance, pictures, unanswered }
}

function runKey({ seed, trainingSeed }: AnswerRow): string {
  return trainingSeed === undefined ? `seed ${seed}` : `seed ${seed}, training seed ${trainingSeed}`
}

function inOrder(rows: readonly AnswerRow[], item: QuestionItem): string[] {
  const byId = new Map<number, AnswerRow>()
  for (const row of rows) {
    if (byId.has(row.questionId)) {
      fail('mismatch', `two answers to question ${row.questionId} of ${item.id} (${runKey(row)})`)
    }
    byId.set(row.questionId, row)
  }
  const answers = item.questions.map((question) => {
    const row = byId.get(question.id)
    if (!row)
      return fail('mismatch', `no answer to question ${question.id} of ${item.id} (${runKey(rows[0])})`)
    if (row.expected !== expectedAnswer(question)) {
      const was = `${JSON.stringify(row.expected)}, the set says ${JSON.stringify(expectedAnswer(question))}`
      fail('mismatch', `question ${question.id} of ${item.id} was asked expecting ${was}`)
    }
    byId.delete(question.id)
    return row.answer
  })
  const [stray] = byId.keys()
  if (stray !== undefined) fail('mismatch', `${item.id} has no question ${stray}, but an answer to it`)
  return answers
}
