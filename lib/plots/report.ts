// A report as one HTML file: provenance first, then text, tables, figures, pictures and settings. It loads
// nothing from anywhere, runs no script but its own, and the same input gives the same bytes.
import { fail } from '../base/errors.ts'
import type { Figure } from './figure.ts'
import { dataUri, escapeHtml } from './html.ts'
import type { ImageGrid } from './image-grid.ts'
import { markdownToHtml } from './markdown.ts'
import { htmlPage, type ProvenanceValue, provenanceSection, type SettingRow, settingsTable } from './page.ts'
import { figureScript, inlinePlotly } from './page-scripts.ts'
import { cleanTableHtml, csvToHtml } from './tables.ts'

interface Titled {
  /** A heading above the section. */
  title?: string
}

export type ReportSection = Titled &
  (
    | { kind: 'text'; markdown: string }
    /** `html` is shown, cleaned; without it the CSV is. With `csv` there is a link that saves it. */
    | { kind: 'table'; html?: string; csv?: string; caption?: string }
    | { kind: 'figure'; figure: Figure; caption?: string }
    | { kind: 'images'; grid: ImageGrid; caption?: string }
    | { kind: 'settings'; rows: SettingRow[] }
  )

export interface ReportOptions {
  title: string
  /** Commit, dirty flag, hashes, hardware, seeds, judge, cost, … in the order to be shown. */
  provenance: Record<string, ProvenanceValue>
  sections: ReportSection[]
}

const caption = (text = '') => (text ? `<figcaption>${escapeHtml(text)}</figcaption>` : '')

function tableBody({ html, csv }: { html?: string; csv?: string }): string {
  if (html !== undefined) return cleanTableHtml(html)
  return csv === undefined ? fail('bad-input', 'a table section has neither html nor csv') : csvToHtml(csv)
}

async function sectionBody(section: ReportSection): Promise<string> {
  switch (section.kind) {
    case 'text':
      return markdownToHtml(section.markdown)
    case 'table': {
      const save = section.csv
        ? `<p class="download"><a download="table.csv" href="${dataUri('text/csv;charset=utf-8', section.csv)}">Save as CSV</a></p>`
        : ''
      return `<figure><div class="scroll">${tableBody(section)}</div>${caption(section.caption)}${save}</figure>`
    }
    case 'figure':
      return `<figure>${await section.figure.toHtmlFragment()}${caption(section.caption)}</figure>`
    case 'images':
      return `<figure><div class="scroll">${await section.grid.toHtml()}</div>${caption(section.caption)}</figure>`
    case 'settings':
      return settingsTable(section.rows)
    default:
      return fail(
        'bad-input',
        `a report has no section of kind ${JSON.stringify((section as { kind?: unknown }).kind)}`,
        'use text, table, figure, images or settings',
      )
  }
}

/**
 * The report as one HTML document. About 5 MB when it has figures, for plotly.js travels with it.
 *
 * @throws SelmaError `bad-input` for an unknown kind of section, a table without html and csv, or CSV that is not CSV
 */
export async function htmlReport({ title, provenance, sections }: ReportOptions): Promise<string> {
  const bodies: string[] = []
  for (const section of sections) {
    const heading = section.title ? `<h2>${escapeHtml(section.title)}</h2>` : ''
    bodies.push(`<section>${heading}${await sectionBody(section)}</section>`)
  }
  const interactive = sections.some(({ kind }) => kind === 'figure')
  const scripts = interactive ? [await inlinePlotly(), figureScript] : []
  return htmlPage({ title, body: [provenanceSection(provenance), ...bodies].join('\n'), scripts })
}
