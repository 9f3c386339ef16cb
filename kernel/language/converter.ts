// From the text of a cell to JavaScript that tslab's executor can run: parse, type-check against the
// cells before it, emit. It stands where tslab's own Converter stands (docs/kernel.md says why).
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'
import { CELL_HELPER } from './emit.ts'
import { type CellNames, cellNames, type NameKind } from './names.ts'
import { exportedNames } from './preload-names.ts'
import { type CellService, createCellService } from './service.ts'
import { cellTransformer, dropExports } from './transform.ts'

/** Something the compiler found wrong, by its place in the cell. */
export interface CellDiagnostic {
  /** One-based line and column in the cell's text. */
  line: number
  column: number
  message: string
  code: number
  kind: 'syntax' | 'type'
}

/** A converted cell. `script` is its name in stack traces. */
export interface ConvertedCell {
  script: string
  output: string
  /** Source map (JSON) from `output`'s lines after the first `prologueLines` to the cell. */
  map: string
  prologueLines: number
  declared: Map<string, NameKind>
}

/** A cell being typed, as a file that the language service knows. */
export interface Probe {
  service: ts.LanguageService
  path: string
  /** True for the files that stand for cells. */
  isCell(path: string): boolean
}

export interface Converter {
  /** Converts a cell, or says what is wrong with it. Nothing is remembered until `commit`. */
  convert(code: string): { cell?: ConvertedCell; diagnostics: CellDiagnostic[] }
  /** From now on later cells see these of the cell's names (all by default). */
  commit(cell: Pick<ConvertedCell, 'script' | 'declared'>, names?: Iterable<string>): void
  /** `commit` for a cell that ran elsewhere: nothing is checked or emitted. */
  adopt(code: string, names?: Iterable<string>): void
  /** Looks for packages anew: some may have been installed or removed. */
  refresh(): void
  /** A file with `code` in it and every name in reach imported, for completion and inspection. */
  probe(code: string): Probe
  /** Names of the preloaded module, and of what cells declared. */
  names(): { preloaded: ReadonlySet<string>; declared: ReadonlySet<string> }
  close(): void
}

// A JSON import needs no attribute here: the import helper knows what the file is.
const ignored = new Set([1543])
let sessions = 0

/**
 * @param cwd the folder imports are resolved from
 * @param preload absolute path of the module whose exports are in scope without an import
 */
