// How a value looks: the list of formatters, tried in order, ending in Node's own inspection. A value
// that says itself how it looks (`Symbol.for('Jupyter.display')`, Deno's convention) comes first.
import type { MimeBundle } from '../outputs.ts'
import { isRecord, isTable, tableBundle } from './table.ts'
import { bytes, inspected, shorten } from './text.ts'

/** A value with this method shows itself; the method returns a MIME bundle, or a promise of one. */
export const DISPLAY = Symbol.for('Jupyter.display')

/** One way to show a kind of value; undefined means "not mine". */
export type Formatter = (value: unknown) => MimeBundle | Promise<MimeBundle> | undefined

/** Larger representations are left out: they would make the notebook file unusable. */
const MAX_BYTES = 16 * 1024 * 1024

const signatures: [mime: string, name: string, magic: number[], offset: number][] = [
  ['image/png', 'PNG', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], 0],
  ['image/jpeg', 'JPEG', [0xff, 0xd8, 0xff], 0],
  ['image/gif', 'GIF', [0x47, 0x49, 0x46, 0x38], 0],
  ['image/webp', 'WebP', [0x57, 0x45, 0x42, 0x50], 8],
]

const picture: Formatter = (value) => {
  if (!(value instanceof Uint8Array)) return undefined
  const found = signatures.find(([, , magic, offset]) =>
    magic.every((byte, at) => value[offset + at] === byte),
  )
  if (!found) return undefined
  const [mime, name] = found
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  const size = name === 'PNG' && value.length >= 24 ? ` ${view.getUint32(16)}×${view.getUint32(20)},` : ''
  return { [mime]: value, 'text/plain': `${name} picture,${size} ${bytes(value.length)}` }
}

/** danfojs frames and series, told by their shape: importing danfojs for that would take a second. */
const frame: Formatter = (value) => {
  const it = value as { values?: unknown; index?: unknown; columns?: unknown; $dataIncolumnFormat?: unknown }
  if (typeof value !== 'object' || value === null || isRecord(value) || !('$dataIncolumnFormat' in value))
    return undefined
  if (!Array.isArray(it.values) || !Array.isArray(it.columns) || !Array.isArray(it.index)) return undefined
  const columns = it.columns.map(String)
  const rows = it.values.map((row) => {
    const fields = Array.isArray(row) ? row : [row]
    return Object.fromEntries(columns.map((name, at) => [name, fields[at]]))
  })
  return tableBundle(rows, it.index)
}

const figure: Formatter = (value) => {
  if (typeof value !== 'object' || value === null) return undefined
  const { data, layout, config } = value as { data?: unknown; layout?: unknown; config?: unknown }
  const isFigure =
    Array.isArray(data) &&
    data.every((one) => isRecord(one)) &&
    isRecord(layout) &&
    data.some((one) => 'type' in one || 'y' in one)
  if (!isFigure) return undefined
  const kinds = data.map((one) => String((one as { type?: unknown }).type ?? 'scatter')).join(', ')
  const title = layout.title as { text?: unknown } | string | undefined
  const name = typeof title === 'string' ? title : title?.text
  return {
    'application/vnd.plotly.v1+json': config === undefined ? { data, layout } : { data, layout, config },
    'text/plain': `Plotly figure${name ? ` “${name}”` : ''}: ${kinds}`,
  }
}

const failure: Formatter = (value) => {
  if (!(value instanceof Error)) return undefined
  const hint = (value as { hint?: unknown }).hint
  return {
    'text/plain': `${value.name}: ${value.message}${typeof hint === 'string' ? `\n  hint: ${hint}` : ''}`,
  }
}

const table: Formatter = (value) => (isTable(value) ? tableBundle(value) : undefined)

const formatters: Formatter[] = [picture, frame, figure, failure, table]

/** Adds a formatter before the built-in ones; returns how to take it away again. */
export function registerFormatter(formatter: Formatter): () => void {
  formatters.unshift(formatter)
  return () => {
    const at = formatters.indexOf(formatter)
    if (at >= 0) formatters.splice(at, 1)
  }
}

/** Bytes to base64, a plain text always there, nothing absurdly large. */
function finish(bundle: MimeBundle, value: unknown): MimeBundle {
  const out: MimeBundle = {}
  for (const [mime, content] of Object.entries(bundle)) {
    if (content === undefined) continue
    const text = content instanceof Uint8Array ? Buffer.from(content).toString('base64') : content
    if (mime === 'text/plain') {
      out[mime] = shorten(String(text))
      continue
    }
    const size = typeof text === 'string' ? text.length : (JSON.stringify(text)?.length ?? 0)
    if (size <= MAX_BYTES) out[mime] = text
    else out['text/plain'] ??= `${mime} of ${bytes(size)}, too large to show`
  }
  out['text/plain'] ??= inspected(value)
  return out
}

function displayMethod(value: unknown): (() => unknown) | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  const method = (value as Record<symbol, unknown>)[DISPLAY]
  return typeof method === 'function' ? () => method.call(value) : undefined
}

/**
 * The MIME bundle of any value; a promise only when the value or a formatter gave one.
 *
 * A value's own method that fails is not hidden: its error is in the text that is shown instead.
 */
export function format(value: unknown): MimeBundle | Promise<MimeBundle> {
  const broken = (error: unknown): MimeBundle => ({
    'text/plain': `${inspected(value)}\n(its display failed: ${error instanceof Error ? error.message : String(error)})`,
  })
  const settle = (made: unknown): MimeBundle => {
    if (isRecord(made)) return finish(made, value)
    return broken(new TypeError('it returned no MIME bundle'))
  }
  try {
    const own = displayMethod(value)?.()
    if (own !== undefined) {
      return own instanceof Promise ? own.then(settle).catch(broken) : settle(own)
    }
    for (const formatter of formatters) {
      const made = formatter(value)
      if (made !== undefined) return made instanceof Promise ? made.then(settle).catch(broken) : settle(made)
    }
    return finish({}, value)
  } catch (error) {
    return broken(error)
  }
}
