// An executed notebook as one HTML file that opens with its provenance, needs nothing from anywhere, and carries
// the notebook so that `selma reproduce` can run it again. The page itself is lib/plots'.
import { basename } from 'node:path'
import {
  dataUri,
  escapeHtml,
  figureScript,
  htmlPage,
  inlinePlotly,
  provenanceSection,
  settingsTable,
} from '../../lib/plots/index.ts'
import { type Notebook, type NotebookCell, tagsOf } from '../notebook.ts'
import { type CellContext, cellHtml, type Heading, titleOf } from './cells.ts'
import { comparables, type Place } from './comparable.ts'
import { type Embedded, embeddedHtml, sealed } from './embedded.ts'
import { cellStatus, notebookProvenance, settingRows } from './provenance.ts'
import { notebookStyle } from './style.ts'
import type { TableTexts } from './tables.ts'

export interface NotebookReportOptions {
  /** The notebook's file name. */
  name: string
  /** Where the notebook lies; pictures it names are looked for there. */
  folder: string
  /** Folders of this run that outputs may name, for the comparison with another run. */
  places?: readonly Place[]
  /** The limit for each cell that it was run with, s. */
  timeoutS?: number
}

export interface NotebookReport {
  html: string
  /** Every table of the report, under the name of its files. */
  tables: ({ name: string } & TableTexts)[]
  embedded: Embedded
}

/** A short name made of letters, digits and hyphens. */
export const slug = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 48)
    .replace(/-+$/, '')

/** The notebook as it was before it ran: what can be run again. */
function bare(notebook: Notebook): Notebook {
  const strip = ({ papermill, selma, execution, widgets, ...metadata }: Record<string, unknown>) => metadata
  const cells = notebook.cells
    .filter((one) => !tagsOf(one).includes('injected-parameters'))
    .map((one): NotebookCell => {
      const metadata = strip(one.metadata)
      return one.cell_type === 'code'
        ? { ...one, metadata, outputs: [], execution_count: null }
        : { ...one, metadata }
    })
  return { ...notebook, metadata: strip(notebook.metadata), cells }
}

/** What a report carries for another run, and what such a run is compared with. */
export async function embeddedOf(
  notebook: Notebook,
  { name, places, timeoutS }: Omit<NotebookReportOptions, 'folder'>,
): Promise<Embedded> {
  const { parameters = {} } = (notebook.metadata.papermill ?? {}) as { parameters?: Record<string, unknown> }
  const settings = settingRows(notebook).map((row) => [row.name, row.value])
  return {
    format: 'selma-report',
    version: 1,
    name,
    notebook: bare(notebook),
    parameters,
    ...(timeoutS === undefined ? {} : { timeoutS }),
    provenance: await notebookProvenance(notebook, name),
    settings: Object.fromEntries(settings),
    cells: notebook.cells
      .filter((cell) => cell.cell_type === 'code')
      .map((cell, at) => ({ cell, number: at + 1 }))
      .filter(({ cell }) => cell.source.trim() !== '' && !tagsOf(cell).includes('injected-parameters'))
      .map(({ cell, number }) => ({
        id: cell.id,
        number,
        status: cellStatus(cell),
        outputs: comparables(cell, places),
      })),
  }
}

/** Names for tables, each once. */
function tableNames(): (title: string) => string {
  let count = 0
  return (title) => ['table', ++count, slug(title)].filter((part) => part !== '').join('-')
}

function contents(headings: readonly Heading[]): string {
  if (headings.length < 3) return ''
  const top = Math.min(...headings.map(({ level }) => level))
  const lines = headings
    .filter(({ level }) => level <= top + 1)
    .map(
      ({ level, id, text }) =>
        `<li${level > top ? ' class="deeper"' : ''}><a href="#${id}">${escapeHtml(text)}</a></li>`,
    )
  return `<nav class="contents" aria-label="Contents"><ul>${lines.join('')}</ul></nav>`
}

/** Makes the report of an executed notebook. */
export async function notebookReport(
  notebook: Notebook,
  options: NotebookReportOptions,
): Promise<NotebookReport> {
  const { title = basename(options.name, '.ipynb'), rest } = titleOf(notebook.cells)
  const tables: NotebookReport['tables'] = []
  const headings: Heading[] = []
  const named = tableNames()
  let interactive = false
  const context: CellContext = {
    folder: options.folder,
    // One heading of level 1 is the page's; where there are more, all go down.
    shift: rest.some(({ cell_type, source }) => cell_type === 'markdown' && /^# \S/m.test(source)) ? 1 : 0,
    heading: (level, text) => {
      const id = `s${headings.length + 1}-${slug(text)}`
      headings.push({ level, text, id })
      return id
    },
    table: (table) => {
      const name = named(table.title)
      tables.push({ name, ...table })
      return `<p class="download">${[
        ['csv', 'text/csv;charset=utf-8', table.csv, 'Save as CSV'],
        ['tex', 'text/x-tex;charset=utf-8', table.latex, 'Save as LaTeX'],
      ]
        .map(
          ([extension, type, text, label]) =>
            `<a download="${name}.${extension}" href="${dataUri(type, text)}">${label}</a>`,
        )
        .join('')}</p>`
    },
    figure: () => {
      interactive = true
    },
  }
  const bodies: string[] = []
  let number = 0
  for (const cell of rest) {
    if (cell.cell_type === 'code') number++
    bodies.push(await cellHtml(cell, number, context))
  }
  const data = await embeddedOf(notebook, options)
  const rows = settingRows(notebook)
  const changed = rows.filter((row) => row.changed).length
  const settings =
    rows.length > 0
      ? `<details class="box"><summary>Settings: ${rows.length}, ${changed} of them changed from the default</summary>${settingsTable(rows)}</details>`
      : ''
  const scripts = interactive ? [await inlinePlotly(), figureScript] : []
  const html = htmlPage({
    title,
    head: `<style>${notebookStyle}</style>\n${embeddedHtml(data)}`,
    body: [
      provenanceSection(data.provenance as never),
      settings,
      contents(headings),
      ...bodies.filter((body) => body !== ''),
    ].join('\n'),
    scripts,
  })
  return { html: sealed(html), tables, embedded: data }
}
