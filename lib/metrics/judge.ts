// What it takes to judge a picture. A VQA model and the reader of the embedded world both fit, without either
// knowing of this file: the contract is structural.
import type { Question } from '../data/question.ts'
import type { Picture } from '../formats/picture.ts'

/** Someone who answers questions about a picture. */
export interface Judge {
  /** Stands beside every score: the model and variant, or the reader and its error rate. */
  readonly name: string
  /**
   * One answer a question, in the order of the questions, each answered without trusting the others: the
   * dependency rule is the scorer's.
   *
   * @param key names the picture, for a judge whose answers are random: the same key, the same answers
   */
  answer(picture: Picture, questions: readonly Question[], key: string): Promise<string[]> | string[]
}

/** What a reader sees besides answers; all of it optional. Goes into the picture's row. */
export interface Inspection {
  objects?: number
  objectsAsked?: number
  unreadable?: boolean
  layout?: string
}
