// A results table as aligned text, Markdown, CSV, LaTeX and HTML. Every label may come from outside (a model's
// or a skill's name), so each format escapes what it would otherwise interpret.
import { fail } from '../base/errors.ts'
import { formatCsv } from '../data/csv.ts'
import { type Cell, isEstimate, type ResultsTable, tableTexts } from './table.ts'

/** The ways a table can be written. */
export const tableFormats = ['text', 'markdown', 'csv', 'latex', 'html'] as const
export type TableFormat = (typeof tableFormats)[number]

/** Writes a table in one of the formats. */
export function formatTable(table: ResultsTable, format: TableFormat = 'text'): string {
  switch (format) {
    case 'text':
      return tableText(table)
    case 'markdown':
      return tableMarkdown(table)
    case 'csv':
      return tableCsv(table)
    case 'latex':
      return tableLatex(table)
    case 'html':
      return tableHtml(table)
    default:
      return fail(
        'bad-input',
        `unknown table format ${String(format)}`,
        `there are ${tableFormats.join(', ')}`,
      )
  }
}

/** Aligned plain text: labels to the left, values to the right. */
export function tableText(table: ResultsTable): string {
  const lines = tableTexts(table).map((cells) => cells.map((cell) => cell.replace(/\s+/g, ' ')))
  const width = (text: string) => [...text].length
  const widths = lines[0].map((_, at) => Math.max(...lines.map((cells) => width(cells[at]))))
  const body = lines.map((cells) =>
    cells
      .map((cell, at) => {
        const space = ' '.repeat(widths[at] - width(cell))
        return at === 0 ? cell + space : space + cell
      })
      .join('  ')
      .trimEnd(),
  )
  const rule = '-'.repeat(Math.max(...body.map(width)))
  const title = table.title ? [table.title, ''] : []
  return [...title, body[0], rule, ...body.slice(1), ...notes(table)].join('\n')
}

/** GitHub-flavoured Markdown. */
export function tableMarkdown(table: ResultsTable): string {
  const safe = (text: string) =>
    text
      .replace(/[\\`*_[\]<>|#~$&]/g, (char) => (char === '<' ? '&lt;' : char === '&' ? '&amp;' : `\\${char}`))
      .replace(/\s+/g, ' ')
  const lines = tableTexts(table).map((cells) => `| ${cells.map(safe).join(' | ')} |`)
  const rule = `| --- |${table.columns.map(() => ' ---: |').join('')}`
  const title = table.title ? [`**${safe(table.title)}**`, ''] : []
  return [...title, lines[0], rule, ...lines.slice(1), ...notes(table).map(safe)].join('\n')
}

/** CSV for machines: each column as mean, low, high and n, unscaled and unrounded; texts as they are. */
export function tableCsv(table: ResultsTable): string {
  const wide = table.columns.map((_, at) => table.rows.some(({ cells }) => isEstimate(cells[at])))
  const columns = table.columns.flatMap(({ title }, at) =>
    wide[at] ? [title, `${title} low`, `${title} high`, `${title} n`] : [title],
  )
  const plain = (value: string | number | undefined) => (Number.isNaN(value) ? '' : (value ?? ''))
  const rows = table.rows.map(({ label, cells }) => [
    label,
    ...table.columns.flatMap((_, at): (string | number)[] => {
      const cell: Cell = cells[at]
      if (isEstimate(cell)) return [cell.mean, cell.low, cell.high, cell.n].map(plain)
      return wide[at] ? [plain(cell ?? ''), '', '', ''] : [plain(cell ?? '')]
    }),
  ])
  return formatCsv([table.labels ?? 'label', ...columns], rows)
}

/** A LaTeX `table` with booktabs rules. */
export function tableLatex(table: ResultsTable): string {
  const signs: Record<string, string> = {
    '\\': '\\textbackslash{}',
    '~': '\\textasciitilde{}',
    '^': '\\textasciicircum{}',
    '<': '\\textless{}',
    '>': '\\textgreater{}',
    '–': '--',
    '−': '$-$',
    Δ: '$\\Delta$',
  }
  const safe = (text: string) =>
    text.replace(/[\\~^<>–−Δ]|[&%$#_{}]/g, (char) => signs[char] ?? `\\${char}`).replace(/\s+/g, ' ')
  // A line that begins with a bracket would be read as an option of the line break before it.
  const lines = tableTexts(table).map((cells) => `${cells.map((cell) => `{${safe(cell)}}`).join(' & ')} \\\\`)
  return [
    '\\begin{table}',
    '\\centering',
    ...(table.title ? [`\\caption{${safe(table.title)}}`] : []),
    `\\begin{tabular}{l${'r'.repeat(table.columns.length)}}`,
    '\\toprule',
    lines[0],
    '\\midrule',
    ...lines.slice(1),
    '\\bottomrule',
    '\\end{tabular}',
    ...(table.notes ?? []).map((note) => `\\par\\small ${safe(note)}`),
    '\\end{table}',
  ].join('\n')
}

/** An HTML table without styles or scripts. */
export function tableHtml(table: ResultsTable): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  const safe = (text: string) => text.replace(/[&<>"']/g, (char) => entities[char])
  const [header, ...rows] = tableTexts(table).map((cells) => cells.map(safe))
  const right = ' style="text-align:right"'
  const line = ([label, ...cells]: string[]) =>
    `<tr><th scope="row">${label}</th>${cells.map((cell) => `<td${right}>${cell}</td>`).join('')}</tr>`
  const titles = header.map((cell, at) => `<th scope="col"${at === 0 ? '' : right}>${cell}</th>`)
  return [
    '<table>',
    ...(table.title ? [`<caption>${safe(table.title)}</caption>`] : []),
    `<thead><tr>${titles.join('')}</tr></thead>`,
    `<tbody>${rows.map(line).join('\n')}</tbody>`,
    '</table>',
    ...(table.notes ?? []).map((note) => `<p><small>${safe(note)}</small></p>`),
  ].join('\n')
}

function notes(table: ResultsTable): string[] {
  return (table.notes ?? []).flatMap((note) => ['', note])
}
