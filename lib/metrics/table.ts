// Tables of results: a label and cells `mean [low, high]`, n. The values stay numbers; how they look in text,
// Markdown, LaTeX, HTML or CSV is table-formats.ts.
import type { Interval } from './bootstrap.ts'

/** A value with its interval; an {@link Interval}, a comparison, a win rate made into one, or just a mean. */
export type Estimate = Pick<Interval, 'mean'> & Partial<Pick<Interval, 'low' | 'high' | 'n'>>

/** A cell: an estimate, a bare number, a text, or nothing. */
export type Cell = Estimate | number | string | null | undefined

/** A column and how its numbers are shown. */
export interface Column {
  title: string
  /** Shown value = stored value × scale; default 1. {@link percent} is 100. */
  scale?: number
  /** Digits after the point; default 3. */
  digits?: number
}

/** A score from 0 to 1, shown as the paper shows it: 77.7. */
export const percent = { scale: 100, digits: 1 } as const

/** One line of a table. */
export interface TableRow {
  label: string
  /** One cell a column; fewer leave the rest empty. */
  cells: readonly Cell[]
}

/** A table of results. */
export interface ResultsTable {
  title?: string
  /** Heading of the labels; default none. */
  labels?: string
  columns: readonly Column[]
  rows: readonly TableRow[]
  /** Printed below: judge, level and method of the intervals, what is exploratory. */
  notes?: readonly string[]
}

/** Whether a cell carries a mean. */
export function isEstimate(cell: Cell): cell is Estimate {
  return typeof cell === 'object' && cell !== null
}

/**
 * A cell as text: `77.7 [75.1, 80.2], n=500`; an interval that is not known (one prompt) is left out, as is n;
 * `–` for nothing and for NaN.
 */
export function cellText(
  cell: Cell,
  { scale = 1, digits = 3 }: Pick<Column, 'scale' | 'digits'> = {},
): string {
  const shown = (value: number) => (value * scale).toFixed(digits).replace(/^-(0\.?0*)$/, '$1')
  if (cell === null || cell === undefined || cell === '') return '–'
  if (typeof cell === 'string') return cell
  if (typeof cell === 'number') return Number.isNaN(cell) ? '–' : shown(cell)
  if (Number.isNaN(cell.mean)) return '–'
  const { mean, low = Number.NaN, high = Number.NaN, n } = cell
  const range = Number.isNaN(low) || Number.isNaN(high) ? '' : ` [${shown(low)}, ${shown(high)}]`
  return `${shown(mean)}${range}${n === undefined ? '' : `, n=${n}`}`
}

/** The table as lines of texts, the header first. */
export function tableTexts(table: ResultsTable): string[][] {
  const header = [table.labels ?? '', ...table.columns.map(({ title }) => title)]
  const lines = table.rows.map(({ label, cells }) => [
    label,
    ...table.columns.map((column, at) => cellText(cells[at], column)),
  ])
  return [header, ...lines]
}
