// Tables for reports, from CSV or from HTML that somebody else made. Not a data frame.
import { createRequire } from 'node:module'
import { fail } from '../base/errors.ts'
import { escapeHtml } from './html.ts'

const require = createRequire(import.meta.url)

const kept = new Set(
  'table caption thead tbody tfoot tr th td b strong i em sub sup small code span br'.split(' '),
)
const dropped = new Set([
  'script',
  'style',
  'template',
  'noscript',
  'iframe',
  'object',
  'svg',
  'math',
  'title',
])
const attributes: Record<string, RegExp> = {
  colspan: /^\d{1,3}$/,
  rowspan: /^\d{1,3}$/,
  scope: /^(row|col|rowgroup|colgroup)$/,
  class: /^(number|changed|best|primary)$/,
}

function clean(node: Node): string {
  if (node.nodeType === 3) return escapeHtml(node.textContent ?? '')
  if (node.nodeType !== 1) return ''
  const element = node as Element
  const name = element.tagName.toLowerCase()
  if (dropped.has(name)) return ''
  const inside = [...element.childNodes].map(clean).join('')
  if (!kept.has(name)) return inside
  if (name === 'br') return '<br>'
  const own = Object.entries(attributes).flatMap(([key, valid]) => {
    const value = element.getAttribute(key)
    return value !== null && valid.test(value) ? [` ${key}="${value}"`] : []
  })
  return `<${name}${own.join('')}>${inside}</${name}>`
}

/** Keeps of a table's HTML what a table needs; scripts, styles, links, pictures and handlers fall away. */
export function cleanTableHtml(html: string): string {
  const { JSDOM } = require('jsdom') as typeof import('jsdom')
  return [...JSDOM.fragment(html).childNodes].map(clean).join('')
}

const numeric = /^[+−-]?(\d|\.\d)[\d.,]*(e[+-]?\d+)?\s*%?(\s*\[.*\])?$/i

/**
 * A table from CSV with a header row; columns of numbers (also `0.71 [0.68, 0.74]`) are aligned right.
 *
 * @throws SelmaError `bad-input` for CSV that has no header or rows of unequal length
 */
export function csvToHtml(csv: string): string {
  const Papa = require('papaparse') as typeof import('papaparse')
  const { data, errors } = Papa.parse<string[]>(csv.replace(/^\ufeff/, ''), {
    skipEmptyLines: true,
    delimiter: ',',
  })
  const [header, ...rows] = data
  const odd = rows.findIndex((row) => row.length !== header.length)
  if (!header || errors.length > 0 || odd >= 0) {
    const why =
      errors[0]?.message ?? (header ? `row ${odd + 1} does not have ${header.length} fields` : 'it is empty')
    fail('bad-input', `a report's table is not CSV with a header: ${why}`)
  }
  const right = header.map((_, at) => {
    const filled = rows.map((row) => row[at].trim()).filter((text) => text !== '' && text !== '–')
    return filled.length > 0 && filled.every((text) => numeric.test(text))
  })
  const cells = (row: string[], tag: string) =>
    row
      .map(
        (text, at) => `<${tag}${right[at] ? ' class="number"' : ''}>${escapeHtml(text)}</${tag.slice(0, 2)}>`,
      )
      .join('')
  const body = rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('')
  return `<table><thead><tr>${cells(header, 'th')}</tr></thead><tbody>${body}</tbody></table>`
}
