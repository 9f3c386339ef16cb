// The .ipynb file: read, checked, upgraded to nbformat 4.5, written back the way Jupyter writes it.
// Not the running of it: `run-notebook.ts`. In memory every multi-line text is one string.
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { SelmaError } from '../lib/base/errors.ts'
import { readJson, writeFileAtomic } from '../lib/base/files.ts'

const text = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (Array.isArray(value) ? value.join('') : value))
const metadata = z.record(z.string(), z.unknown()).default({})
const data = z.record(z.string(), z.unknown()).transform(joinBundle)

const output = z.discriminatedUnion('output_type', [
  z.looseObject({ output_type: z.literal('stream'), name: z.enum(['stdout', 'stderr']), text }),
  z.looseObject({ output_type: z.literal('display_data'), data, metadata }),
  z.looseObject({
    output_type: z.literal('execute_result'),
    execution_count: z.number().int().nullable(),
    data,
    metadata,
  }),
  z.looseObject({
    output_type: z.literal('error'),
    ename: z.string(),
    evalue: z.string(),
    traceback: z.array(z.string()),
  }),
])

const id = z
  .string()
  .regex(/^[a-zA-Z0-9-_]{1,64}$/)
  .optional()
const cell = z.discriminatedUnion('cell_type', [
  z.looseObject({ cell_type: z.literal('markdown'), id, metadata, source: text }),
  z.looseObject({ cell_type: z.literal('raw'), id, metadata, source: text }),
  z.looseObject({
    cell_type: z.literal('code'),
    id,
    metadata,
    source: text,
    outputs: z.array(output).default([]),
    execution_count: z.number().int().nullable().default(null),
  }),
])
const notebook = z.looseObject({
  nbformat: z.literal(4),
  nbformat_minor: z.number().int(),
  metadata,
  cells: z.array(cell),
})

/** An output as the file holds it. */
export type NotebookOutput = z.output<typeof output>
export type NotebookCell = z.output<typeof cell> & { id: string }
export type CodeCell = Extract<NotebookCell, { cell_type: 'code' }>
export interface Notebook {
  nbformat: 4
  nbformat_minor: number
  metadata: Record<string, unknown>
  cells: NotebookCell[]
  [other: string]: unknown
}

/** The kernel's name and language, as notebooks record them. */
export const kernelspec = { name: 'selma', display_name: 'SELMA (TypeScript)', language: 'typescript' }
export const languageInfo = {
  name: 'typescript',
  file_extension: '.ts',
  mimetype: 'text/x-typescript',
  codemirror_mode: 'typescript',
  pygments_lexer: 'typescript',
  nbconvert_exporter: 'script',
  version: '5.9',
}

const isJson = (mime: string) => mime === 'application/json' || mime.endsWith('+json')
const isBinary = (mime: string) => /^(image|audio|video)\//.test(mime) && mime !== 'image/svg+xml'

function joinBundle(bundle: Record<string, unknown>): Record<string, unknown> {
  const join = (mime: string, value: unknown) =>
    !isJson(mime) && Array.isArray(value) ? value.join('') : value
  return Object.fromEntries(Object.entries(bundle).map(([mime, value]) => [mime, join(mime, value)]))
}

/** The tags of a cell. */
export function tagsOf({ metadata: { tags } }: NotebookCell): string[] {
  return Array.isArray(tags) ? tags.filter((one) => typeof one === 'string') : []
}

/** A new code cell. */
export function codeCell(source: string, tags: string[] = []): CodeCell {
  const own = randomUUID().replaceAll('-', '').slice(0, 8)
  return {
    cell_type: 'code',
    id: own,
    metadata: tags.length ? { tags } : {},
    source,
    outputs: [],
    execution_count: null,
  }
}

/**
 * Checks a parsed .ipynb and brings it to nbformat 4.5: cells without an id get one.
 *
 * @throws SelmaError `bad-file` naming the place that breaks the format; `unsupported` for nbformat 3
 */
export function parseNotebook(value: unknown, name = 'notebook'): Notebook {
  const major = (value as { nbformat?: unknown } | null)?.nbformat
  if (typeof major === 'number' && major !== 4) {
    throw new SelmaError('unsupported', `${name} is nbformat ${major}`, {
      hint: 'convert it with: jupyter nbconvert --to notebook --nbformat 4',
    })
  }
  const parsed = notebook.safeParse(value)
  if (!parsed.success) {
    const [first] = parsed.error.issues
    throw new SelmaError(
      'bad-file',
      `${name} is not a notebook: ${first.path.join('.') || 'top'}: ${first.message}`,
    )
  }
  const seen = new Set<string>()
  const cells = parsed.data.cells.map((one): NotebookCell => {
    const own = one.id && !seen.has(one.id) ? one.id : codeCell('').id
    seen.add(own)
    return { ...one, id: own }
  })
  return { ...parsed.data, nbformat_minor: Math.max(5, parsed.data.nbformat_minor), cells }
}

/** Reads a notebook file; see `parseNotebook`. */
export async function readNotebook(path: string): Promise<Notebook> {
  return parseNotebook(await readJson(path), path)
}

const lines = (value: string) => value.match(/[^\n]*\n|[^\n]+$/g) ?? []

function splitOutput(one: NotebookOutput): unknown {
  if (one.output_type === 'stream') return { ...one, text: lines(one.text) }
  if (one.output_type === 'error') return one
  const split = ([mime, value]: [string, unknown]) => {
    return [mime, typeof value === 'string' && !isJson(mime) && !isBinary(mime) ? lines(value) : value]
  }
  return { ...one, data: Object.fromEntries(Object.entries(one.data).map(split)) }
}

/** Objects with their keys in order, as Jupyter writes them: a saved notebook differs only where it changed. */
function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

/** The text of the .ipynb file: one-space indent, sorted keys, multi-line texts as arrays of lines. */
export function serializeNotebook(value: Notebook): string {
  const cells = value.cells.map((one) => ({
    ...one,
    source: lines(one.source),
    ...(one.cell_type === 'code' ? { outputs: one.outputs.map(splitOutput) } : {}),
  }))
  return `${JSON.stringify({ ...value, cells }, sorted, 1)}\n`
}

/** Writes the notebook whole, or not at all. */
export async function writeNotebook(path: string, value: Notebook): Promise<void> {
  await writeFileAtomic(path, serializeNotebook(value))
}
