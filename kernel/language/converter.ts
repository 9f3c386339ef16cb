// From the text of a cell to JavaScript that tslab's executor can run: parse, type-check against the
// cells before it, emit. It stands where tslab's own Converter stands (docs/kernel.md says why).
import { join, resolve } from 'node:path'
import ts from 'typescript'
import { fail } from '../../lib/base/errors.ts'
import { type FoundMagics, findMagics } from '../magics/find.ts'
import { checkMagic } from '../magics/list.ts'
import { MAGIC_HELPER, misplaced } from '../magics/place.ts'
import type { Preload } from '../preload.ts'
import type { ConvertedCell, Converter, Probe, Scope } from './conversion.ts'
import { diagnose } from './diagnostics.ts'
import { CELL_HELPER } from './emit.ts'
import { type CellNames, cellNames, type NameKind } from './names.ts'
import { createPlace } from './place.ts'
import { preloadedNames } from './preload-names.ts'
import { type CellService, createCellService } from './service.ts'
import { cellTransformer, dropExports } from './transform.ts'
import { typesOf } from './types-of.ts'

export type { ConvertedCell, Converter, Probe, Scope } from './conversion.ts'
export type { CellDiagnostic } from './diagnostics.ts'

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
  /** Names of the library that cells have mentioned, with their modules. */
  const mentioned = new Map<string, string>()
  let count = 0
  let scoped: Scope | undefined
  /** Names of the library that were typed: their types are looked at, and not the whole library's. */
  const typed = new Set<string>()
  /** Cells that may run, with the files of those they use, as they are kept when they have. */
  const entered = new Map<string, { text: string; paths: Set<string> }>()
  /** Cells that install packages, until they ran. */
  const installing = new Set<string>()

  const pathOf = (script: string) => join(cwd, `${script}.mts`)
  const place = createPlace(cells, pathOf(`selma-place-${session}`), pathOf(`selma-shared-${session}`))
  const probed = pathOf(`selma-probe-${session}`)

  function share(): void {
    const library = [...mentioned].filter(([name]) => !visible.has(name))
    place.share([...[...visible].map(([name, { path }]) => [name, path] as const), ...library])
  }

  /** The module of each name in scope without an import. */
  const preloaded = () => {
    libraryNames ??= preloadedNames(libraries)
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
    return { text, imports: lines, exports, modules, paths }
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

  /** Reads what a cell needs and how it is kept once it has run. */
  function enter(code: string, magics: FoundMagics['magics']) {
    const script = `selma-cell-${session}-${++count}`
    const names = cellNames(parse(code))
    const tail = context(names, (name) => names.mentioned.has(name))
    entered.set(script, { text: code + tail.text, paths: tail.paths })
    if (magics.some((one) => one.name === 'npm')) installing.add(script)
    return { script, names, tail }
  }

  /** Puts a cell where it is checked. */
  function settle(code: string, names: CellNames, exports: readonly string[]): void {
    const seen = [...names.mentioned].filter((name) => !names.declared.has(name))
    for (const name of seen) {
      const module = visible.has(name) ? undefined : preloaded().get(name)
      if (module) mentioned.set(name, module)
    }
    share()
    const isVariable = (name: string) => visible.get(name)?.kind === 'variable'
    const isFixed = (name: string) => !isVariable(name) && (visible.has(name) || mentioned.has(name))
    place.put(code, { fixed: seen.filter(isFixed), variables: seen.filter(isVariable) }, exports)
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
    const { script, names, tail } = enter(code, magics)
    settle(code, names, tail.exports)
    const diagnostics = diagnose(cells.service, place.path, code, installing.has(script))
    if (diagnostics.length > 0) {
      if (diagnostics.some((one) => one.code === 2307)) cells.refresh()
      entered.delete(script)
      installing.delete(script)
      place.clear()
      return { diagnostics }
    }
    const program = cells.service.getProgram()!
    const source = program.getSourceFile(place.path)!
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
    const kept = entered.get(script)
    let news = false
    for (const name of names) {
      const kind = declared.get(name)
      if (!kind || !kept) continue
      visible.set(name, { path, kind })
      news = true
    }
    if (news && kept) {
      cells.set(path, kept.text)
      depends.set(path, kept.paths)
      prune()
    }
    entered.clear()
    place.clear()
    if (installing.delete(script)) refresh()
    share()
  }

  function refresh(): void {
    scoped = undefined
    cells.refresh()
  }

  function adopt(text: string, only?: Iterable<string>): void {
    const { code, magics } = magicsOf(text)
    const { script, names } = enter(code, magics)
    commit({ script, declared: names.declared }, only)
  }

  function probe(text: string): Probe {
    const { code } = magicsOf(text)
    const names = cellNames(parse(code))
    for (const name of names.mentioned) if (preloaded().has(name)) typed.add(name)
    // Not the whole library: its types are a second's work and 100 MB, for names of which only the kind is told.
    const { imports } = context(names, (name) => visible.has(name) || typed.has(name))
    const head = `${imports.join('\n')}\n`
    cells.set(probed, `${head}${code}\n;export {}\n`)
    cells.roots([...place.roots, probed])
    const isCell = (one: string) => one === probed || depends.has(one)
    return { service: cells.service, path: probed, offset: head.length, isCell }
  }

  function scope(): Scope {
    if (scoped) return scoped
    const { service, path } = probe('')
    const program = service.getProgram()!
    scoped = { checker: program.getTypeChecker(), source: program.getSourceFile(path)! }
    return scoped
  }

  function reach(name: string): boolean {
    if (typed.has(name) || visible.has(name) || !preloaded().has(name)) return false
    typed.add(name)
    scoped = undefined
    return true
  }

  return {
    convert,
    commit,
    adopt,
    refresh,
    probe,
    scope,
    reach,
    magicsOf,
    names: () => ({ preloaded: new Set(preloaded().keys()), declared: new Set(visible.keys()) }),
    close: () => cells.service.dispose(),
  }
}
