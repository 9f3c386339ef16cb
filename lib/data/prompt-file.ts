// Prompt files: JSON Lines, one prompt a line, `{"text": "three red squares", "skill": "count"}`.
// Further fields are kept as they are. Not DSG or TIFA files, which have formats of their own.
import { readFile } from 'node:fs/promises'
import { SelmaError } from '../base/errors.ts'
import { fileError, writeFileAtomic } from '../base/files.ts'

/** One prompt of a prompt file. */
export interface PromptRecord {
  /** The prompt itself; never blank. */
  text: string
  /** Name within its file, e.g. `count-0001`. */
  id?: string
  /** Name of the skill it was written for. */
  skill?: string
  /** Anything else, as long as it is JSON. */
  [extra: string]: unknown
}

/**
 * Reads a prompt file. Blank lines and a byte order mark are skipped; both line endings are read.
 *
 * @throws SelmaError `not-found` or `io`; `bad-file` naming `path:line` for a line that is not a JSON
 *   object, has no or blank `text`, or an `id` or `skill` that is not a string
 */
export async function readPromptFile(path: string): Promise<PromptRecord[]> {
  const bytes = await readFile(path).catch((error) => {
    throw fileError(error, 'read', path)
  })
  const records: PromptRecord[] = []
  let line = 0
  for (const source of decode(bytes, path).split('\n')) {
    line++
    if (source.trim() === '') continue
    let value: unknown
    try {
      value = JSON.parse(source)
    } catch (error) {
      throw new SelmaError('bad-file', `${path}:${line}: not JSON: ${(error as Error).message}`, {
        hint: 'a prompt file has one JSON object a line, e.g. {"text": "three red squares"}',
        cause: error,
      })
    }
    records.push(checked(value, `${path}:${line}`, 'bad-file'))
  }
  return records
}

/**
 * Writes a prompt file, atomically, in the order given.
 *
 * @throws SelmaError `bad-input` for a record without text (nothing is written), `io`
 */
export async function writePromptFile(path: string, records: readonly PromptRecord[]): Promise<void> {
  const lines = records.map((record, index) => {
    const { text, id, skill, ...rest } = checked(record, `record ${index + 1}`, 'bad-input')
    return `${JSON.stringify({ ...(id !== undefined && { id }), ...(skill !== undefined && { skill }), text, ...rest })}\n`
  })
  await writeFileAtomic(path, lines.join(''))
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes) // drops a byte order mark
  } catch (error) {
    throw new SelmaError('bad-file', `${path} is not UTF-8 text`, {
      hint: 'save it as UTF-8, one JSON object a line',
      cause: error,
    })
  }
}

function checked(value: unknown, where: string, code: 'bad-file' | 'bad-input'): PromptRecord {
  const shown = JSON.stringify(value)?.slice(0, 80)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SelmaError(code, `${where}: ${shown} is not an object`, {
      hint: 'write it as {"text": "three red squares"}',
    })
  }
  const record = value as Record<string, unknown>
  if (typeof record.text !== 'string' || record.text.trim() === '') {
    throw new SelmaError(code, `${where}: no prompt in ${shown}`, {
      hint: '"text" must hold the prompt and must not be blank',
    })
  }
  for (const field of ['id', 'skill']) {
    if (record[field] !== undefined && typeof record[field] !== 'string') {
      throw new SelmaError(code, `${where}: "${field}" is ${JSON.stringify(record[field])}`, {
        hint: `"${field}" must be a string, or left out`,
      })
    }
  }
  return record as PromptRecord
}
