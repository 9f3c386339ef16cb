// TIFA v1.0 files (Yushi-Hu/tifa): captions (`…_text_inputs.json`), questions with choices
// (`…_question_answers.json`) and results. Formats only: the score is lib/metrics/tifa.ts.
import { basename } from 'node:path'
import { z } from 'zod'
import { fail } from '../base/errors.ts'
import { readJson, writeJson } from '../base/files.ts'
import { expectedAnswer, type Question, type QuestionItem, type QuestionSet } from './question.ts'

/** The twelve element types of TIFA v1.0. */
export const tifaTypes = [
  'animal/human',
  'object',
  'location',
  'activity',
  'color',
  'spatial',
  'attribute',
  'food',
  'counting',
  'material',
  'other',
  'shape',
] as const

/** A caption to make a picture from. */
export interface TifaPrompt {
  id: string
  caption: string
  /** Id of the COCO validation caption, where it is from there. */
  coco_val_id?: string
}

const id = z.string().min(1)
const prompt = z.object({ id, caption: z.string(), coco_val_id: z.string().optional() })
const questionEntry = prompt.extend({
  question: z.string().min(1),
  choices: z.array(z.string()).min(1),
  answer: z.string(),
  element_type: z.string(),
  element: z.string(),
})
const detail = questionEntry.extend({
  free_form_vqa: z.string(),
  multiple_choice_vqa: z.string(),
  scores: z.number(),
})
const result = z.object({
  tifa_average: z.number(),
  tifa_stdev: z.number(),
  accuracy_by_type: z.record(z.string(), z.number()),
  question_details: z.record(z.string(), z.record(z.string(), detail)),
  caption_scores: z.record(z.string(), z.number()),
})

/** One question of a result file: the entry, the judge's words, the choice they were taken for, 1 or 0. */
export type TifaDetail = z.infer<typeof detail>

/** A result file, as the authors' `tifa_score_benchmark` writes it. Scores are 0 to 1. */
export type TifaResult = z.infer<typeof result>

function check<T>(schema: z.ZodType<T>, value: unknown, path: string, what: string): T {
  const checked = schema.safeParse(value)
  if (checked.success) return checked.data
  const { path: at, message } = checked.error.issues[0]
  return fail('bad-file', `${path} is not ${what}: at ${at.join('.') || 'the top'}: ${message}`)
}

/** Reads captions (`tifa_v1.0_text_inputs.json`), in file order. */
export async function readTifaPrompts(path: string): Promise<TifaPrompt[]> {
  const list = check(z.array(prompt), await readJson(path), path, 'a list of TIFA captions')
  const seen = new Set<string>()
  for (const entry of list) {
    if (seen.has(entry.id)) fail('bad-file', `${path}: two captions have the id ${entry.id}`)
    seen.add(entry.id)
  }
  return list
}

/** Writes captions, atomically. */
export async function writeTifaPrompts(path: string, prompts: readonly TifaPrompt[]): Promise<void> {
  await writeJson(path, prompts)
}

/** The source a TIFA prompt is from: its id without the number (`drawbench_52` → `drawbench`). */
const sourceOf = (itemId: string) => /^(.+)_\d+$/.exec(itemId)?.[1]

/**
 * Reads questions (`tifa_v1.0_question_answers.json`). Questions are numbered from 1 within their caption,
 * have no parents, and keep the order of the file; `skill` is the caption's source.
 *
 * @throws SelmaError `bad-file`: another shape, two captions for one id, an answer outside its choices
 */
export async function readTifaQuestions(path: string, options: { name?: string } = {}): Promise<QuestionSet> {
  const entries = check(z.array(questionEntry), await readJson(path), path, 'a list of TIFA questions')
  const items = new Map<string, QuestionItem>()
  entries.forEach((entry, index) => {
    const where = `${path}, entry ${index + 1} (${entry.id})`
    let item = items.get(entry.id)
    if (!item) {
      item = { id: entry.id, text: entry.caption, questions: [] }
      const skill = sourceOf(entry.id)
      if (skill !== undefined) item.skill = skill
      if (entry.coco_val_id !== undefined) item.extra = { coco_val_id: entry.coco_val_id }
      items.set(entry.id, item)
    }
    if (item.text !== entry.caption) fail('bad-file', `${where}: the id has two captions`)
    if (!entry.choices.includes(entry.answer)) {
      fail('bad-file', `${where}: the answer ${JSON.stringify(entry.answer)} is not among its choices`)
    }
    item.questions.push(toQuestion(entry, item.questions.length + 1))
  })
  return { name: options.name ?? basename(path, '.json'), items: [...items.values()], repairs: [] }
}

function toQuestion(entry: z.infer<typeof questionEntry>, number: number): Question {
  return {
    itemId: entry.id,
    id: number,
    question: entry.question,
    dependencies: [],
    category: entry.element_type,
    categoryDetailed: entry.element_type,
    tuple: entry.element,
    choices: entry.choices,
    answer: entry.answer,
  }
}

/** A question as an entry of a TIFA file; a question without choices gets yes and no. */
export function tifaEntry(item: QuestionItem, question: Question): z.infer<typeof questionEntry> {
  return {
    id: item.id,
    caption: item.text,
    question: question.question,
    choices: question.choices ?? ['yes', 'no'],
    answer: expectedAnswer(question),
    element_type: question.category,
    element: question.tuple,
    ...(item.extra?.coco_val_id === undefined ? {} : { coco_val_id: item.extra.coco_val_id }),
  }
}

/**
 * Writes questions as a TIFA file, atomically.
 *
 * @throws SelmaError `unsupported` when a question has parents, which TIFA cannot say
 */
export async function writeTifaQuestions(path: string, set: QuestionSet): Promise<void> {
  const entries = set.items.flatMap((item) =>
    item.questions.map((question) => {
      if (question.dependencies.length > 0) {
        const hint = 'write it as DSG (writeDsg), or drop the dependencies first'
        fail('unsupported', `${item.id}, question ${question.id} has parents; TIFA files have none`, hint)
      }
      return tifaEntry(item, question)
    }),
  )
  await writeJson(path, entries)
}

/** Reads a result file. */
export async function readTifaResult(path: string): Promise<TifaResult> {
  return check(result, await readJson(path), path, 'a TIFA result')
}

/** Writes a result file, atomically. */
export async function writeTifaResult(path: string, value: TifaResult): Promise<void> {
  await writeJson(path, value)
}
