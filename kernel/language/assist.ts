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

/**
 * The type and documentation of what is at `position`, as text, or undefined. Inside the parentheses of a
 * call where nothing else is pointed at, that is the called function.
 *
 * @param detail 1 adds all documentation tags and where it is declared
 */
export function inspectAt(
  converter: Converter,
  code: string,
  position: number,
  detail: 0 | 1 = 0,
): string | undefined {
  const { service, path, isCell } = converter.probe(code)
  const at = [position, Math.max(0, position - 1)].find((one) => service.getQuickInfoAtPosition(path, one))
  const info = at === undefined ? undefined : service.getQuickInfoAtPosition(path, at)
  const call = service.getSignatureHelpItems(path, position, undefined)
  if (!info && !call) return undefined
  const parts: string[] = []
  if (info) {
    parts.push(
      ts
        .displayPartsToString(info.displayParts)
        .replace(/^\(alias\) /, '')
        .replace(/\nimport .*$/, ''),
    )
    parts.push(ts.displayPartsToString(info.documentation), tagLines(info.tags, detail))
    if (detail === 1) parts.push(declaredAt(service, path, at!, isCell))
  }
  const signature = call && signatureText(call)
  if (signature && !parts.some((one) => one.includes(signature.head))) {
    parts.push(`in the call: ${signature.head}`, signature.argument)
    if (!info) parts.push(signature.documentation)
  }
  return parts.filter(Boolean).join('\n\n')
}

/** `@param` and the like; without detail only those that say something about the use. */
function tagLines(tags: readonly ts.JSDocTagInfo[] | undefined, detail: 0 | 1): string {
  const brief = new Set(['param', 'returns', 'throws', 'deprecated'])
  return (tags ?? [])
    .filter((one) => detail === 1 || brief.has(one.name))
    .map((one) => `@${one.name} ${ts.displayPartsToString(one.text)}`.trimEnd())
    .join('\n')
}

function declaredAt(
  service: ts.LanguageService,
  path: string,
  position: number,
  isCell: (path: string) => boolean,
): string {
  const places = (service.getDefinitionAtPosition(path, position) ?? []).slice(0, 3).map((one) => {
    if (isCell(one.fileName)) return one.fileName === path ? 'this cell' : 'an earlier cell'
    const source = service.getProgram()?.getSourceFile(one.fileName)
    const line = source ? source.getLineAndCharacterOfPosition(one.textSpan.start).line + 1 : 1
    return `${one.fileName}:${line}`
  })
  return places.length > 0 ? `declared in ${[...new Set(places)].join(', ')}` : ''
}

/** The signature being called, and what its current argument is for. */
function signatureText(call: ts.SignatureHelpItems) {
  const item = call.items[call.selectedItemIndex] ?? call.items[0]
  const text = ts.displayPartsToString
  const parameter = item.parameters[Math.min(call.argumentIndex, item.parameters.length - 1)]
  const about = parameter ? text(parameter.documentation) : ''
  return {
    head:
      text(item.prefixDisplayParts) +
      item.parameters.map((one) => text(one.displayParts)).join(text(item.separatorDisplayParts)) +
      text(item.suffixDisplayParts),
    argument: parameter
      ? `argument ${call.argumentIndex + 1}: ${text(parameter.displayParts)}${about ? ` — ${about}` : ''}`
      : '',
    documentation: text(item.documentation),
  }
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
