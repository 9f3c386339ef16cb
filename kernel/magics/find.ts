// Finds the lines of a cell that are no TypeScript: `%npm install x`, `!ls`, `%%html`. Each is overwritten by
// an empty block of the same length, so that every position in the rest stays what it was; the transformer
// puts a call where the block stands. It reads only syntax and runs nothing.
import ts from 'typescript'
import { cellNames } from '../language/names.ts'
import { lineMagics } from './list.ts'

export interface Magic {
  /** UTF-16 offset of its first character; the empty block stands there. */
  start: number
  /** `shell` for `!command`; `cell` for `%%name`, which takes the whole cell. */
  kind: 'shell' | 'line' | 'cell'
  /** `npm`, `html`, …; empty for a shell command. */
  name: string
  /** The rest of its line; for a shell command with the lines that a `\` at the end adds. */
  text: string
  /** What follows the line of a cell magic. */
  body: string
}

export interface FoundMagics {
  /** The cell with its magics overwritten: as long as before, with the same lines. */
  code: string
  magics: Magic[]
}

interface Candidate extends Magic {
  end: number
}

/** Overwrites by an empty block and blanks; line ends stay. */
function blank(code: string, { start, end }: { start: number; end: number }): string {
  const gone = code.slice(start + 2, end).replace(/[^\r\n]/g, ' ')
  return `${code.slice(0, start)}{}${gone}${code.slice(end)}`
}

function parse(code: string): ts.SourceFile & { parseDiagnostics?: ts.Diagnostic[] } {
  return ts.createSourceFile('cell.mts', `${code}\nexport {}`, ts.ScriptTarget.Latest, true)
}

function lines(code: string): Candidate[] {
  const found: Candidate[] = []
  for (const match of code.matchAll(
    /^([ \t]*)(?:%([A-Za-z]\w*)(?=[ \t]|\r?$)[ \t]*|!(?=[A-Za-z./~]))(.*)$/gm,
  )) {
    const start = match.index + match[1].length
    if (found.length > 0 && start < found[found.length - 1].end) continue
    const name = match[2] ?? ''
    let end = match.index + match[0].length
    if (!name) while (/\\\r?$/.test(code.slice(start, end)) && end < code.length) end = lineEnd(code, end + 1)
    const rest = name ? match[3] : code.slice(start + 1, end).replace(/\\\r?\n/g, ' ')
    found.push({ start, end, kind: name ? 'line' : 'shell', name, text: rest.trim(), body: '' })
  }
  return found
}

function lineEnd(code: string, from: number): number {
  const end = code.indexOf('\n', from)
  return end < 0 ? code.length : end
}

/** The empty blocks that stand as statements of their own. */
function placeholders(source: ts.SourceFile): Set<number> {
  const starts = new Set<number>()
  const visit = (node: ts.Node): void => {
    const bare = ts.isBlock(node) && node.statements.length === 0 && node.end - node.getStart(source) === 2
    if (
      bare &&
      !ts.isFunctionLike(node.parent) &&
      !ts.isTryStatement(node.parent) &&
      !ts.isCatchClause(node.parent)
    )
      starts.add(node.getStart(source))
    ts.forEachChild(node, visit)
  }
  visit(source)
  return starts
}

/** Names that a line of TypeScript refers to, or undefined when it calls or quotes something. */
function plainNames(line: string): string[] | undefined {
  if (/[()`'"{}[\]]/.test(line)) return undefined
  const names: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && !(ts.isPropertyAccessExpression(node.parent) && node.parent.name === node))
      names.push(node.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('line.mts', line, ts.ScriptTarget.Latest, true))
  return names
}

/**
 * The magics of a cell. A line that could be TypeScript is TypeScript, except where it refers to nothing that
 * exists: `!done && next` with a variable `done` is an expression, `!ls` is a command.
 *
 * @param isKnown names that earlier cells or the library declare
 */
export function findMagics(code: string, isKnown: (name: string) => boolean = () => false): FoundMagics {
  if (!/^[ \t]*[%!]/m.test(code)) return { code, magics: [] }
  const whole = /^\s*%%([A-Za-z]\w*)(.*)(?:\r?\n|$)/.exec(code)
  if (whole && whole[1] !== 'time') {
    const [head, name, text] = whole
    const start = head.indexOf('%%')
    const body = code.slice(head.length)
    const magic: Magic = { start, kind: 'cell', name, text: text.trim(), body }
    return { code: blank(code, { start, end: code.length }), magics: [magic] }
  }
  const candidates = lines(code)
  if (whole) {
    const start = whole[0].indexOf('%%')
    candidates.unshift({ start, end: start + 6, kind: 'cell', name: 'time', text: '', body: '' })
  }
  const blanked = (but?: Candidate) =>
    candidates.reduce((text, one) => {
      if (one === but) return text
      // What `%time` times stays code.
      const end = one.name === 'time' && one.kind === 'line' ? one.start + 5 : one.end
      return blank(text, { start: one.start, end })
    }, code)
  const source = parse(blanked())
  const statements = placeholders(source)
  const { declared } = cellNames(source)
  const exists = (name: string) => declared.has(name) || isKnown(name) || name in globalThis
  const isMagic = (one: Candidate): boolean => {
    if (!statements.has(one.start)) return false
    if (one.kind === 'cell') return true
    const wrong = parse(blanked(one)).parseDiagnostics ?? []
    if (wrong.some(({ start = 0 }) => start >= one.start && start <= one.end)) return true
    // What follows may belong to it: `!ready` and `&& go()` on the next line.
    if ((source.parseDiagnostics ?? []).length > wrong.length) return false
    if (one.kind === 'line') return lineMagics.has(one.name) && !exists(one.name)
    const line = code.slice(one.start, one.end)
    const names = plainNames(line)
    if (!names || names.some(exists)) return false
    // `!/bin/ls` reads as a regular expression, which nobody would negate.
    return names.length > 0 || line[1] === '/'
  }
  const found = new Set(candidates.filter(isMagic))
  candidates.splice(0, candidates.length, ...found)
  return { code: blanked(), magics: candidates.map(({ end: _, ...magic }) => magic) }
}
