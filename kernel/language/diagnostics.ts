// What the compiler has to say about a cell, by its place in the cell and in words that fit a notebook.
import ts from 'typescript'

/** Something the compiler found wrong, by its place in the cell. */
export interface CellDiagnostic {
  /** One-based line and column in the cell's text. */
  line: number
  column: number
  message: string
  code: number
  kind: 'syntax' | 'type'
}

// A JSON import needs no attribute here: the import helper knows what the file is.
const ignored = new Set([1543])
/** Cannot find a module, or its types. */
const missingModule = new Set([2307, 2882])

/** Where JSX stands in a cell that would be right if it were a .tsx file. */
function jsx(code: string): number | undefined {
  const source = ts.createSourceFile('cell.tsx', code, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX)
  if ((source as unknown as { parseDiagnostics: ts.Diagnostic[] }).parseDiagnostics.length > 0)
    return undefined
  let found: number | undefined
  const visit = (node: ts.Node): void => {
    if (ts.isJsxElement(node) || ts.isJsxSelfClosingElement(node) || ts.isJsxFragment(node))
      found ??= node.getStart(source)
    if (found === undefined) ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/**
 * The errors of a cell: those of its syntax or, when there are none, those of its types.
 *
 * @param path of the file in memory that begins with the cell's code
 * @param installs the cell installs packages, so that a module which is missing now may be there in time
 */
export function diagnose(
  service: ts.LanguageService,
  path: string,
  code: string,
  installs: boolean,
): CellDiagnostic[] {
  const source = service.getProgram()!.getSourceFile(path)!
  const place = (kind: CellDiagnostic['kind'], start: number, number: number, message: string) => {
    const { line, character } = source.getLineAndCharacterOfPosition(Math.min(start, code.length))
    return { line: line + 1, column: character + 1, message, code: number, kind }
  }
  const convert = (kind: CellDiagnostic['kind']) => (one: ts.Diagnostic) => {
    const message = ts
      .flattenDiagnosticMessageText(one.messageText, '\n')
      .replace(
        /because it is an import\.$/,
        'because it is not a `let` of an earlier cell, or it was imported.',
      )
    return place(kind, one.start ?? 0, one.code, message)
  }
  const wrong = (one: ts.Diagnostic) => one.category === ts.DiagnosticCategory.Error && !ignored.has(one.code)
  const syntax = service.getSyntacticDiagnostics(path).filter(wrong).map(convert('syntax'))
  if (syntax.length > 0) {
    const at = code.includes('<') ? jsx(code) : undefined
    return at === undefined
      ? syntax
      : [place('syntax', at, 17004, 'JSX does not run in cells: use html`…` instead.')]
  }
  // What is wrong in the generated tail is not the user's doing.
  const inCode = (one: ts.Diagnostic) => one.start === undefined || one.start < code.length
  const later = (one: ts.Diagnostic) => installs && missingModule.has(one.code)
  return service
    .getSemanticDiagnostics(path)
    .filter((one) => wrong(one) && inCode(one) && !later(one))
    .map(convert('type'))
}
