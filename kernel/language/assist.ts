// Completion, inspection and "is this complete?" for the cell being typed, from the language service.
import ts from 'typescript'
import type { Converter } from './converter.ts'

export interface Completion {
  matches: string[]
  /** UTF-16 offsets of the text the match replaces. */
  start: number
  end: number
  /** The kind of each match, in TypeScript's words (`const`, `method`, …). */
  kinds: string[]
}

export interface Completeness {
  status: 'complete' | 'incomplete' | 'invalid'
  /** What the next line should begin with. */
  indent: string
}

/** What could stand at `position` (a UTF-16 offset). */
export function complete(converter: Converter, code: string, position: number): Completion {
  const { service, path } = converter.probe(code)
  const found = service.getCompletionsAtPosition(path, position, {
    includeCompletionsForModuleExports: false,
  })
  const start = position - (/[\w$]*$/.exec(code.slice(0, position))?.[0].length ?? 0)
  const prefix = code.slice(start, position).toLowerCase()
  const entries = (found?.entries ?? []).filter((one) => one.name.toLowerCase().startsWith(prefix))
  return {
    matches: entries.map((one) => one.name),
    kinds: entries.map((one) => one.kind),
    start,
    end: position,
  }
}

/** The type and documentation of what is at `position`, as text, or undefined. */
export function inspectAt(converter: Converter, code: string, position: number): string | undefined {
  const { service, path } = converter.probe(code)
  const info =
    service.getQuickInfoAtPosition(path, position) ??
    service.getQuickInfoAtPosition(path, Math.max(0, position - 1))
  if (!info) return undefined
  const tags = (info.tags ?? []).map((one) => `@${one.name} ${ts.displayPartsToString(one.text)}`)
  const parts = [
    ts.displayPartsToString(info.displayParts),
    ts.displayPartsToString(info.documentation),
    tags.join('\n'),
  ]
  return parts.filter(Boolean).join('\n\n')
}

/** Whether Enter should run the code or start another line. */
export function isComplete(code: string): Completeness {
  const source = ts.createSourceFile('cell.mts', code, ts.ScriptTarget.Latest, true)
  const problems = (source as unknown as { parseDiagnostics: ts.Diagnostic[] }).parseDiagnostics
  if (problems.length === 0) return { status: 'complete', indent: '' }
  const end = code.trimEnd().length
  // Unterminated template, comment or string templates, or something still expected at the end.
  const open = problems.some((one) => one.code === 1160 || one.code === 1010 || (one.start ?? 0) >= end)
  if (!open) return { status: 'invalid', indent: '' }
  const line = code.slice(code.lastIndexOf('\n') + 1)
  const indent = /^\s*/.exec(line)?.[0] ?? ''
  return { status: 'incomplete', indent: /[{([]\s*$/.test(line) ? `${indent}  ` : indent }
}
