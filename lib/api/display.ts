// Deno's convention for objects that show themselves: a method that gives MIME types and their
// values. The library does not know who asks.
import { formatTable, type ResultsTable } from '../metrics/index.ts'

/** The method's name. */
export const displaySymbol: unique symbol = Symbol.for('Jupyter.display')

export type MimeBundle = Record<string, unknown>

/** Something that shows itself. */
export interface Displayable {
  [displaySymbol](): MimeBundle | Promise<MimeBundle>
}

/** What another displayable object shows of itself. */
export function bundleOf(object: object): Promise<MimeBundle> {
  return Promise.resolve((object as Displayable)[displaySymbol]())
}

/** A table as HTML, Markdown and text; as CSV and LaTeX for who takes it on. */
export function tableBundle(table: ResultsTable): MimeBundle {
  return {
    'text/html': formatTable(table, 'html'),
    'text/markdown': formatTable(table, 'markdown'),
    'text/csv': formatTable(table, 'csv'),
    'text/latex': formatTable(table, 'latex'),
    'text/plain': formatTable(table, 'text'),
  }
}

/** A table that shows itself. */
export type ShownTable = ResultsTable & Displayable

/** Gives a table its display; everything else of it stays plain data. */
export const shown = (table: ResultsTable): ShownTable =>
  Object.defineProperty({ ...table }, displaySymbol, { value: () => tableBundle(table) }) as ShownTable

/** "computed" or "from the cache (when, which hash)", as every result says. */
export function origin(cached: { when: string; hash: string } | undefined): string {
  return cached
    ? `from the cache (${cached.when.slice(0, 16).replace('T', ' ')}, ${cached.hash.slice(0, 8)})`
    : 'computed'
}
