// CSV tables with a header, through papaparse, and with row numbers in every complaint.
// Not a stream: the published files are a few megabytes.
import { readFile } from 'node:fs/promises'
import Papa from 'papaparse'
import { fail } from '../base/errors.ts'
import { fileError } from '../base/files.ts'

/** One line of a table; `row` is its number in the file, the header being row 1. */
export interface CsvRow {
  row: number
  cells: Record<string, string>
}

/**
 * Parses CSV text with a header.
 *
 * @param source the file's name, for messages
 * @param required columns that must be there; others are kept too
 * @throws SelmaError `bad-file` for broken quotes, rows of another length and missing columns
 */
export function parseCsv(text: string, source: string, required: readonly string[]): CsvRow[] {
  const parsed = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), { delimiter: ',' })
  const broken = parsed.errors[0]
  if (broken) fail('bad-file', `${source}, row ${(broken.row ?? 0) + 1}: ${broken.message}`)
  const [header = [], ...lines] = parsed.data
  const missing = required.filter((column) => !header.includes(column))
  if (missing.length > 0) {
    fail(
      'bad-file',
      `${source} has no column ${missing.join(', ')}`,
      `its header is ${JSON.stringify(header.join(','))}, needed are ${required.join(',')}`,
    )
  }
  const rows: CsvRow[] = []
  lines.forEach((line, index) => {
    if (line.length === 1 && line[0].trim() === '') return
    const row = index + 2
    if (line.length !== header.length) {
      fail('bad-file', `${source}, row ${row}: ${line.length} cells under ${header.length} columns`)
    }
    rows.push({ row, cells: Object.fromEntries(header.map((column, at) => [column, line[at]])) })
  })
  return rows
}

/** CSV text with a header, quoted where needed, `\n` line ends. */
export function formatCsv(columns: readonly string[], rows: readonly (readonly unknown[])[]): string {
  return `${Papa.unparse({ fields: [...columns], data: rows.map((row) => [...row]) }, { newline: '\n' })}\n`
}

/** Reads a text file; errors name it. */
export async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error) => {
    throw fileError(error, 'read', path)
  })
}
