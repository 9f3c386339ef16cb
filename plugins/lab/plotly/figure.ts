// What is taken from an `application/vnd.plotly.v1+json` output. It may come from a notebook that nobody trusts: it
// is copied (Plotly writes into what it draws, and the notebook's own must stay as it is), its texts are cut to a
// length that can be drawn, links other than http and mailto are taken out, and of its configuration only switches
// are kept that can do no harm.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

export interface Figure {
  data: Record<string, Json>[]
  layout: Record<string, Json>
  config: Record<string, Json>
}

/** Longest text that is drawn, characters: Plotly lays text out word by word. */
const longest = 4000

/** Not texts: encoded arrays and pictures. */
const encoded = new Set(['bdata', 'source'])

const switches = new Set([
  'displayModeBar',
  'displaylogo',
  'doubleClick',
  'modeBarButtonsToRemove',
  'scrollZoom',
  'staticPlot',
])

/** Plotly draws a little HTML in its texts. Of links it may keep those that a browser opens as a page or a letter. */
export function withoutBadLinks(text: string): string {
  if (!/<\s*a\b/i.test(text)) return text
  return text.replace(/<\s*a\b[^>]*>?/gi, (tag) => {
    // As a browser reads an address: control characters and spaces in it count for nothing.
    const target = /href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*))/i.exec(tag)
    const address = decode(target?.[1] ?? target?.[2] ?? target?.[3] ?? '').replace(/[\p{Cc}\s]/gu, '')
    return /^(https?:\/\/|mailto:)/i.test(address) ? tag : '<a>'
  })
}

const decode = (text: string): string =>
  text
    .replace(/&#x([0-9a-f]+);?/gi, (_, digits) => letter(Number.parseInt(digits, 16)))
    .replace(/&#(\d+);?/g, (_, digits) => letter(Number(digits)))
    .replace(/&(tab|newline|colon);/gi, (_, name) => (name.toLowerCase() === 'colon' ? ':' : ''))

const letter = (code: number): string => (code > 0 && code < 0x110000 ? String.fromCodePoint(code) : '')

function cleanText(text: string, key: string): string {
  if (encoded.has(key)) return /^\s*(javascript|vbscript|data:text)/i.test(text) ? '' : text
  const short = text.length > longest ? `${text.slice(0, longest)}…` : text
  return withoutBadLinks(short)
}

function clean(value: unknown, key: string, depth: number): Json {
  if (typeof value === 'string') return cleanText(value, key)
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value
  if (typeof value !== 'object' || depth > 40) return null
  if (Array.isArray(value)) return value.map((item) => clean(item, key, depth + 1))
  const copy: Record<string, Json> = {}
  for (const [name, item] of Object.entries(value)) {
    if (name === '__proto__' || name === 'constructor' || name === 'prototype') continue
    copy[name] = clean(item, name, depth + 1)
  }
  return copy
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The figure, or undefined when this is none. The value given is not changed. */
export function readFigure(value: unknown): Figure | undefined {
  if (!isRecord(value) || !Array.isArray(value.data)) return undefined
  const config = isRecord(value.config) ? Object.entries(value.config) : []
  return {
    data: value.data.filter(isRecord).map((trace) => clean(trace, '', 0) as Record<string, Json>),
    layout: isRecord(value.layout) ? (clean(value.layout, '', 0) as Record<string, Json>) : {},
    config: Object.fromEntries(
      config.filter(([key]) => switches.has(key)).map(([key, item]) => [key, clean(item, key, 0)]),
    ),
  }
}
