// DSG question files (j-min/DSG, `dsg-1k-anns.csv`), read tolerantly and written as published.
// The published file is dirty: every repair is counted in the set, anything else is an error with its row.
import { basename } from 'node:path'
import { fail } from '../base/errors.ts'
import { writeFileAtomic } from '../base/files.ts'
import { type CsvRow, formatCsv, parseCsv, readText } from './csv.ts'
import type { Question, QuestionItem, QuestionSet, Repair } from './question.ts'

/** The columns of a DSG file, in order. */
export const dsgColumns = [
  'item_id',
  'text',
  'keywords',
  'proposition_id',
  'dependency',
  'category_broad',
  'category_detailed',
  'tuple',
  'question_natural_language',
] as const

/** The source a published item is from: its id without the number (`whoops_5` → `whoops`). */
export function dsgSource(itemId: string): string | undefined {
  return /^(.+)_\d+$/.exec(itemId)?.[1]
}

/** How to read a DSG file. */
export interface DsgOptions {
  /** Name of the set; default the file's name without `.csv`. */
  name?: string
  /** The group of an item; default its `skill` column, else {@link dsgSource}. */
  skill?: (itemId: string) => string | undefined
}

/** Reads a DSG file. Errors as {@link parseDsg}, and `not-found` or `io`. */
export async function readDsg(path: string, options: DsgOptions = {}): Promise<QuestionSet> {
  return parseDsg(await readText(path), { source: path, ...options })
}

/**
 * Parses DSG CSV text. Beyond the published columns, `skill`, `answer` (default yes) and `choices`
 * (a JSON list) are understood, as {@link formatDsg} writes them.
 *
 * Repaired and counted: blanks around or inside ids, self-references, words among the parent ids
 * (`"5, right"`), repeated parents, parents the item does not have; an id used twice (the later row gets the
 * item's next free one) and blank questions (left out), both of which the TIFA160 development file has.
 * Kept as they are: forward references.
 *
 * @throws SelmaError `bad-file` with the row: unusable ids, two texts for one item, an item without questions
 */
export function parseDsg(text: string, options: DsgOptions & { source?: string } = {}): QuestionSet {
  const { source = 'DSG questions', name = basename(source, '.csv'), skill } = options
  const repairs: Repair[] = []
  const items = new Map<string, QuestionItem>()
  const rows: { line: CsvRow; question: Question }[] = []
  for (const line of parseCsv(text, source, dsgColumns)) {
    const question = toQuestion(line, source, repairs)
    const { itemId } = question
    const prompt = line.cells.text
    let item = items.get(itemId)
    if (!item) {
      item = { id: itemId, text: prompt, questions: [] }
      const group = skill ? skill(itemId) : line.cells.skill || dsgSource(itemId)
      if (group) item.skill = group
      items.set(itemId, item)
    }
    if (item.text !== prompt) {
      fail(
        'bad-file',
        `${source}, row ${line.row}: item ${itemId} has two texts`,
        `the first is ${item.text}`,
      )
    }
    if (question.question === '') {
      repairs.push(repair('no-question', line, question))
      continue
    }
    item.questions.push(question)
    rows.push({ line, question })
  }
  for (const item of items.values()) {
    if (item.questions.length === 0) fail('bad-file', `${source}: item ${item.id} has no question`)
  }
  renumber(rows, repairs)
  for (const { line, question } of rows) {
    const repaired = (kind: Repair['kind']) => repairs.push(repair(kind, line, question))
    const known = new Set(items.get(question.itemId)?.questions.map(({ id }) => id))
    const cell = line.cells.dependency
    const named = parents(cell, question.id, `${source}, row ${line.row}`, repaired)
    question.dependencies = named.filter((id) => known.has(id))
    if (question.dependencies.length < named.length) repaired('missing-parent')
  }
  repairs.sort((a, b) => a.row - b.row)
  return { name, items: [...items.values()], repairs }
}

/** Gives a later question with an id that its item has already the item's next free one. */
function renumber(rows: readonly { line: CsvRow; question: Question }[], repairs: Repair[]): void {
  const highest = new Map<string, number>()
  for (const { question } of rows) {
    highest.set(question.itemId, Math.max(highest.get(question.itemId) ?? 0, question.id))
  }
  const taken = new Set<string>()
  for (const { line, question } of rows) {
    if (taken.has(`${question.id} ${question.itemId}`)) {
      question.id = (highest.get(question.itemId) ?? 0) + 1
      highest.set(question.itemId, question.id)
      repairs.push(repair('duplicate-id', line, question))
    }
    taken.add(`${question.id} ${question.itemId}`)
  }
}

