// Reading a dataset of pictures and captions: a folder with metadata.jsonl, as Hugging Face's `imagefolder` has it
// (https://huggingface.co/docs/datasets/image_dataset). Not for decoding pictures; writing: imagefolder-writer.ts.
import { access, readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { fail, SelmaError } from '../base/errors.ts'
import { confine, fileError, hashFile, sha256 } from '../base/files.ts'
import { canonicalJson } from '../jobs/job-name.ts'

/** One picture and its caption; further columns are kept. */
export interface ImageRecord {
  /** Relative to the folder, with forward slashes. */
  file_name: string
  /** The caption. */
  text: string
  [extra: string]: unknown
}

export interface ImageFolder {
  /** Absolute. */
  dir: string
  /** In the order of metadata.jsonl; at least one. */
  records: ImageRecord[]
  /** SHA-256 over records and picture bytes, in order; the same wherever the folder lies. */
  hash: string
}

export const metadataName = 'metadata.jsonl'

const recordSchema: z.ZodType<ImageRecord> = z.looseObject({ file_name: z.string().min(1), text: z.string() })

/**
 * Reads a folder's records, and makes sure that every picture is there.
 *
 * @throws SelmaError `not-found` when the folder, its metadata.jsonl or pictures are missing; `bad-file` with the
 *   line number for a line that is no record or names a file outside the folder, and for no records at all
 */
export async function readImageFolder(dir: string): Promise<ImageFolder> {
  const full = resolve(dir)
  const path = join(full, metadataName)
  const text = await readFile(path, 'utf8').catch(async (error) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw fileError(error, 'read', path)
    throw await noMetadata(full)
  })
  const records = parseRecords(text, full)
  if (records.length === 0) {
    fail(
      'bad-file',
      `${path} names no pictures`,
      'one line each: {"file_name": "0001.png", "text": "a caption"}',
    )
  }
  await refuseMissing(full, records)
  const lines: string[] = []
  for (const record of records) {
    lines.push(`${canonicalJson(record, path)} ${await hashFile(join(full, record.file_name))}`)
  }
  return { dir: full, records, hash: sha256(lines.join('\n')) }
}

/**
 * The records in the text of a metadata.jsonl; blank lines do not count.
 *
 * @param dir the folder that file names must stay in
 * @throws SelmaError `bad-file` with the line number
 */
export function parseRecords(text: string, dir: string): ImageRecord[] {
  const records: ImageRecord[] = []
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (line.trim() === '') continue
    const where = `${join(dir, metadataName)} line ${index + 1}`
    const record = parseRecord(line, where)
    try {
      confine(dir, record.file_name)
    } catch (error) {
      const { message, hint } = error as SelmaError
      fail('bad-file', `${where}: ${message}`, hint)
    }
    records.push(record)
  }
  return records
}

function parseRecord(line: string, where: string): ImageRecord {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    fail('bad-file', `${where} is not JSON: ${(error as Error).message}`, 'one JSON object a line')
  }
  const parsed = recordSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const columns = value !== null && typeof value === 'object' ? Object.keys(value).join(', ') : typeof value
  return fail(
    'bad-file',
    `${where}: ${[issue.path.join('.'), issue.message].filter(Boolean).join(': ')}`,
    `a record has the texts file_name and text; this one has: ${columns || 'nothing'}`,
  )
}

async function noMetadata(dir: string): Promise<SelmaError> {
  const names = await readdir(dir).catch((error) => {
    throw fileError(error, 'read', dir)
  })
  const below = await Promise.all(
    names.map(async (name) => ((await exists(join(dir, name, metadataName))) ? name : undefined)),
  )
  const splits = below.filter((name) => name !== undefined)
  const hint =
    splits.length > 0
      ? `there is one in ${splits.join(', ')}: read that folder`
      : names.includes('metadata.csv')
        ? 'metadata.csv is not read: write one JSON object a line into metadata.jsonl'
        : 'write one line a picture: {"file_name": "0001.png", "text": "a caption"}'
  const what = names.length === 0 ? `${dir} is empty` : `no ${metadataName} in ${dir}`
  return new SelmaError('not-found', what, { hint })
}

async function refuseMissing(dir: string, records: readonly ImageRecord[]): Promise<void> {
  const missing: string[] = []
  for (const { file_name } of records) if (!(await exists(join(dir, file_name)))) missing.push(file_name)
  if (missing.length === 0) return
  const shown = missing.slice(0, 5).map((name) => JSON.stringify(name))
  if (missing.length > shown.length) shown.push(`and ${missing.length - shown.length} more`)
  fail(
    'not-found',
    `${missing.length} of ${records.length} pictures are missing in ${dir}: ${shown.join(', ')}`,
    `copy them there, or take their lines out of ${metadataName}`,
  )
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
