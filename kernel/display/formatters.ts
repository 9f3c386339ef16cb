// How a value looks: the list of formatters, tried in order, ending in Node's own inspection. A value
// that says itself how it looks (`Symbol.for('Jupyter.display')`, Deno's convention) comes first.
import { types } from 'node:util'
import type { MimeBundle } from '../outputs.ts'
import { figure } from './figure.ts'
import { job } from './jobs.ts'
import { blobPicture, picture } from './pictures.ts'
import { isRecord, isTable, MAX_ROWS, tableBundle } from './table.ts'
import { bytes, inspected, shorten } from './text.ts'

/** A value with this method shows itself; the method returns a MIME bundle, or a promise of one. */
export const DISPLAY = Symbol.for('Jupyter.display')

/** One way to show a kind of value; undefined means "not mine". */
export type Formatter = (value: unknown) => MimeBundle | Promise<MimeBundle> | undefined

/** Larger representations are left out: they would make the notebook file unusable. */
const MAX_BYTES = 16 * 1024 * 1024

/** danfojs frames and series, told by their shape: importing danfojs for that would take a second. */
const frame: Formatter = (value) => {
  const it = value as { values?: unknown; index?: unknown; columns?: unknown; $dataIncolumnFormat?: unknown }
  if (typeof value !== 'object' || value === null || isRecord(value) || !('$dataIncolumnFormat' in value))
    return undefined
  if (!Array.isArray(it.values) || !Array.isArray(it.columns) || !Array.isArray(it.index)) return undefined
  const columns = it.columns.map(String)
  const rows = it.values.slice(0, MAX_ROWS).map((row) => {
    const fields = Array.isArray(row) ? row : [row]
    return Object.fromEntries(columns.map((name, at) => [name, fields[at]]))
  })
  return tableBundle(rows, { labels: it.index, total: it.values.length })
}

const failure: Formatter = (value) => {
  if (!(value instanceof Error)) return undefined
  const lines = [`${value.name}: ${value.message}`]
  const hint = (value as { hint?: unknown }).hint
  if (typeof hint === 'string') lines.push(`  hint: ${hint}`)
  if (value.cause instanceof Error) lines.push(`  caused by ${value.cause.name}: ${value.cause.message}`)
  return { 'text/plain': lines.join('\n') }
}

const table: Formatter = (value) => (isTable(value) ? tableBundle(value) : undefined)

const formatters: Formatter[] = [picture, blobPicture, frame, job, figure, failure, table]

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
  const left: string[] = []
  for (const [mime, content] of Object.entries(bundle)) {
    if (content === undefined) continue
    const text = content instanceof Uint8Array ? Buffer.from(content).toString('base64') : content
    if (mime === 'text/plain') {
      out[mime] = shorten(String(text))
      continue
    }
    const size = typeof text === 'string' ? text.length : (JSON.stringify(text)?.length ?? 0)
    if (size <= MAX_BYTES) out[mime] = text
    else left.push(`${mime} of ${bytes(size)}, too large to show`)
  }
  if (left.length > 0) out['text/plain'] = [out['text/plain'], ...left].filter(Boolean).join('\n')
  out['text/plain'] ??= inspected(value)
  return out
}

/** Of whatever realm: a library may have made it elsewhere. */
function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise || types.isPromise(value)
}

function displayMethod(value: unknown): (() => unknown) | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  let method: unknown
  try {
    method = (value as Record<symbol, unknown>)[DISPLAY]
  } catch {
    // A proxy that answers no questions has no display.
  }
  return typeof method === 'function' ? () => (method as () => unknown).call(value) : undefined
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
  const settled = (made: unknown) => (isPromise(made) ? made.then(settle).catch(broken) : settle(made))
  try {
    const own = displayMethod(value)?.()
    if (own !== undefined) return settled(own)
  } catch (error) {
    return broken(error)
  }
  for (const formatter of formatters) {
    try {
      const made = formatter(value)
      if (made !== undefined) return settled(made)
    } catch {
      // A getter that throws, a proxy that refuses: whatever it is, it is not this formatter's.
    }
  }
  return finish({}, value)
}
