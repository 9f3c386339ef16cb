// Binary values in widget states: taken out of the JSON and named by their paths (`buffer_paths`), put back
// on arrival. As in ipywidgets, a taken-out field is missing from its object and null in its list.
import { isRecord } from '../display/table.ts'

export interface SplitState {
  state: Record<string, unknown>
  buffer_paths: (string | number)[][]
  buffers: Uint8Array[]
}

/** The bytes of a buffer or a view of one, uncopied; undefined for anything else. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  return undefined
}

/** Takes the binary values out of a state; the state itself stays as it is. */
export function splitBuffers(state: Record<string, unknown>): SplitState {
  const buffer_paths: (string | number)[][] = []
  const buffers: Uint8Array[] = []
  const take = (value: unknown, path: (string | number)[]): unknown => {
    if (Array.isArray(value)) {
      return value.map((one, at) => {
        const bytes = bytesOf(one)
        if (!bytes) return take(one, [...path, at])
        buffer_paths.push([...path, at])
        buffers.push(bytes)
        return null
      })
    }
    if (!isRecord(value)) return value
    const entries = Object.entries(value).flatMap(([key, one]): [string, unknown][] => {
      const bytes = bytesOf(one)
      if (!bytes) return [[key, take(one, [...path, key])]]
      buffer_paths.push([...path, key])
      buffers.push(bytes)
      return []
    })
    return Object.fromEntries(entries)
  }
  return { state: take(state, []) as Record<string, unknown>, buffer_paths, buffers }
}

/**
 * Puts buffers where their paths say, as plain `Uint8Array`s. Paths come from the page: one that leads
 * nowhere is passed over.
 *
 * @returns a copy of the state as far as the paths go
 */
export function joinBuffers(
  state: Record<string, unknown>,
  paths: unknown,
  buffers: readonly Uint8Array[],
): Record<string, unknown> {
  if (!Array.isArray(paths) || paths.length === 0) return state
  const root = structuredClone(state)
  for (const [at, path] of paths.entries()) {
    const bytes = bytesOf(buffers[at])
    if (!bytes || !Array.isArray(path) || path.length === 0) continue
    let place: unknown = root
    for (const key of path.slice(0, -1)) place = field(place, key) ? (place as Place)[key] : undefined
    const last = path.at(-1) as string
    if (Array.isArray(place) ? field(place, last) : isRecord(place) && typeof last === 'string') {
      // Not an assignment: `__proto__` is a key like any other here.
      Object.defineProperty(place, last, {
        value: bytes,
        writable: true,
        enumerable: true,
        configurable: true,
      })
    }
  }
  return root
}

type Place = Record<string | number, unknown>

function field(place: unknown, key: unknown): key is string | number {
  if (Array.isArray(place))
    return Number.isInteger(key) && (key as number) >= 0 && (key as number) < place.length
  return isRecord(place) && typeof key === 'string' && Object.hasOwn(place, key)
}
