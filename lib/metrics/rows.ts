// What is kept of an evaluation: a row for every question about every picture, and one for every picture.
// Every number and figure is computed from these; scores themselves are never stored here.
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { fail } from '../base/errors.ts'
import { fileError, writeFileAtomic } from '../base/files.ts'

const run = {
  /** Who made the picture, such as `base` or `merged`. */
  model: z.string().min(1),
  /** Who looked at it: the VQA model or scene reader, with its variant. */
  judge: z.string().min(1),
  /** Sampling seed of the picture. */
  seed: z.int(),
  /** Seed of the training run the model came from; absent for a model that was not trained here. */
  trainingSeed: z.int().optional(),
  /** Classifier-free guidance the picture was sampled with. */
  guidance: z.number().optional(),
  itemId: z.string().min(1),
  skill: z.string().optional(),
}

const answerRow = z.object({
  ...run,
  questionId: z.int().min(1),
  /** The judge's words, as they were. */
  answer: z.string(),
  /** The right answer at the time of asking. */
  expected: z.string(),
})

/** What a row of one picture must be. */
export const pictureRow = z.object({
  ...run,
  /** Mean of the picture's question scores after the dependency rule, 0 to 1. */
  dsg: z.number().min(0).max(1),
  /** Every question answered right. Where the set asks "is anything else in the picture?", nothing extra too. */
  strict: z.boolean(),
  /** Objects seen in the picture, and asked for by the prompt. */
  objects: z.number().min(0).optional(),
  objectsAsked: z.number().min(0).optional(),
  /** The judge could not make out the picture, or a part of it. */
  unreadable: z.boolean().optional(),
  /** Where things are, as text: equal for pictures with the same layout. */
  layout: z.string().optional(),
})

/** One judge's answer to one question about one picture. */
export type AnswerRow = z.infer<typeof answerRow>

/** One picture, judged. */
export type PictureRow = z.infer<typeof pictureRow>

async function readLines<T>(path: string, schema: z.ZodType<T>): Promise<T[]> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw fileError(error, 'read', path)
  })
  const rows: T[] = []
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '') return
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch (error) {
      fail('bad-file', `${path}, line ${index + 1}: ${(error as Error).message}`)
    }
    const checked = schema.safeParse(value)
    if (checked.success) rows.push(checked.data)
    else {
      const { path: at, message } = checked.error.issues[0]
      fail('bad-file', `${path}, line ${index + 1}: ${at.join('.') || 'the row'}: ${message}`)
    }
  })
  return rows
}

async function writeLines<T>(path: string, rows: readonly T[], schema: z.ZodType<T>): Promise<void> {
  const lines = rows.map((row, index) => {
    const checked = schema.safeParse(row)
    if (checked.success) return `${JSON.stringify(checked.data)}\n`
    const { path: at, message } = checked.error.issues[0]
    return fail('bad-input', `row ${index + 1} for ${path}: ${at.join('.') || 'the row'}: ${message}`)
  })
  await writeFileAtomic(path, lines.join(''))
}

/** Reads answer rows (JSON Lines). Throws `bad-file` with the line, `not-found`, `io`. */
export const readAnswerRows = (path: string): Promise<AnswerRow[]> => readLines(path, answerRow)

/** Writes answer rows, atomically. Throws `bad-input` with the row, `io`. */
export const writeAnswerRows = (path: string, rows: readonly AnswerRow[]): Promise<void> =>
  writeLines(path, rows, answerRow)

/** Reads picture rows (JSON Lines). Throws `bad-file` with the line, `not-found`, `io`. */
export const readPictureRows = (path: string): Promise<PictureRow[]> => readLines(path, pictureRow)

/** Writes picture rows, atomically. Throws `bad-input` with the row, `io`. */
export const writePictureRows = (path: string, rows: readonly PictureRow[]): Promise<void> =>
  writeLines(path, rows, pictureRow)
