// Completion, inspection and "is this complete?" for the cell being typed, from the language service.
import ts from 'typescript'
import { findMagics } from '../magics/find.ts'
import { cellMagics, lineMagics } from '../magics/list.ts'
import type { Converter, Probe } from './converter.ts'
import { matching, quickCompletion } from './quick.ts'

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
export function complete(converter: Converter, text: string, position: number): Completion {
  const typed = /^[ \t]*(%%?)(\w*)$/.exec(text.slice(text.lastIndexOf('\n', position - 1) + 1, position))
  if (typed) {
    const names = [...(typed[1] === '%' ? lineMagics : cellMagics).keys()]
    const entries = names.map((name) => ({ name, kind: 'keyword' }))
    return matching(entries, text, position - typed[2].length, position)
  }
  const { code } = converter.magicsOf(text)
  const start = position - (/[\w$\u0080-\uffff]*$/.exec(code.slice(0, position))?.[0].length ?? 0)
  const quick = asked(() => quickCompletion(converter, code, start, position))
  if (quick) return quick
  const { service, path, offset } = converter.probe(code)
  const found = asked(() =>
    service.getCompletionsAtPosition(path, offset + position, {
      includeCompletionsForModuleExports: false,
      includeCompletionsForImportStatements: false,
    }),
  )
  const entries: { name: string; kind: string; replacementSpan?: ts.TextSpan }[] = (
    found?.entries ?? []
  ).filter(({ name }) => !name.startsWith('__selma_'))
  // Where any value may stand, also what the library has and nobody typed yet.
  if (found?.isGlobalCompletion) {
    const there = new Set(entries.map(({ name }) => name))
    for (const name of converter.names().preloaded)
      if (!there.has(name)) entries.push({ name, kind: 'const' })
  }
  // Inside a string (a module's name, a property, one of the allowed values) TypeScript says what is replaced,
  // except for the parts of a path.
  const span = found?.optionalReplacementSpan ?? entries[0]?.replacementSpan
  if (span) return matching(entries, code, Math.min(Math.max(0, span.start - offset), position), position)
  const isPath = entries.length > 0 && entries.every(({ kind }) => kind === 'script' || kind === 'directory')
  const from = isPath ? position - /[^/'"`]*$/.exec(code.slice(0, position))![0].length : start
  return matching(entries, code, from, position)
}

/** The compiler's own answer about code that is still being typed, which can be more than it bears. */
function asked<T>(question: () => T): T | undefined {
  try {
    return question()
  } catch {
    return undefined
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
  const probe = converter.probe(code)
  const { service, path, offset } = probe
  const infoAt = (one: number) => asked(() => service.getQuickInfoAtPosition(path, one))
  const at = [position, Math.max(0, position - 1)].map((one) => offset + one).find(infoAt)
  const info = at === undefined ? undefined : infoAt(at)
  const call = asked(() => service.getSignatureHelpItems(path, offset + position, undefined))
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
    if (detail === 1) parts.push(declaredAt(probe, at!))
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

function declaredAt({ service, path, offset, isCell }: Probe, position: number): string {
  const places = (asked(() => service.getDefinitionAtPosition(path, position)) ?? [])
    .slice(0, 3)
    .map((one) => {
      const own = one.fileName === path && one.textSpan.start >= offset
      if (isCell(one.fileName)) return own ? 'this cell' : 'an earlier cell'
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

/** Unterminated template literal, unterminated comment: the next line may end them. */
const continues = new Set([1160, 1010])
/** Unterminated string and regular expression: the next line cannot end those. */
const broken = new Set([1002, 1161])

function syntaxProblems(code: string): ts.Diagnostic[] {
  const source = ts.createSourceFile('cell.mts', code, ts.ScriptTarget.Latest, true)
  return (source as unknown as { parseDiagnostics: ts.Diagnostic[] }).parseDiagnostics
}

/** Whether Enter should run the code or start another line. What is wrong first decides. */
export function isComplete(text: string): Completeness {
  const { code, magics } = findMagics(text)
  const last = magics.at(-1)
  const takesBody = last?.kind === 'cell' && last.name !== 'time'
  // As in IPython, an empty line ends the body of a cell magic.
  if (takesBody && !/\n[ \t]*$/.test(last.body)) return { status: 'incomplete', indent: '' }
  if (last?.kind === 'shell' && /\\\s*$/.test(text)) return { status: 'incomplete', indent: '' }
  let problems = syntaxProblems(code)
  // Alone in a file `await` is a name; in a cell it is not.
  if (problems.length === 0 && /\bawait\b/.test(code)) problems = syntaxProblems(`${code}\nexport {}`)
  if (problems.length === 0) return { status: 'complete', indent: '' }
  const end = code.trimEnd().length
  const first = problems.reduce((a, b) => ((b.start ?? 0) < (a.start ?? 0) ? b : a))
  const open = continues.has(first.code) || ((first.start ?? 0) >= end && !broken.has(first.code))
  if (!open) return { status: 'invalid', indent: '' }
  const line = code.trimEnd().split('\n').at(-1)!
  const indent = /^\s*/.exec(line)![0]
  return { status: 'incomplete', indent: /[{([]$/.test(line) ? `${indent}  ` : indent }
}
