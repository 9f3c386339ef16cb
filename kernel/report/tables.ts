// The tables among a cell's outputs as CSV and LaTeX. A table of the library brings both, unrounded; of any other
// the texts of its HTML are taken. Not how a table looks in the report: that is its HTML.
import { createRequire } from 'node:module'
import { formatTable } from '../../lib/metrics/index.ts'
import type { MimeBundle } from '../outputs.ts'

const require = createRequire(import.meta.url)

export interface TableTexts {
  title: string
  csv: string
  latex: string
}

const words = (node: { textContent: string | null } | null): string =>
  (node?.textContent ?? '').replace(/\s+/g, ' ').trim()

/** A table's texts, row by row; nothing for one whose cells span several columns or rows. */
function textsOf(table: Element): { title: string; rows: string[][] } | undefined {
  if (table.querySelector('table, img, svg, [colspan], [rowspan]')) return undefined
  const rows = [...table.querySelectorAll('tr')].map((row) => [...row.querySelectorAll('th, td')].map(words))
  const [header] = rows
  if (rows.length < 2 || header.length < 2 || rows.some(({ length }) => length !== header.length))
    return undefined
  return { title: words(table.querySelector('caption')), rows }
}

/** The tables in HTML, as texts. */
function tablesInHtml(html: string): TableTexts[] {
  if (!/<table/i.test(html)) return []
  const { JSDOM } = require('jsdom') as typeof import('jsdom')
  return [...JSDOM.fragment(html).querySelectorAll('table')].flatMap((element) => {
    const texts = textsOf(element)
    if (!texts) return []
    const [[labels, ...header], ...rows] = texts.rows
    const table = {
      ...(texts.title ? { title: texts.title } : {}),
      labels,
      columns: header.map((title) => ({ title })),
      rows: rows.map(([label, ...cells]) => ({ label, cells })),
    }
    return [{ title: texts.title, csv: formatTable(table, 'csv'), latex: formatTable(table, 'latex') }]
  })
}

/** The tables that an output shows. */
export function tablesOf(bundle: MimeBundle): TableTexts[] {
  const { 'text/csv': csv, 'text/latex': latex, 'text/html': html } = bundle
  const inHtml = typeof html === 'string' ? tablesInHtml(html) : []
  if (typeof csv !== 'string' || typeof latex !== 'string') return inHtml
  return [{ title: inHtml[0]?.title ?? '', csv, latex }]
}
