// Two runs of one notebook, cell by cell: what is no longer the same, from what to what.
import { createRequire } from 'node:module'
import type { Comparable } from './comparable.ts'

const require = createRequire(import.meta.url)

/** One thing that is not the same. */
export interface Difference {
  what: string
  old: string
  new: string
}

/** At most so many differences of one output are named. */
const MAX_NAMED = 12

const cut = (text: string): string => (text.length > 160 ? `${text.slice(0, 159)}…` : text)
const pair = (what: string, before: string, after: string): Difference => ({
  what,
  old: cut(before),
  new: cut(after),
})

function parseCsv(csv: string): string[][] {
  const Papa = require('papaparse') as typeof import('papaparse')
  return Papa.parse<string[]>(csv, { skipEmptyLines: true, delimiter: ',' }).data
}

function tableDifferences(before: string, after: string): Difference[] {
  const [old, now] = [parseCsv(before), parseCsv(after)]
  const sizeOf = (rows: string[][]) => `${rows.length - 1} rows × ${rows[0]?.length ?? 0} columns`
  if (sizeOf(old) !== sizeOf(now)) return [pair('size', sizeOf(old), sizeOf(now))]
  const [header] = old
  return old.flatMap((row, line) =>
    row.flatMap((cell, at) => {
      if (cell === now[line][at]) return []
      const where = line === 0 ? `heading ${at + 1}` : at === 0 ? `label ${line}` : `${row[0]}, ${header[at]}`
      return [pair(where, cell, now[line][at])]
    }),
  )
}

function textDifferences(before: string, after: string): Difference[] {
  const [old, now] = [before.split('\n'), after.split('\n')]
  const lines = Array.from({ length: Math.max(old.length, now.length) }, (_, at) => at)
  return lines.flatMap((at) =>
    old[at] === now[at] ? [] : [pair(`line ${at + 1}`, old[at] ?? '(nothing)', now[at] ?? '(nothing)')],
  )
}

/** The first values of two JSON documents that differ. */
function dataDifferences(before: unknown, after: unknown, where = ''): Difference[] {
  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
  if (isObject(before) && isObject(after) && Array.isArray(before) === Array.isArray(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    return names.flatMap((name) =>
      dataDifferences(
        (before as Record<string, unknown>)[name],
        (after as Record<string, unknown>)[name],
        where ? `${where}.${name}` : name,
      ),
    )
  }
  const [old, now] = [before, after].map((value) => JSON.stringify(value) ?? '(nothing)')
  return old === now ? [] : [pair(where || 'value', old, now)]
}

function outputDifferences(before: Comparable, after: Comparable): Difference[] {
  if (before.kind !== after.kind) return [pair('kind', before.kind, after.kind)]
  if (before.hash === after.hash) return []
  const [old, now] = [before.value, after.value]
  const hashes = [pair('hash', before.hash.slice(0, 16), after.hash.slice(0, 16))]
  if (old === undefined || now === undefined) return hashes
  const found =
    before.kind === 'table'
      ? tableDifferences(old, now)
      : before.kind === 'figure' || before.kind === 'data'
        ? dataDifferences(JSON.parse(old), JSON.parse(now))
        : textDifferences(old, now)
  return found.length > 0 ? found : hashes
}

/** What differs between the outputs of a cell, run twice. */
export function compareOutputs(before: readonly Comparable[], after: readonly Comparable[]): Difference[] {
  const kinds = (all: readonly Comparable[]) => all.map(({ kind }) => kind).join(', ') || 'nothing'
  if (before.length !== after.length) return [pair('outputs', kinds(before), kinds(after))]
  return before.flatMap((one, at) => {
    const found = outputDifferences(one, after[at])
    const named = found.slice(0, MAX_NAMED).map((each) => ({ ...each, what: `${one.kind}, ${each.what}` }))
    const more = found.length - named.length
    return more > 0 ? [...named, pair(`${one.kind}, and ${more} more`, '', '')] : named
  })
}

/** What differs between two records of settings or of provenance. */
export function compareRecords(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Difference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const text = (value: unknown) =>
    value === undefined ? '(nothing)' : typeof value === 'string' ? value : JSON.stringify(value)
  return names.flatMap((name) => {
    const [old, now] = [text(before[name]), text(after[name])]
    return old === now ? [] : [pair(name, old, now)]
  })
}
