// The parameters of `selma run`: from a file and from the line, read as the types that the notebook declares.
import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import { fail, SelmaError } from '../../lib/base/errors.ts'
import { fileError } from '../../lib/base/files.ts'
import type { Notebook } from '../notebook.ts'
import { parameterFromText } from '../parameters.ts'
import type { RunOptions } from './run.ts'

/** Parameters in a YAML file (JSON is YAML). */
async function readParameters(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw fileError(error, 'read', path)
  })
  let value: unknown
  try {
    value = parse(text, { prettyErrors: true })
  } catch (error) {
    throw new SelmaError('bad-file', `${path}: ${(error as Error).message.split('\n')[0]}`, { cause: error })
  }
  if (value === null || value === undefined) return {}
  if (typeof value !== 'object' || Array.isArray(value))
    fail('bad-file', `${path} does not name parameters`, 'write one a line: name: value')
  return value as Record<string, unknown>
}

/** What -f, -p and -r give together. @throws SelmaError for unknown names and values of another type */
export async function givenParameters(
  notebook: Notebook,
  { parameter = [], raw = [], file }: Pick<RunOptions, 'parameter' | 'raw' | 'file'>,
): Promise<Record<string, unknown>> {
  const typed = parameter.map(([name, text]) => [name, parameterFromText(notebook, name, text)])
  return {
    ...(file ? await readParameters(file) : {}),
    ...Object.fromEntries(typed),
    ...Object.fromEntries(raw),
  }
}

/** A list's parts between its commas; commas in brackets and in double quotes do not part. */
export function splitValues(text: string): string[] {
  const parts = ['']
  let depth = 0
  let quoted = false
  for (const [at, char] of [...text].entries()) {
    if (char === '"' && text[at - 1] !== '\\') quoted = !quoted
    if (!quoted && '[{'.includes(char)) depth++
    if (!quoted && ']}'.includes(char)) depth--
    if (char === ',' && depth === 0 && !quoted) parts.push('')
    else parts[parts.length - 1] += char
  }
  return parts.map((part) => part.trim())
}

/** A value as a part of a file's name; with a hash where letters had to go. */
function inName(value: unknown, hash: (text: string) => string): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const safe = text.replace(/[^\w.+-]+/g, '-').slice(0, 40)
  return safe === text && safe !== '' ? safe : `${safe}~${hash(text)}`
}

/**
 * Every combination of a grid's values, the last parameter turning fastest, and a name for each.
 *
 * @throws SelmaError `bad-input` for a parameter given twice, no values, or the same value twice
 */
export function gridRuns(
  notebook: Notebook,
  grid: readonly [string, string][],
  given: Readonly<Record<string, unknown>>,
  hash: (text: string) => string,
): { name: string; parameters: Record<string, unknown> }[] {
  let runs: { name: string; own: Record<string, unknown> }[] = [{ name: '', own: {} }]
  const seen = new Set(Object.keys(given))
  for (const [name, text] of grid) {
    if (seen.has(name))
      fail('bad-input', `the parameter ${name} is given twice`, 'give it once, with all its values to --grid')
    seen.add(name)
    const values = splitValues(text).map((part) => parameterFromText(notebook, name, part))
    if (new Set(values.map((value) => JSON.stringify(value))).size < values.length)
      fail('bad-input', `--grid ${name}=${text} names a value twice`)
    runs = runs.flatMap((run) =>
      values.map((value) => ({
        name: `${run.name ? `${run.name}_` : ''}${name}-${inName(value, hash)}`,
        own: { ...run.own, [name]: value },
      })),
    )
  }
  return runs.map(({ name, own }) => ({ name, parameters: { ...given, ...own } }))
}
