// danfojs frames for people who explore. Built once from finished records and handed over: the library itself
// computes with its own code, as danfojs has bugs in concat, fillNa, describe and sorting.
import type { DataFrame } from 'danfojs-node'
import { fail } from '../base/errors.ts'

export type { DataFrame }

/** What a cell of a frame can be. */
export type FrameValue = string | number | boolean | null | undefined

/**
 * A DataFrame of records: a column for every field, in order of first appearance.
 *
 * A missing number is NaN, a missing text or boolean null. danfojs is loaded on the first call (about a second).
 *
 * @throws SelmaError `bad-input` when a column mixes types or holds objects
 */
export async function toFrame(records: readonly object[]): Promise<DataFrame> {
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))]
  const dtypes = columns.map((column) => columnType(column, records))
  const rows = records.map((record) =>
    columns.map((column, at) => {
      const value = (record as Record<string, FrameValue>)[column]
      return value ?? (dtypes[at] === 'float32' ? Number.NaN : null)
    }),
  )
  const { DataFrame } = await import('danfojs-node')
  return new DataFrame(rows, { columns, ...(rows.length > 0 ? { dtypes } : {}) })
}

function columnType(column: string, records: readonly object[]): 'float32' | 'int32' | 'string' | 'boolean' {
  const values = records.map((record) => (record as Record<string, unknown>)[column])
  const there = values.filter((value) => value !== undefined && value !== null)
  const types = new Set(there.map((value) => typeof value))
  const [type] = types
  if (types.size > 1) {
    fail('bad-input', `the column ${column} mixes ${[...types].join(' and ')}`, 'a column holds one type')
  }
  if (type === 'object' || type === 'function') {
    fail('bad-input', `the column ${column} holds ${type}s`, 'give flat records: texts, numbers, booleans')
  }
  if (type === 'boolean') return 'boolean'
  if (type !== 'number') return 'string'
  const whole = there.length === values.length && there.every((value) => Number.isInteger(value))
  return whole ? 'int32' : 'float32'
}
