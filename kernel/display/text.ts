// Text for showing: escaping, shortening, sizes. Everything that may come from a model, a data set or a
// file name passes through here before it reaches a page.
import { inspect, types } from 'node:util'

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

/** More than this many values make Node's inspection slow and its text useless. */
const MANY = 20_000

/** Looks at what inspection would visit, four levels deep: true when that is too much. Calls no getter. */
function isHeavy(value: unknown): boolean {
  let left = MANY
  const visit = (one: unknown, depth: number): void => {
    if (--left < 0 || depth > 4 || typeof one !== 'object' || one === null || types.isProxy(one)) return
    if (types.isPromise(one)) hideHooks(one)
    if (Array.isArray(one)) {
      for (let at = 0; at < Math.min(one.length, 100) && left >= 0; at++) {
        const property = Object.getOwnPropertyDescriptor(one, at)
        if (property && 'value' in property) visit(property.value, depth + 1)
      }
    } else if (one instanceof Map || one instanceof Set) {
      let at = 0
      for (const entry of one.values()) {
        if (++at > 100 || left < 0) break
        visit(entry, depth + 1)
      }
    } else if (!ArrayBuffer.isView(one)) {
      const keys = Object.keys(one)
      if (keys.length > MANY) left = -1
      for (const key of keys) {
        if (left < 0) break
        const property = Object.getOwnPropertyDescriptor(one, key)
        if (property && 'value' in property) visit(property.value, depth + 1)
      }
    }
  }
  visit(value, 0)
  return left < 0
}

/** The first keys of an object that has too many of them to look at each. */
function firstKeys(value: object): [object, string] {
  const keys = Object.keys(value)
  if (Array.isArray(value) || ArrayBuffer.isView(value) || keys.length <= 1000) return [value, '']
  const few = Object.fromEntries(
    keys.slice(0, 100).map((key) => [key, (value as Record<string, unknown>)[key]]),
  )
  return [few, `\n… shortened: ${keys.length.toLocaleString('en')} keys in all, the first 100 shown`]
}

/** What asynchronous hooks hang on promises is nobody's value: it stays, but is not listed. */
function hideHooks(promise: Promise<unknown>): void {
  for (const key of Object.getOwnPropertySymbols(promise)) {
    if (/^(trigger_)?async_id_symbol$|^kResourceStore$/.test(key.description ?? ''))
      Object.defineProperty(promise, key, { enumerable: false })
  }
}

/** A value as Node shows it, shortened. Never throws, whatever the value does when it is looked at. */
export function inspected(value: unknown): string {
  if (typeof value === 'string') return shorten(value.length > 20_000 ? value : inspect(value))
  try {
    const heavy = isHeavy(value)
    const options = { depth: heavy ? 2 : 4, maxArrayLength: heavy ? 25 : 100, maxStringLength: 10_000 }
    const plain = typeof value === 'object' && value !== null && !types.isProxy(value)
    const [shown, note] = heavy && plain ? firstKeys(value) : [value, '']
    return shorten(inspect(shown, { ...options, breakLength: 100 })) + note
  } catch (error) {
    const why = error instanceof Error ? error.message : 'no error'
    return `${typeof value === 'function' ? '[Function]' : '[object]'} that cannot be looked at (${why})`
  }
}
