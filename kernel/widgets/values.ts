// What widget states are made of: JSON values, bytes, dates, and references to other widgets, which travel
// as "IPY_MODEL_<id>". Which widgets are open is known here, because references are looked up by id.
import { isRecord } from '../display/table.ts'
import { bytesOf } from './buffers.ts'

const mark = Symbol('widget')
const prefix = 'IPY_MODEL_'

/** What this module needs to know of a widget. */
export interface WidgetLike {
  readonly model_id: string
  has(name: string): boolean
}

/** The open widgets of this process, in the order of their opening. */
export const openWidgets = new Map<string, WidgetLike>()

/** Makes instances of a class known as widgets. */
export function markAsWidget(prototype: object): void {
  Object.defineProperty(prototype, mark, { value: true })
}

export function isWidget(value: unknown): value is WidgetLike {
  return typeof value === 'object' && value !== null && mark in value
}

/** A value as it is sent: widgets as references, dates as ISO text, bytes left in. */
export function toPage(value: unknown): unknown {
  if (isWidget(value)) return prefix + value.model_id
  if (Array.isArray(value)) return value.map(toPage)
  if (value instanceof Date) return value.toISOString()
  if (!isRecord(value)) return value
  const entries = Object.entries(value).filter(([, one]) => one !== undefined)
  return Object.fromEntries(entries.map(([key, one]) => [key, toPage(one)]))
}

/** Copies what `toPage` can carry; undefined when there is something else in it, or a cycle. */
function copied(value: unknown, inside: Set<unknown>): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (isWidget(value) || ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value
  if (!(Array.isArray(value) || isRecord(value)) || inside.has(value) || inside.size > 200) return undefined
  inside.add(value)
  try {
    if (Array.isArray(value)) {
      const list = Array.from(value, (one) => copied(one, inside))
      return list.includes(undefined) ? undefined : list
    }
    const entries = Object.entries(value).filter(([, one]) => one !== undefined)
    const made = entries.map(([key, one]): [string, unknown] => [key, copied(one, inside)])
    return made.some(([, one]) => one === undefined) ? undefined : Object.fromEntries(made)
  } finally {
    inside.delete(value)
  }
}

function fromPage(json: unknown): unknown {
  if (typeof json === 'string') {
    return json.startsWith(prefix) ? (openWidgets.get(json.slice(prefix.length)) ?? json) : json
  }
  if (Array.isArray(json)) return json.map(fromPage)
  if (!isRecord(json) || bytesOf(json)) return json
  return Object.fromEntries(Object.entries(json).map(([key, one]) => [key, fromPage(one)]))
}

/** The widest kind of value. `parse` copies, so that what is kept does not change behind its back. */
export const anything = {
  parse: (value: unknown): unknown => copied(value, new Set()),
  fromPage,
}
