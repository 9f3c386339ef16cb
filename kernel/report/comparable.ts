// What of a cell's outputs is compared when a notebook is run again: the numbers of tables, the pixels' bytes, the
// data of figures, printed text. Not how long it took, whether the cache answered, or where the folders lie.
import { createRequire } from 'node:module'
import { z } from 'zod'
import { sha256 } from '../../lib/base/files.ts'
import type { CodeCell, NotebookOutput } from '../notebook.ts'
import { tablesOf } from './tables.ts'
import { printedText } from './text.ts'

const require = createRequire(import.meta.url)

/** Longer values are kept as their hash only, in characters. */
const MAX_VALUE = 20_000

export const comparableSchema = z.object({
  kind: z.enum(['text', 'table', 'html', 'figure', 'picture', 'data', 'error']),
  /** SHA-256 of the value, hex. */
  hash: z.string(),
  value: z.string().optional(),
})
/** An output in the form that is compared. */
export type Comparable = z.output<typeof comparableSchema>

/** A folder of the run, and what stands for it in compared texts. */
export type Place = readonly [folder: string, name: string]

/** Texts without what differs between two runs that are the same. */
function neutral(text: string, places: readonly Place[]): string {
  const placed = places.reduce(
    (all, [folder, name]) => (folder.length > 1 ? all.replaceAll(folder, name) : all),
    text,
  )
  return placed.replace(/from the cache \([^()]*\)/g, 'computed')
}

const PLOTLY = 'application/vnd.plotly.v1+json'

const comparable = (kind: Comparable['kind'], value: string): Comparable => ({
  kind,
  hash: sha256(value),
  ...(kind !== 'picture' && value.length <= MAX_VALUE ? { value } : {}),
})

/** Texts of HTML, and the hashes of its pictures. */
function htmlTexts(html: string): string {
  const { JSDOM } = require('jsdom') as typeof import('jsdom')
  const fragment = JSDOM.fragment(html)
  for (const image of fragment.querySelectorAll('img')) {
    const source = image.getAttribute('src') ?? ''
    image.replaceWith(` [picture ${source.startsWith('data:') ? sha256(source).slice(0, 16) : source}] `)
  }
  return (fragment.textContent ?? '').replace(/\s+/g, ' ').trim()
}

function shownForms(
  { data }: Extract<NotebookOutput, { output_type: 'display_data' | 'execute_result' }>,
  places: readonly Place[],
): Comparable[] {
  const tables = tablesOf(data)
  if (tables.length > 0) return tables.map(({ csv }) => comparable('table', neutral(csv, places)))
  const { [PLOTLY]: plotly, 'text/html': html, 'text/plain': plain, 'application/json': json } = data
  if (plotly !== undefined) return [comparable('figure', neutral(JSON.stringify(plotly), places))]
  if (typeof html === 'string') return [comparable('html', neutral(htmlTexts(html), places))]
  const picture = Object.entries(data).find(([mime]) => mime.startsWith('image/'))
  if (picture) return [comparable('picture', String(picture[1]).replace(/\s/g, ''))]
  if (json !== undefined) return [comparable('data', neutral(JSON.stringify(json), places))]
  const text = data['text/markdown'] ?? data['text/latex'] ?? plain ?? ''
  return [comparable('text', neutral(printedText(String(text)), places))]
}

/**
 * The outputs of a cell as they are compared: what it printed to stdout as one text, then what it showed, in
 * order. What it printed to stderr is not compared: times and warnings stand there.
 */
export function comparables({ outputs }: CodeCell, places: readonly Place[] = []): Comparable[] {
  const printed = outputs
    .flatMap((one) => (one.output_type === 'stream' && one.name === 'stdout' ? [one.text] : []))
    .join('')
  const shown = outputs.flatMap((one) => {
    if (one.output_type === 'stream') return []
    if (one.output_type === 'error')
      return [comparable('error', neutral(printedText(`${one.ename}: ${one.evalue}`), places))]
    return shownForms(one, places)
  })
  return printed === '' ? shown : [comparable('text', neutral(printedText(printed), places)), ...shown]
}
