// What a judge is asked about a picture, whatever file or grammar it came from. Types and the few
// facts about them that every floor shares; reading files is in dsg.ts and tifa.ts, scoring in lib/metrics.

/** One question about a picture, with its place in the item's dependency graph. */
export interface Question {
  itemId: string
  /** DSG `proposition_id`: 1-based, unique within its item. */
  id: number
  /** The question in natural language. */
  question: string
  /** Ids of the parents, within the same item; `[]` is a root. */
  dependencies: number[]
  /** DSG `category_broad`, TIFA `element_type`. */
  category: string
  /** DSG `category_detailed`; for TIFA the same as `category`. */
  categoryDetailed: string
  /** DSG `tuple`, such as `attribute - color (cube, purple)`; TIFA `element`. */
  tuple: string
  /** The allowed answers of a multiple-choice question. */
  choices?: string[]
  /** The right answer; default `'yes'`. */
  answer?: string
}

/** A prompt and its questions, in file order. */
export interface QuestionItem {
  id: string
  /** The prompt the picture is made from. */
  text: string
  questions: Question[]
  /** The group it is counted in: a skill, or the source of a published prompt. */
  skill?: string
  /** Other fields of the published item, kept for writing it back. */
  extra?: Readonly<Record<string, string>>
}

/** Something a tolerant reader mended, and where. */
export interface Repair {
  kind:
    | 'self-reference'
    | 'missing-parent'
    | 'duplicate-parent'
    | 'not-a-number'
    | 'spaces'
    | 'duplicate-id'
    | 'no-question'
  /** Row in the file; the header is row 1. */
  row: number
  itemId: string
  questionId: number
  /** The cell as it stood. */
  found: string
}

/** A set of prompts with their questions. */
export interface QuestionSet {
  name: string
  items: QuestionItem[]
  /** What the reader mended; empty for a clean file. */
  repairs: Repair[]
}

/** The answer that counts as right: the question's own, else `'yes'`. */
export function expectedAnswer(question: Pick<Question, 'answer'>): string {
  return question.answer ?? 'yes'
}

/** How many repairs there were of each kind, for a report. */
export function countRepairs(set: Pick<QuestionSet, 'repairs'>): Partial<Record<Repair['kind'], number>> {
  const counts: Partial<Record<Repair['kind'], number>> = {}
  for (const { kind } of set.repairs) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}
