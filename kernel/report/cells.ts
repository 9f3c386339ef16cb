// The cells of a notebook as HTML: Markdown with its headings, code that can be folded away, outputs. Which cells
// are folded or left out follows the tags of Jupyter Book (`hide-input`, `remove-cell`, …) and Jupyter's own marks.
import { escapeHtml, markdownToHtml } from '../../lib/plots/index.ts'
import { type CodeCell, type NotebookCell, tagsOf } from '../notebook.ts'
import { highlighted } from './code.ts'
import { type OutputContext, outputHtml } from './outputs.ts'
import { pictureFinder } from './pictures.ts'
import { cellStatus } from './provenance.ts'

/** A heading of the page. */
export interface Heading {
  level: number
  text: string
  id: string
}

export interface CellContext extends Pick<OutputContext, 'table' | 'figure'> {
  /** Where the notebook lies; pictures it names are looked for there. */
  folder: string
  /** Headings go down by so many levels. */
  shift: number
  /** Takes a heading in; its id comes back. */
  heading: (level: number, text: string) => string
}

/** The first heading of level 1, which becomes the page's title, and the cells without it. */
export function titleOf(cells: readonly NotebookCell[]): { title?: string; rest: NotebookCell[] } {
  const at = cells.findIndex(({ cell_type, source }) => cell_type === 'markdown' && /^# \S/m.test(source))
  if (at < 0) return { rest: [...cells] }
  const { source } = cells[at]
  const [line, words] = /^# +(.*\S) *$/m.exec(source) as RegExpExecArray
  const rest = cells.map((one, i) => (i === at ? { ...one, source: source.replace(line, '') } : one))
  return { title: words.replace(/[*_`]/g, ''), rest }
}

const seconds = ({ metadata }: CodeCell): string => {
  const { duration } = (metadata.papermill ?? {}) as { duration?: unknown }
  return typeof duration === 'number' ? `${duration.toFixed(1)} s` : ''
}

async function codeHtml(cell: CodeCell, number: number, context: CellContext): Promise<string> {
  const tags = new Set(tagsOf(cell))
  const jupyter = (cell.metadata.jupyter ?? {}) as { source_hidden?: boolean; outputs_hidden?: boolean }
  const name = `cell ${number}`
  const parts: string[] = []
  if (!tags.has('remove-input')) {
    const shut = tags.has('hide-input') || tags.has('hide-cell') || jupyter.source_hidden
    const label = tags.has('injected-parameters') ? 'Parameters of this run' : 'Code'
    const about = [label, name, seconds(cell)].filter(Boolean).join(' · ')
    parts.push(
      `<details${shut ? '' : ' open'}><summary>${about}</summary><pre tabindex="0"><code>${highlighted(cell.source)}</code></pre></details>`,
    )
  }
  if (!tags.has('remove-output') && cell.outputs.length > 0) {
    const picture = pictureFinder(context.folder, cell)
    const outputs: string[] = []
    for (const output of cell.outputs)
      outputs.push(await outputHtml(output, { ...context, cell: name, picture }))
    const shut = tags.has('hide-output') || tags.has('hide-cell') || jupyter.outputs_hidden
    parts.push(
      shut
        ? `<details><summary>Output · ${name}</summary>${outputs.join('\n')}</details>`
        : outputs.join('\n'),
    )
  }
  const status = cellStatus(cell)
  if (status === 'not run') parts.push(`<p class="state">${name} was not run</p>`)
  if (status === 'failed') parts.push(`<p class="state bad">${name} failed</p>`)
  return `<section class="cell" aria-label="Code ${name}">${parts.join('\n')}</section>`
}

/** A cell as HTML; empty for one that is left out. @param number of a code cell, counted from 1 */
export async function cellHtml(cell: NotebookCell, number: number, context: CellContext): Promise<string> {
  if (tagsOf(cell).includes('remove-cell') || cell.source.trim() === '') return ''
  if (cell.cell_type === 'code') return codeHtml(cell, number, context)
  if (cell.cell_type === 'raw') return `<pre class="output" tabindex="0">${escapeHtml(cell.source)}</pre>`
  const { shift, heading, folder } = context
  return markdownToHtml(cell.source, { picture: pictureFinder(folder, cell), shift, heading })
}
