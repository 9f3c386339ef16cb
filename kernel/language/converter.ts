// From the text of a cell to JavaScript that tslab's executor can run: parse, type-check against the
// cells before it, emit. It stands where tslab's own Converter stands (docs/kernel.md says why).
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'
import { fail } from '../../lib/base/errors.ts'
import { type FoundMagics, findMagics } from '../magics/find.ts'
import { checkMagic } from '../magics/list.ts'
import { MAGIC_HELPER, misplaced } from '../magics/place.ts'
import type { Preload } from '../preload.ts'
import { type CellDiagnostic, diagnose } from './diagnostics.ts'
import { CELL_HELPER } from './emit.ts'
import { type CellNames, cellNames, type NameKind } from './names.ts'
import { exportedNames } from './preload-names.ts'
import { type CellService, createCellService } from './service.ts'
import { cellTransformer, dropExports } from './transform.ts'

export type { CellDiagnostic } from './diagnostics.ts'

/** A converted cell. `script` is its name in stack traces. */
export interface ConvertedCell {
  script: string
  output: string
  /** Source map (JSON) from `output`'s lines after the first `prologueLines` to the cell. */
  map: string
  prologueLines: number
  declared: Map<string, NameKind>
}

/** Every name in reach, imported into one file that changes only when a cell has run. */
export interface Scope {
  checker: ts.TypeChecker
  source: ts.SourceFile
}

/** A cell being typed, as a file that the language service knows. */
export interface Probe {
  service: ts.LanguageService
  path: string
  /** Where the code begins in that file: what it can see stands before it, out of reach of open brackets. */
  offset: number
  /** True for the files that stand for cells. */
  isCell(path: string): boolean
}

export interface Converter {
  /**
   * Converts a cell, or says what is wrong with it. Nothing is remembered until `commit`.
   *
   * @throws SelmaError `bad-input` for a magic that does not exist or stands where it cannot work
   */
  convert(code: string): { cell?: ConvertedCell; diagnostics: CellDiagnostic[] }
  /** From now on later cells see these of the cell's names (all by default). */
  commit(cell: Pick<ConvertedCell, 'script' | 'declared'>, names?: Iterable<string>): void
  /** `commit` for a cell that ran elsewhere: nothing is checked or emitted. */
  adopt(code: string, names?: Iterable<string>): void
  /** Looks for packages anew: some may have been installed or removed. */
  refresh(): void
  /** A file with `code` in it and every name in reach imported, for completion and inspection. */
  probe(code: string): Probe
  /** What a new, empty cell would see; kept until a cell changes it. */
  scope(): Scope
  /** The cell as TypeScript, as long as before, and the magics that it had. */
  magicsOf(code: string): FoundMagics
  /** Names of the preloaded modules, and of what cells declared. */
  names(): { preloaded: ReadonlySet<string>; declared: ReadonlySet<string> }
  close(): void
}

let sessions = 0

/**
 * @param cwd the folder imports are resolved from
 * @param preload absolute paths of the modules whose exports are in scope without an import; of two with the same
 *   name, the first module's
 */
