// Text for showing: escaping, shortening, sizes. Everything that may come from a model, a data set or a
// file name passes through here before it reaches a page.
import { inspect } from 'node:util'

/** Escapes text for HTML content and attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** A number of bytes for people: 512 B, 1.4 KB, 3.0 MB. */
export function bytes(count: number): string {
  if (count < 1024) return `${count} B`
  const units = ['KB', 'MB', 'GB']
  let value = count / 1024
  let at = 0
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024
    at++
  }
  return `${value.toFixed(1)} ${units[at]}`
}

/** The beginning of a text, and how long it was, when it is longer than `limit` characters. */
export function shorten(text: string, limit = 20_000): string {
  if (text.length <= limit) return text
  const size = `${text.length.toLocaleString('en')} characters`
  return `${text.slice(0, limit)}\n… shortened: ${size} in all, the first ${limit.toLocaleString('en')} shown`
}

/** A value as Node shows it, shortened. */
export function inspected(value: unknown): string {
  if (typeof value === 'string') return shorten(value.length > 20_000 ? value : inspect(value))
  return shorten(inspect(value, { depth: 4, maxArrayLength: 100, maxStringLength: 10_000, breakLength: 100 }))
}