/** The columns a repair was made in. */
const places: Record<Repair['kind'], (typeof dsgColumns)[number]> = {
  'self-reference': 'dependency',
  'missing-parent': 'dependency',
  'duplicate-parent': 'dependency',
  'not-a-number': 'dependency',
  spaces: 'dependency',
  'duplicate-id': 'proposition_id',
  'no-question': 'question_natural_language',
}

function repair(kind: Repair['kind'], { row, cells }: CsvRow, question: Question): Repair {
  return { kind, row, itemId: question.itemId, questionId: question.id, found: cells[places[kind]] }
}

/** A row without its parents, which need the whole item. */
function toQuestion({ row, cells }: CsvRow, source: string, repairs: Repair[]): Question {
  const itemId = cells.item_id.trim()
  const idCell = cells.proposition_id
  const id = Number(idCell.trim())
  const where = `${source}, row ${row}`
  if (itemId === '') fail('bad-file', `${where}: no item_id`)
  if (!/^\d+$/.test(idCell.trim()) || id < 1) {
    fail('bad-file', `${where}: proposition_id ${JSON.stringify(idCell)} is not a whole number from 1`)
  }
  for (const found of [cells.item_id, idCell]) {
    if (found !== found.trim()) repairs.push({ kind: 'spaces', row, itemId, questionId: id, found })
  }
  const question: Question = {
    itemId,
    id,
    question: cells.question_natural_language.trim(),
    dependencies: [],
    category: cells.category_broad.trim(),
    categoryDetailed: cells.category_detailed.trim(),
    tuple: cells.tuple.trim(),
  }
  const choices = cells.choices?.trim()
  if (choices) question.choices = choiceList(choices, where)
  if (cells.answer?.trim()) question.answer = cells.answer.trim()
  return question
}

/** The parent ids of a cell such as `0`, `1,2`, `1, 2` or `5, right`; `0` stands for none. */
function parents(
  cell: string,
  self: number,
  where: string,
  repaired: (kind: Repair['kind']) => void,
): number[] {
  const parts = cell.split(',')
  const ids: number[] = []
  const numbers = parts.every((part) => /^\s*\d+\s*$/.test(part))
  if (numbers && /\s/.test(cell)) repaired('spaces')
  for (const part of parts.map((each) => each.trim())) {
    if (!/^\d+$/.test(part)) {
      if (parts.length === 1) {
        fail('bad-file', `${where}: dependency ${JSON.stringify(cell)} is not a list of proposition ids`)
      }
      repaired('not-a-number')
    } else if (Number(part) === self) repaired('self-reference')
    else if (ids.includes(Number(part))) repaired('duplicate-parent')
    else if (Number(part) !== 0) ids.push(Number(part))
  }
  return ids
}

function choiceList(cell: string, where: string): string[] {
  let list: unknown
  try {
    list = JSON.parse(cell)
  } catch {
    list = undefined
  }
  if (!Array.isArray(list) || list.length === 0 || !list.every((choice) => typeof choice === 'string')) {
    fail('bad-file', `${where}: choices ${JSON.stringify(cell)} is not a JSON list of texts`)
  }
  return list
}

/**
 * DSG CSV text of a question set. `keywords` is what stands in the tuple's brackets, as in the published
 * file; the columns `skill`, `answer` and `choices` are added only where some item needs them.
 */
export function formatDsg(set: QuestionSet): string {
  const all = set.items.flatMap((item) => item.questions.map((question) => ({ item, question })))
  const skilled = set.items.some((item) => item.skill !== undefined && item.skill !== dsgSource(item.id))
  const answered = all.some(({ question }) => question.answer !== undefined)
  const chosen = all.some(({ question }) => question.choices !== undefined)
  const columns: string[] = [...dsgColumns]
  if (skilled) columns.push('skill')
  if (answered) columns.push('answer')
  if (chosen) columns.push('choices')
  const rows = all.map(({ item, question }) => {
    const cells = [
      item.id,
      item.text,
      /\((.*)\)/s.exec(question.tuple)?.[1] ?? question.tuple,
      question.id,
      question.dependencies.length > 0 ? question.dependencies.join(',') : 0,
      question.category,
      question.categoryDetailed,
      question.tuple,
      question.question,
    ]
    if (skilled) cells.push(item.skill ?? '')
    if (answered) cells.push(question.answer ?? '')
    if (chosen) cells.push(question.choices ? JSON.stringify(question.choices) : '')
    return cells
  })
  return formatCsv(columns, rows)
}

/** Writes a DSG file, atomically. */
export async function writeDsg(path: string, set: QuestionSet): Promise<void> {
  await writeFileAtomic(path, formatDsg(set))
}
