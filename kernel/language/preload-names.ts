// The names a module exports, from its syntax alone. Not the types: loading those for the whole library
// takes seconds, and a cell that mentions none of the names should not wait for it.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import ts from 'typescript'
import { cellNames } from './names.ts'

function onDisk(path: string): string | undefined {
  // Beside built JavaScript stand declarations, and only they name the types too.
  const typed = [path.replace(/\.js$/, '.d.ts'), path.replace(/\.ts$/, '.d.ts')]
  const candidates = [...typed, path, path.replace(/\.js$/, '.ts'), path.replace(/\.mjs$/, '.mts')]
  return candidates.find((one) => existsSync(one))
}

/**
 * Names exported by the module at `path`, following `export * from './other.ts'`.
 *
 * @param path of a .ts, .js or .d.ts file; a missing file exports nothing
 */
export function exportedNames(path: string, seen: Set<string> = new Set()): Set<string> {
  const file = onDisk(path)
  if (!file || seen.has(file)) return new Set()
  seen.add(file)
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const names = cellNames(source).exported
  for (const node of source.statements) {
    if (!ts.isExportDeclaration(node) || node.exportClause || !node.moduleSpecifier) continue
    const from = (node.moduleSpecifier as ts.StringLiteral).text
    if (!from.startsWith('.')) continue
    for (const name of exportedNames(resolve(dirname(file), from), seen)) names.add(name)
  }
  return names
}

/** Which of several modules each name in scope without an import comes from: of two, the first. */
export function preloadedNames(paths: readonly string[]): Map<string, string> {
  const names = new Map<string, string>()
  for (const path of paths.filter((one) => existsSync(one)))
    for (const name of exportedNames(path)) if (!names.has(name)) names.set(name, path)
  return names
}
