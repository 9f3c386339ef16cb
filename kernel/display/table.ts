// Records as a table, in HTML and in plain text. Not a data frame: it shows, it does not compute.
import { inspect } from 'node:util'
import type { MimeBundle } from '../outputs.ts'
import { escapeHtml } from './text.ts'

/** Rows of a table that are shown. */
export const MAX_ROWS = 50
const MAX_COLUMNS = 30
const MAX_CELL = 200

/** A plain object, as opposed to an instance of a class or an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** True for a non-empty array of plain objects whose fields are mostly short values. */
export function isTable(value: unknown): value is Record<string, unknown>[] {
  if (!Array.isArray(value) || value.length === 0) return false
  const head = value.slice(0, MAX_ROWS)
  return head.every((row) => isRecord(row) && Object.keys(row).length > 0 && Object.keys(row).length <= 200)
}

function shown(value: unknown): string {
  if (value === undefined) return ''
  const text =
    typeof value === 'string'
      ? value
      : typeof value === 'number' && !Number.isInteger(value)
        ? String(Number(value.toPrecision(6)))
        : typeof value === 'object' || typeof value === 'function'
          ? inspect(value, { depth: 1, breakLength: Infinity, maxArrayLength: 6, maxStringLength: MAX_CELL })
          : String(value)
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL)}…` : text
}

/**
 * A table of records; the first 50 rows and 30 columns, with the full size said below.
 *
 * @param rows records; a column is shown for every key of the shown rows
 * @param options.labels row names, in an extra first column
 * @param options.total how many rows there are, where `rows` holds only the first
 */
export function tableBundle(
  rows: readonly Record<string, unknown>[],
  { labels, total = rows.length }: { labels?: readonly unknown[]; total?: number } = {},
): MimeBundle {
  const head = rows.slice(0, MAX_ROWS)
  const all = [...new Set(head.flatMap((row) => Object.keys(row)))]
  const columns = all.slice(0, MAX_COLUMNS)
  const header = labels ? ['', ...columns] : columns
  const cells = head.map((row, at) => {
    const values = columns.map((name) => shown(row[name]))
    return labels ? [shown(labels[at]), ...values] : values
  })
  const numeric = header.map((name) => head.length > 0 && head.every((row) => typeof row[name] === 'number'))
  const cut = total > head.length || all.length > columns.length
  const count = (n: number, what: string) => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`
  const size = `${count(total, 'row')} × ${count(all.length, 'column')}`
  const note = cut
    ? `${size}, the first ${count(head.length, 'row')} and ${count(columns.length, 'column')} shown`
    : size

  const align = (at: number) => (numeric[at] ? ' style="text-align: right"' : ' style="text-align: left"')
  const row = (tag: string, values: string[]) =>
    `<tr>${values.map((value, at) => `<${tag}${align(at)}>${escapeHtml(value)}</${tag}>`).join('')}</tr>`
  const body = cells.map((values) => row('td', values)).join('\n')
  const html = `<table>\n<thead>${row('th', header)}</thead>\n<tbody>\n${body}\n</tbody>\n</table>\n<p>${note}</p>`

  const flat = [header, ...cells].map((values) =>
    values.map((value) => value.replace(/\s+/g, ' ').slice(0, 60)),
  )
  const widths = header.map((_, at) => Math.max(...flat.map((values) => values[at].length)))
  const line = (values: string[]) =>
    values
      .map((value, at) => (numeric[at] ? value.padStart(widths[at]) : value.padEnd(widths[at])))
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  const [top, ...rest] = flat
  return { 'text/html': html, 'text/plain': [line(top), rule, ...rest.map(line), note].join('\n') }
}