export function createConverter({ cwd, preload = [] }: { cwd: string; preload?: Preload }): Converter {
  const session = ++sessions
  const cells: CellService = createCellService(cwd, session)
  const visible = new Map<string, { path: string; kind: NameKind }>()
  const depends = new Map<string, Set<string>>()
  const libraries = [preload].flat().map((path) => resolve(path))
  let libraryNames: Map<string, string> | undefined
  const librariesUsed = new Set<string>()
  let count = 0
  let scoped: Scope | undefined
  /** Cells that install packages, until they ran. */
  const installing = new Set<string>()

  const pathOf = (script: string) => join(cwd, `${script}.mts`)
  /** The module of each name in scope without an import. */
  function preloaded(): Map<string, string> {
    if (libraryNames) return libraryNames
    libraryNames = new Map()
    for (const path of libraries.filter((one) => existsSync(one)))
      for (const name of exportedNames(path)) if (!libraryNames.has(name)) libraryNames.set(name, path)
    return libraryNames
  }
  const parse = (code: string) => ts.createSourceFile('cell.mts', code, ts.ScriptTarget.Latest, true)

  /** What stands around the user's code: its exports, and imports of the names it uses from elsewhere. */
  function context(names: CellNames, wanted: (name: string) => boolean) {
    const imports = new Map<string, string[]>()
    const lines: string[] = []
    const paths = new Set<string>()
    const add = (path: string, name: string) => imports.set(path, [...(imports.get(path) ?? []), name])
    const modules = new Set<string>()
    for (const [name, { path, kind }] of visible) {
      if (names.declared.has(name) || !wanted(name)) continue
      paths.add(path)
      if (kind !== 'variable') add(path, name)
      else lines.push(`declare let ${name}: typeof import(${JSON.stringify(path)}).${name}`)
    }
    for (const [name, module] of preloaded()) {
      if (names.declared.has(name) || visible.has(name) || !wanted(name)) continue
      modules.add(module)
      add(module, name)
    }
    for (const [path, list] of imports)
      lines.push(`import { ${list.join(', ')} } from ${JSON.stringify(path)}`)
    const exports = [...names.declared.keys()].filter((name) => !names.exported.has(name))
    const text = `\n;${[...lines, `export { ${exports.join(', ')} }`].join('\n')}\n`
    return { text, imports: lines, modules, paths }
  }

  function roots(current?: string): void {
    const paths = new Set([...visible.values()].map((one) => one.path))
    for (const path of librariesUsed) paths.add(path)
    if (current) paths.add(current)
    cells.roots(paths)
  }

  /** Cells that no visible name leads to are forgotten, so that a long session does not grow for ever. */
  function prune(): void {
    scoped = undefined
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

  const magicsOf = (code: string): FoundMagics => {
    // What is no code to TypeScript on the first line of a script is none here.
    const text = code.startsWith('#!') ? `//${code.slice(2)}` : code
    return findMagics(text, (name) => visible.has(name) || preloaded().has(name))
  }

  /** The cell as a file in memory, among what it needs. */
  function enter(code: string, magics: FoundMagics['magics']) {
    const script = `selma-cell-${session}-${++count}`
    const path = pathOf(script)
    const names = cellNames(parse(code))
    const tail = context(names, (name) => names.mentioned.has(name))
    for (const module of tail.modules) librariesUsed.add(module)
    cells.set(path, code + tail.text)
    depends.set(path, tail.paths)
    if (magics.some((one) => one.name === 'npm')) installing.add(script)
    return { script, path, names, tail }
  }

  /** The types of the values that a cell exports or sees, by name. */
  function typesOf({ checker, source }: Scope, symbols: Iterable<ts.Symbol>): Record<string, string> {
    const types: Record<string, string> = {}
    for (const one of symbols) {
      const symbol = one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one
      if (symbol.flags & ts.SymbolFlags.Value)
        types[one.name] = checker.typeToString(
          checker.getBaseTypeOfLiteralType(checker.getTypeOfSymbolAtLocation(symbol, source)),
        )
    }
    return types
  }

  function visibleTypes(): Record<string, string> {
    const seen = scope()
    const all = seen.checker.getSymbolsInScope(seen.source, ts.SymbolFlags.Value | ts.SymbolFlags.Alias)
    return typesOf(
      seen,
      all.filter((one) => visible.has(one.name)),
    )
  }

  function convert(text: string) {
    const { code, magics } = magicsOf(text)
    for (const one of magics) checkMagic(one)
    const wrong = magics.length > 0 ? misplaced(parse(code), magics) : undefined
    if (wrong) {
      const line = code.slice(0, wrong.magic.start).split('\n').length
      fail('bad-input', `line ${line}: ${wrong.why}`)
    }
    const types = magics.some((one) => one.name === 'who') ? visibleTypes() : {}
    const { script, path, names, tail } = enter(code, magics)
    roots(path)
    const diagnostics = diagnose(cells.service, path, code, installing.has(script))
    if (diagnostics.length > 0) {
      if (diagnostics.some((one) => one.code === 2307)) cells.refresh()
      cells.delete(path)
      depends.delete(path)
      roots()
      return { diagnostics }
    }
    const program = cells.service.getProgram()!
    const source = program.getSourceFile(path)!
    const checker = program.getTypeChecker()
    if (magics.some((one) => one.name === 'who')) {
      const own = checker.getSymbolAtLocation(source)
      if (own) Object.assign(types, typesOf({ checker, source }, checker.getExportsOfModule(own)))
    }
    let output = ''
    let map = ''
    program.emit(
      source,
      (name, text) => {
        if (name.endsWith('.map')) map = text
        else output = text.replace(/\/\/# sourceMappingURL=.*\s*$/, '')
      },
      undefined,
      false,
      { before: [cellTransformer(checker, code.length, magics, types)], after: [dropExports] },
    )
    const load =
      tail.modules.size > 0 ? ` await ${CELL_HELPER}.preload(${JSON.stringify([...tail.modules])});` : ''
    const run =
      magics.length > 0 ? ` const ${MAGIC_HELPER} = await ${CELL_HELPER}.import('selma:magics');` : ''
    const prologue = `"use strict"; const ${CELL_HELPER} = globalThis[Symbol.for('selma.cells')].get('${script}');${load}${run}\n`
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
    if (installing.delete(script)) {
      cells.refresh()
      // What it imported was not there yet when it was looked at.
      cells.touch(path)
    }
    prune()
    roots()
  }

  function adopt(text: string, only?: Iterable<string>): void {
    const { code, magics } = magicsOf(text)
    const { script, names } = enter(code, magics)
    commit({ script, declared: names.declared }, only)
  }

  function probe(text: string): Probe {
    const { code } = magicsOf(text)
    const path = pathOf(`selma-probe-${session}`)
    const { imports, modules } = context(cellNames(parse(code)), () => true)
    for (const module of modules) librariesUsed.add(module)
    const head = `${imports.join('\n')}\n`
    cells.set(path, `${head}${code}\n;export {}\n`)
    roots(path)
    const isCell = (one: string) => one === path || depends.has(one)
    return { service: cells.service, path, offset: head.length, isCell }
  }

  function scope(): Scope {
    if (scoped) return scoped
    const { service, path } = probe('')
    const program = service.getProgram()!
    scoped = { checker: program.getTypeChecker(), source: program.getSourceFile(path)! }
    return scoped
  }

  return {
    convert,
    commit,
    adopt,
    refresh: () => {
      scoped = undefined
      cells.refresh()
    },
    probe,
    scope,
    magicsOf,
    names: () => ({ preloaded: new Set(preloaded().keys()), declared: new Set(visible.keys()) }),
    close: () => cells.service.dispose(),
  }
}