export function createConverter({ cwd, preload }: { cwd: string; preload?: string }): Converter {
  const session = ++sessions
  const cells: CellService = createCellService(cwd, session)
  const visible = new Map<string, { path: string; kind: NameKind }>()
  const depends = new Map<string, Set<string>>()
  const library = preload && existsSync(preload) ? resolve(preload) : undefined
  let libraryNames: Set<string> | undefined
  let libraryUsed = false
  let count = 0

  const pathOf = (script: string) => join(cwd, `${script}.mts`)
  const preloaded = () => (libraryNames ??= library ? exportedNames(library) : new Set())
  const parse = (code: string) => ts.createSourceFile('cell.mts', code, ts.ScriptTarget.Latest, true)

  /** The statements after the user's code: its exports, and the names it uses from elsewhere. */
  function context(names: CellNames, wanted: (name: string) => boolean) {
    const imports = new Map<string, string[]>()
    const lines: string[] = []
    const add = (path: string, name: string) => imports.set(path, [...(imports.get(path) ?? []), name])
    let usesLibrary = false
    for (const [name, { path, kind }] of visible) {
      if (names.declared.has(name) || !wanted(name)) continue
      if (kind !== 'variable') add(path, name)
      else lines.push(`declare let ${name}: typeof import(${JSON.stringify(path)}).${name}`)
    }
    for (const name of preloaded()) {
      if (names.declared.has(name) || visible.has(name) || !wanted(name)) continue
      usesLibrary = true
      add(library!, name)
    }
    for (const [path, list] of imports)
      lines.push(`import { ${list.join(', ')} } from ${JSON.stringify(path)}`)
    const exports = [...names.declared.keys()].filter((name) => !names.exported.has(name))
    lines.push(`export { ${exports.join(', ')} }`)
    const paths = [...imports.keys(), ...[...visible.values()].map((one) => one.path)]
    return { text: `\n;${lines.join('\n')}\n`, usesLibrary, paths: new Set(paths) }
  }

  function roots(current?: string): void {
    const paths = new Set([...visible.values()].map((one) => one.path))
    if (libraryUsed) paths.add(library!)
    if (current) paths.add(current)
    cells.roots(paths)
  }

  /** Cells that no visible name leads to are forgotten, so that a long session does not grow for ever. */
  function prune(): void {
    const live = new Set<string>()
    const keep = (path: string) => {
      if (live.has(path)) return
      live.add(path)
      for (const one of depends.get(path) ?? []) keep(one)
    }
    for (const { path } of visible.values()) keep(path)
    for (const path of depends.keys()) {
      if (live.has(path)) continue
      depends.delete(path)
      cells.delete(path)
    }
  }

  function diagnose(path: string, code: string): CellDiagnostic[] {
    const source = cells.service.getProgram()!.getSourceFile(path)!
    const convert = (kind: CellDiagnostic['kind']) => (one: ts.Diagnostic) => {
      const position = source.getLineAndCharacterOfPosition(Math.min(one.start ?? 0, code.length))
      const message = ts
        .flattenDiagnosticMessageText(one.messageText, '\n')
        .replace(
          /because it is an import\.$/,
          'because it is not a `let` of an earlier cell, or it was imported.',
        )
      return { line: position.line + 1, column: position.character + 1, message, code: one.code, kind }
    }
    const wrong = (one: ts.Diagnostic) =>
      one.category === ts.DiagnosticCategory.Error && !ignored.has(one.code)
    const syntax = cells.service.getSyntacticDiagnostics(path).filter(wrong).map(convert('syntax'))
    if (syntax.length > 0) return syntax
    // What is wrong in the generated tail is not the user's doing.
    const inCode = (one: ts.Diagnostic) => one.start === undefined || one.start < code.length
    return cells.service.getSemanticDiagnostics(path).filter(wrong).filter(inCode).map(convert('type'))
  }

  /** The cell as a file in memory, among what it needs. */
  function enter(code: string) {
    const script = `selma-cell-${session}-${++count}`
    const path = pathOf(script)
    const names = cellNames(parse(code))
    const tail = context(names, (name) => names.mentioned.has(name))
    libraryUsed ||= tail.usesLibrary
    cells.set(path, code + tail.text)
    depends.set(path, new Set([...tail.paths].filter((one) => one !== library)))
    return { script, path, names, tail }
  }

  function convert(code: string) {
    const { script, path, names, tail } = enter(code)
    roots(path)
    const diagnostics = diagnose(path, code)
    if (diagnostics.length > 0) {
      if (diagnostics.some((one) => one.code === 2307)) cells.refresh()
      cells.delete(path)
      depends.delete(path)
      roots()
      return { diagnostics }
    }
    const program = cells.service.getProgram()!
    let output = ''
    let map = ''
    program.emit(
      program.getSourceFile(path),
      (name, text) => {
        if (name.endsWith('.map')) map = text
        else output = text.replace(/\/\/# sourceMappingURL=.*\s*$/, '')
      },
      undefined,
      false,
      { before: [cellTransformer(program.getTypeChecker(), code.length)], after: [dropExports] },
    )
    const load = tail.usesLibrary ? ` await ${CELL_HELPER}.preload();` : ''
    const prologue = `"use strict"; const ${CELL_HELPER} = globalThis[Symbol.for('selma.cells')].get('${script}');${load}\n`
    output = `${prologue}${output}\n//# sourceURL=${script}`
    return { cell: { script, output, map, prologueLines: 1, declared: names.declared }, diagnostics }
  }

  function commit(
    { script, declared }: Pick<ConvertedCell, 'script' | 'declared'>,
    names: Iterable<string> = declared.keys(),
  ): void {
    const path = pathOf(script)
    for (const name of names) {
      const kind = declared.get(name)
      if (kind) visible.set(name, { path, kind })
    }
    prune()
    roots()
  }

  function adopt(code: string, only?: Iterable<string>): void {
    const { script, names } = enter(code)
    commit({ script, declared: names.declared }, only)
  }

  function probe(code: string) {
    const path = pathOf(`selma-probe-${session}`)
    const tail = context(cellNames(parse(code)), () => true)
    libraryUsed ||= tail.usesLibrary
    cells.set(path, code + tail.text)
    roots(path)
    return { service: cells.service, path, isCell: (one: string) => one === path || depends.has(one) }
  }

  return {
    convert,
    commit,
    adopt,
    refresh: () => cells.refresh(),
    probe,
    names: () => ({ preloaded: preloaded(), declared: new Set(visible.keys()) }),
    close: () => cells.service.dispose(),
  }
}
