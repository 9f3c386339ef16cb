// Choosing the most faithful of several pictures, by a judge that is named with the data. The
// embedded world's judges only: the exact reader (then the data is *oracle-filtered*), or one whose
// answers are wrong at a known rate, as an honest VQA model's are.
import { z } from 'zod'
import { fail, type SelmaError } from '../base/errors.ts'
import type { Picture } from '../formats/picture.ts'
import { shapesJudge, shareRight } from '../shapes/judge.ts'
import { parseCaption } from '../shapes/parse-caption.ts'
import { questionsFor } from '../shapes/questions.ts'

export const choiceSchema = z.strictObject({
  /** Pictures drawn for each prompt. */
  of: z.number().int().min(2).max(64),
  /** Share of the judge's answers that are wrong; 0 is the oracle. */
  errorRate: z.number().min(0).max(0.5),
  /** Which answers those are. */
  seed: z.number().int().default(1),
})
export type Choice = z.output<typeof choiceSchema>

/** @throws SelmaError `bad-input` naming the first prompt that the judge could not ask about */
export function checkReadable(prompts: readonly { text: string }[]): void {
  for (const [index, { text }] of prompts.entries()) {
    try {
      parseCaption(text)
    } catch (error) {
      const { message, hint } = error as SelmaError
      fail('bad-input', `prompt ${index + 1}, ${JSON.stringify(text)}: ${message}`, hint, error)
    }
  }
}

/** The picture with the largest share of right answers (the first of equals), and every candidate's share. */
export function bestOf(
  candidates: readonly Picture[],
  text: string,
  choice: Choice,
  key: string,
): { index: number; scores: number[] } {
  const judge = shapesJudge(choice)
  const questions = questionsFor(parseCaption(text), { itemId: key })
  const scores = candidates.map((picture, i) =>
    shareRight(questions, judge.answer(picture, questions, `choose/${key}/${i}`)),
  )
  return { index: scores.indexOf(Math.max(...scores)), scores }
}

/** How the choosing judge is named in results. */
bestOf.judgeName = (choice: Choice): string => shapesJudge(choice).name
