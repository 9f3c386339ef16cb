// Answers as the DSG authors released them (`mplug_dsg.csv`): one row for every question about every
// image model's picture. Not scored here: lib/metrics/published.ts turns them into answer rows.
import { fail } from '../base/errors.ts'
import { parseCsv, readText } from './csv.ts'

/** One released answer. */
export interface ReleasedAnswer {
  /** Source of the prompt, `dsg_prompt_split`. */
  split: string
  /** Who made the questions, `qg_model`; `dsg` for the published graph. */
  questionModel: string
  /** Who made the picture, `t2i_model`, such as `sd2dot1`. */
  imageModel: string
  itemId: string
  questionId: number
  question: string
  answer: string
}

const columns = [
  'dsg_prompt_split',
  'qg_model',
  't2i_model',
  'item_id',
  'question',
  'question_id',
  'dependency_id',
  'answer',
]

/** Reads a released answers file. Errors as {@link parseDsgAnswers}, and `not-found` or `io`. */
export async function readDsgAnswers(path: string): Promise<ReleasedAnswer[]> {
  return parseDsgAnswers(await readText(path), path)
}

/**
 * Parses released answers. The parents are not taken from here: the question file has them.
 *
 * @throws SelmaError `bad-file` with the row
 */
export function parseDsgAnswers(text: string, source = 'DSG answers'): ReleasedAnswer[] {
  return parseCsv(text, source, columns).map(({ row, cells }) => {
    const questionId = Number(cells.question_id.trim())
    if (!Number.isSafeInteger(questionId) || questionId < 1) {
      fail('bad-file', `${source}, row ${row}: question_id ${JSON.stringify(cells.question_id)} is not an id`)
    }
    return {
      split: cells.dsg_prompt_split.trim(),
      questionModel: cells.qg_model.trim(),
      imageModel: cells.t2i_model.trim(),
      itemId: cells.item_id.trim(),
      questionId,
      question: cells.question.trim(),
      answer: cells.answer.trim(),
    }
  })
}
