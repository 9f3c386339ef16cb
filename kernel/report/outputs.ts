// A cell's outputs as HTML: the richest form that is safe and needs nothing from outside, whatever a cell may have
// put there.
import {
  dataUri,
  escapeHtml,
  Figure,
  type FigureJson,
  figureHtml,
  markdownToHtml,
} from '../../lib/plots/index.ts'
import type { NotebookOutput } from '../notebook.ts'
import type { MimeBundle } from '../outputs.ts'
import { safeHtml } from './safe-html.ts'
import { type TableTexts, tablesOf } from './tables.ts'
import { printedText, shortened } from './text.ts'

/** What an output is shown with. */
export interface OutputContext {
  /** How the cell is called in alternative texts. */
  cell: string
  picture: (source: string) => string | undefined
  /** Takes a table in; the HTML of its downloads comes back. */
  table: (table: TableTexts) => string
  /** Called when the page needs plotly.js. */
  figure: () => void
}

const PLOTLY = 'application/vnd.plotly.v1+json'
const bitmaps = ['image/png', 'image/jpeg', 'image/gif', 'image/webp']
const base64 = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[\w+/=\s-]+$/.test(value) ? value.replace(/\s/g, '') : undefined

const pre = (text: string, kind: string): string =>
  `<pre class="${kind}" tabindex="0">${escapeHtml(shortened(text))}</pre>`

function isFigure(value: unknown): value is FigureJson {
  const { data, layout } = (value ?? {}) as { data?: unknown; layout?: unknown }
  return Array.isArray(data) && typeof layout === 'object' && layout !== null
}

async function figure(value: FigureJson, data: MimeBundle): Promise<string> {
  const summary = plainOf(data) || 'Figure'
  const drawn = new Figure({ data: value.data, layout: value.layout, summary })
  const given = base64(data['image/png'])
  // Kinds that only a browser can draw are left without a static picture.
  const png = given ? Buffer.from(given, 'base64') : await drawn.toPng().catch(() => undefined)
  return figureHtml(drawn.toJSON(), { png, summary })
}

const plainOf = (data: MimeBundle): string =>
  typeof data['text/plain'] === 'string' ? printedText(data['text/plain']) : ''

function picture(mime: string, data: MimeBundle, metadata: Record<string, unknown>, cell: string): string {
  const own = (metadata[mime] ?? metadata) as { alt?: unknown; width?: unknown; height?: unknown }
  const alt =
    typeof own.alt === 'string' ? own.alt : plainOf(data).slice(0, 500) || `Picture shown by ${cell}`
  const size = (['width', 'height'] as const)
    .filter((name) => Number.isFinite(own[name]))
    .map((name) => ` ${name}="${Number(own[name])}"`)
  const value = data[mime]
  const source =
    mime === 'image/svg+xml' ? dataUri(mime, String(value)) : `data:${mime};base64,${base64(value) ?? ''}`
  return `<img class="shown" src="${source}" alt="${escapeHtml(alt)}"${size.join('')}>`
}

/** The best representation of a MIME bundle. */
async function bundleHtml(
  data: MimeBundle,
  metadata: Record<string, unknown>,
  context: OutputContext,
): Promise<string> {
  const { [PLOTLY]: plotly, 'text/html': html, 'text/markdown': markdown, 'text/latex': latex } = data
  if (isFigure(plotly)) {
    context.figure()
    return figure(plotly, data)
  }
  if (typeof html === 'string') {
    const downloads = tablesOf(data).map(context.table)
    return `<div class="scroll html">${safeHtml(html, context.picture)}</div>${downloads.join('')}`
  }
  if (typeof data['image/svg+xml'] === 'string') return picture('image/svg+xml', data, metadata, context.cell)
  const bitmap = bitmaps.find((mime) => base64(data[mime]) !== undefined)
  if (bitmap) return picture(bitmap, data, metadata, context.cell)
  if (typeof markdown === 'string') return markdownToHtml(markdown, { picture: context.picture, shift: 2 })
  if (typeof latex === 'string') return pre(latex, 'output')
  if (data['application/json'] !== undefined)
    return pre(JSON.stringify(data['application/json'], null, 2), 'output')
  return pre(plainOf(data), 'output')
}

/** An output as HTML. */
export async function outputHtml(output: NotebookOutput, context: OutputContext): Promise<string> {
  if (output.output_type === 'stream') {
    const kind = output.name === 'stderr' ? 'output stderr' : 'output'
    return pre(printedText(output.text).replace(/\n+$/, ''), kind)
  }
  if (output.output_type === 'error') {
    const text = printedText(output.traceback.join('\n')) || `${output.ename}: ${output.evalue}`
    return `<div class="failure" role="group" aria-label="Error"><strong>${escapeHtml(output.ename)}</strong>${pre(text, 'output')}</div>`
  }
  return bundleHtml(output.data, output.metadata, context)
}
