// Choosing the most faithful of several pictures, by a judge that is named with the data. The
// embedded world's judges only: the exact reader (then the data is *oracle-filtered*), or one whose
// answers are wrong at a known rate, as an honest VQA model's are.
import { z } from 'zod'
import { fail, type SelmaError } from '../base/errors.ts'
import type { Picture } from '../formats/picture.ts'
import { type ShapesJudge, shapesJudge, shareRight } from '../shapes/judge.ts'
import { parseCaption } from '../shapes/parse-caption.ts'
import { questionsFor } from '../shapes/questions.ts'

export const choiceSchema = z.strictObject({
  /** Pictures drawn for each prompt at most; none is drawn after one that the judge finds faultless. */
  of: z.number().int().min(2).max(64),
  /** Share of right answers that the best must reach; a prompt whose best does not is left out. Default 0. */
  least: z.number().min(0).max(1).default(0),
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

/** What the choosing judge thinks of pictures: shares of right answers. */
export class Chooser {
  readonly #judge: ShapesJudge
  readonly choice: Choice

  constructor(choice: Choice) {
    this.choice = choice
    this.#judge = shapesJudge(choice)
  }

  /** How the judge is named in results. */
  get judge(): string {
    return this.#judge.name
  }

  /** The share of right answers, 0 to 1, of a prompt's candidate; `key` tells prompts apart. */
  score(picture: Picture, text: string, key: string, candidate: number): number {
    const questions = questionsFor(parseCaption(text), { itemId: key })
    return shareRight(questions, this.#judge.answer(picture, questions, `choose/${key}/${candidate}`))
  }
}
