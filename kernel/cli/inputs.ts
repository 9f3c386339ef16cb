// What the commands read: prompt files with the lines their prompts stand on, captions as the embedded world
// reads them, LoRAs. Everything is looked at before any work begins.
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fail } from '../../lib/base/errors.ts'
import { sha256 } from '../../lib/base/files.ts'
import { type PromptRecord, readPromptFile } from '../../lib/data/prompt-file.ts'
import type { QuestionItem, QuestionSet } from '../../lib/data/question.ts'
import { loadLora } from '../../lib/formats/lora-files.ts'
import { answerQuestion, parseCaption, questionsFor, type SceneReading } from '../../lib/shapes/index.ts'
import { isSelmaError } from './exit-codes.ts'
import type { LoraArgument } from './options.ts'

export interface LocatedPrompt {
  record: PromptRecord
  /** `file:line`. */
  where: string
}

/** A prompt file's records and where each stands. @throws SelmaError naming `file:line`, or for an empty file */
export async function readPrompts(path: string): Promise<LocatedPrompt[]> {
  const records = await readPromptFile(path)
  if (records.length === 0)
    fail('bad-file', `${path} has no prompts`, 'write one a line: {"text": "three red squares"}')
  const lines = (await readFile(path, 'utf8')).split('\n')
  const places = lines.flatMap((line, at) => (line.trim() === '' ? [] : [at + 1]))
  return records.map((record, i) => ({ record, where: `${path}:${places[i]}` }))
}

function at<T>(where: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!isSelmaError(error)) throw error
    return fail('bad-file', `${where}: ${error.message}`, error.hint, error)
  }
}

/** Prompts as questions of the embedded world's grammar. @throws SelmaError `bad-file` naming `file:line` */
export function questionsOf(prompts: readonly LocatedPrompt[]): QuestionSet {
  const seen = new Map<string, string>()
  const items = prompts.map(({ record: { id, text, skill }, where }, i): QuestionItem => {
    const itemId = id ?? `prompt-${String(i + 1).padStart(4, '0')}`
    const other = seen.get(itemId)
    if (other) fail('bad-file', `${where}: the id ${JSON.stringify(itemId)} is on ${other} already`)
    seen.set(itemId, where)
    const questions = at(where, () => questionsFor(parseCaption(text), { itemId }))
    return { id: itemId, text, ...(skill === undefined ? {} : { skill }), questions }
  })
  return { name: `prompts ${sha256(JSON.stringify(items)).slice(0, 8)}`, items, repairs: [] }
}

/** Refuses captions that a judge of the embedded world could not read. */
export function checkCaptions(prompts: readonly LocatedPrompt[]): void {
  for (const { record, where } of prompts) at(where, () => parseCaption(record.text))
}

const nothing: SceneReading = { background: 'gray', objects: [], blobs: [], unreadable: false, confidence: 1 }

/** Refuses a question file that the embedded world's judge could not answer. */
export function checkQuestions(set: QuestionSet, path: string): void {
  for (const { id, text, questions } of set.items) {
    at(`${path}, item ${id}`, () => {
      parseCaption(text)
      for (const question of questions) answerQuestion(question, nothing)
    })
  }
}

/** A LoRA that can be loaded, with its name. */
export interface NamedLora extends LoraArgument {
  name: string
}

/** Makes sure that LoRAs can be read. @throws SelmaError `not-found`, `bad-file` */
export async function readLoras(given: readonly LoraArgument[] = []): Promise<NamedLora[]> {
  return Promise.all(
    given.map(async ({ path, weight }) => {
      const { metadata } = await loadLora(path)
      const full = resolve(path)
      return { path: full, weight, name: metadata.selma_expert ?? full.split(/[\\/]/).pop() ?? full }
    }),
  )
}

/** How a model with LoRAs is called in tables; as `T2I.with` has it. */
export function modelName(base: string, loras: readonly NamedLora[]): string {
  return [base, ...loras.map(({ name, weight }) => (weight === 1 ? name : `${name} × ${weight}`))].join(' + ')
}

/**
 * An embedded model's name as it is; a folder's path absolute, for jobs may run elsewhere; of a name on the Hub
 * (`org/name`, `org/name@revision`) the folder that it is brought to.
 */
export async function modelArgument(given: string): Promise<{ model: string; name: string }> {
  const [{ embeddedModels }, { findModel }] = await Promise.all([
    import('../../lib/shapes/models.ts'),
    import('../../lib/api/find-model.ts'),
  ])
  const { name, folder } = await findModel(given)
  return { model: (embeddedModels as readonly string[]).includes(given) ? given : folder, name }
}
